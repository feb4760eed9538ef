from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.database import Database
from bot.hours import SEOUL
from bot.tickets import service
from bot.tickets.errors import NothingSaid, UnknownOffice
from bot.tickets.policy import ticket_policy
from tests.tickets.conftest import Opener
from tests.tickets.history import STAFF, events, told


def by(ticket: Any, now: datetime, **given: Any) -> dict[str, Any]:
    return {"ticket": ticket, "actor": STAFF, "version": None, "now": now, **given}


def test_a_transfer_keeps_the_receipt_counts_and_tells(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        number, due = ticket.receipt_number, ticket.due_at
        later = now + timedelta(hours=2)
        service.transfer(
            session, office="kepco", reason="전주에 달린 등이에요", **by(ticket, later)
        )
        assert (ticket.state, ticket.office, ticket.transfers) == ("transferred", "kepco", 1)
        assert (ticket.receipt_number, ticket.due_at) == (number, due)
        assert ticket.routed_by == "staff:kim: 전주에 달린 등이에요"
        assert ticket.assignee is None
        event = events(session, ticket)[-1]
        assert told(session, ticket) == ["transferred"]
        assert event.details["office_before"] == "jeju_construction"
        assert (event.details["from"], event.details["to"]) == ("received", "transferred")


@pytest.mark.parametrize(
    ("office", "hours", "due", "late"),
    [
        ("jeju_parks", 2, datetime(2026, 11, 23, 14, tzinfo=SEOUL), False),
        ("jeju_parks", 5, datetime(2026, 11, 23, 14, tzinfo=SEOUL), True),
        ("kepco", 5, datetime(2026, 11, 24, 10, tzinfo=SEOUL), False),
        ("kepco", 25, datetime(2026, 11, 24, 10, tzinfo=SEOUL), True),
    ],
)
def test_a_transfer_says_by_when_it_had_to_be_made(
    database: Database,
    open_one: Opener,
    now: datetime,
    office: str,
    hours: int,
    due: datetime,
    late: bool,
) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        event = service.transfer(
            session, office=office, reason="소관", **by(ticket, now + timedelta(hours=hours))
        )
        assert datetime.fromisoformat(event.details["by"]) == due
        assert event.details["late"] is late


def test_the_time_to_pass_on_runs_from_the_last_arrival(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        third_day = now + timedelta(days=2)
        service.transfer(session, office="kepco", reason="소관", **by(ticket, third_day))
        event = service.not_ours(session, reason="", **by(ticket, third_day + timedelta(hours=1)))
        assert event.details["late"] is False


def test_what_is_not_ours_returns_to_the_desk_and_is_no_transfer(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        service.assign(session, login="kim", **by(ticket, now))
        service.not_ours(session, reason="도 관리 도로", **by(ticket, now))
        assert (ticket.state, ticket.office, ticket.assignee) == ("received", "jeju120", None)
        assert ticket.transfers == 0
        assert "returned" not in told(session, ticket)
        with pytest.raises(UnknownOffice):
            service.not_ours(session, reason="", **by(ticket, now))


@pytest.mark.parametrize("office", ["nowhere", "jeju_construction", ""])
def test_a_ticket_goes_only_to_another_body_that_exists(
    database: Database, open_one: Opener, now: datetime, office: str
) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        with pytest.raises(UnknownOffice):
            service.transfer(session, office=office, reason="소관", **by(ticket, now))


def test_a_transfer_needs_a_reason(database: Database, open_one: Opener, now: datetime) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        with pytest.raises(NothingSaid):
            service.transfer(session, office="kepco", reason=" ", **by(ticket, now))


def test_the_office_of_a_village_belongs_to_its_city() -> None:
    agency = ticket_policy().agency
    assert agency("aewol_eup_office", "제주시") == agency("jeju_construction", "제주시")
    assert agency("nohyeong_dong_office", "제주시") == agency("jeju_parks", None)
    assert agency("aewol_eup_office", None) == "aewol_eup_office"
    assert agency("province_roads", "제주시") == agency("jeju120", None)
    assert agency("kepco", "제주시") == "kepco"
