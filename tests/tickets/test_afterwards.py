from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.database import Database
from bot.hours import SEOUL
from bot.tickets import service
from bot.tickets.errors import BadRating, TooLate, WrongTransition
from bot.tickets.models import Ticket, TicketSecret
from bot.tickets.policy import ticket_policy
from tests.tickets.conftest import Opener
from tests.tickets.history import STAFF, events, told, whats

DAYS = timedelta(days=ticket_policy().reopening_days)


def move(session: Session, ticket: Ticket, to: str, now: datetime) -> None:
    service.move_on(session, ticket=ticket, to=to, actor=STAFF, note="", tell_citizen=True, now=now)


def secrets(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(TicketSecret)) or 0


@pytest.mark.parametrize("to", ["done", "rejected"])
def test_a_citizen_has_it_taken_up_again_with_a_new_term(
    database: Database, open_one: Opener, now: datetime, to: str
) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        service.extend(session, ticket=ticket, reason="늦어요", actor=STAFF, version=None, now=now)
        move(session, ticket, to, now)
        assert service.may_reopen(ticket, now)
        later = datetime(2026, 11, 30, 9, tzinfo=SEOUL)
        service.reopen(session, ticket=ticket, text="아직 어두워요", now=later)
        assert (ticket.state, ticket.done_at, ticket.extended_at) == ("in_progress", None, None)
        assert ticket.due_at == datetime(2026, 12, 8, 18, tzinfo=SEOUL)
        assert events(session, ticket)[-1].details["note"] == "아직 어두워요"
        assert events(session, ticket)[-1].actor == "citizen"


def test_it_is_taken_up_again_only_within_the_days_and_when_done(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        with pytest.raises(WrongTransition):
            service.reopen(session, ticket=ticket, now=now)
        move(session, ticket, "done", now)
        late = now + DAYS + timedelta(seconds=1)
        assert not service.may_reopen(ticket, late)
        with pytest.raises(TooLate):
            service.reopen(session, ticket=ticket, now=late)
        service.reopen(session, ticket=ticket, now=now + DAYS)


def test_the_citizen_of_a_duplicate_has_the_other_one_taken_up(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        parent = open_one(session).ticket
        child = open_one(session, message_id="m-2", parent_id=parent.id).ticket
        move(session, parent, "done", now)
        service.reopen(session, ticket=child, now=now)
        assert (parent.state, child.state) == ("in_progress", "duplicate")
        assert events(session, parent)[-1].details["receipt"] == child.receipt_number


def test_a_done_ticket_is_rated_and_the_last_rating_counts(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        with pytest.raises(WrongTransition):
            service.rate(session, ticket=ticket, rating=5, now=now)
        move(session, ticket, "done", now)
        service.rate(session, ticket=ticket, rating=2, now=now)
        service.rate(session, ticket=ticket, rating=4, now=now)
        assert ticket.rating == 4
        assert "rated" not in told(session, ticket)
        for wrong in (0, 6, -1):
            with pytest.raises(BadRating):
                service.rate(session, ticket=ticket, rating=wrong, now=now)


def test_each_citizen_rates_their_own_receipt(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        parent = open_one(session).ticket
        child = open_one(session, message_id="m-2", parent_id=parent.id).ticket
        with pytest.raises(WrongTransition):
            service.rate(session, ticket=child, rating=5, now=now)
        move(session, parent, "done", now)
        service.rate(session, ticket=child, rating=5, now=now)
        assert (parent.rating, child.rating) == (None, 5)


def test_what_is_done_is_closed_when_it_cannot_be_taken_up_again(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        move(session, ticket, "done", now)
        assert secrets(session) == 1
    with database.writing() as session:
        assert service.close_done(session, now=now + DAYS) == 0
        assert secrets(session) == 1
    with database.writing() as session:
        assert service.close_done(session, now=now + DAYS + timedelta(seconds=1)) == 1
        assert secrets(session) == 0
        kept = session.get_one(Ticket, ticket.id)
        assert (kept.state, kept.done_at) == ("closed", now)
        assert whats(session, kept)[-2:] == ["moved", "forgotten"]
        assert told(session, kept) == ["moved"]


def test_the_data_of_rejected_tickets_and_of_duplicates_end_as_well(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        rejected, parent = (open_one(session, message_id=f"m-{n}").ticket for n in range(2))
        child = open_one(session, message_id="m-3", parent_id=parent.id).ticket
        still_open = open_one(session, message_id="m-4").ticket
        move(session, rejected, "rejected", now)
        move(session, parent, "done", now)
    with database.writing() as session:
        service.close_done(session, now=now + DAYS)
        assert secrets(session) == 4
    with database.writing() as session:
        service.close_done(session, now=now + DAYS + timedelta(seconds=1))
        left = session.scalars(select(TicketSecret)).all()
        assert [secret.ticket_id for secret in left] == [still_open.id]
        assert session.get_one(Ticket, rejected.id).state == "rejected"
        assert session.get_one(Ticket, child.id).state == "duplicate"


def test_closing_goes_on_where_it_stopped(
    database: Database, open_one: Opener, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.tickets.afterwards.BATCH", 2)
    with database.writing() as session:
        for number in range(5):
            move(session, open_one(session, message_id=f"m-{number}").ticket, "done", now)
    counts: list[Any] = []
    for _ in range(4):
        with database.writing() as session:
            counts.append(service.close_done(session, now=now + 2 * DAYS))
    assert counts == [2, 2, 1, 0]


def test_a_home_that_was_visited_is_forgotten_with_the_ticket(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        visit = open_one(
            session,
            kind="visit",
            topic="visiting_service",
            fields={"location": "노형동 123-4 101동 502호", "detail": "휠체어가 고장났어요"},
        ).ticket
        move(session, visit, "cancelled", now)
        assert visit.fields == {"detail": "휠체어가 고장났어요"}
