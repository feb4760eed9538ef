from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.database import Database
from bot.hours import SEOUL
from bot.tickets import service
from bot.tickets.clock import TermRefused
from bot.tickets.errors import NothingSaid, WrongTransition
from bot.tickets.lists import Wanted, listed
from bot.tickets.policy import Term
from tests.tickets.conftest import Opener
from tests.tickets.history import STAFF, events, told


def by(ticket: Any, now: datetime, **given: Any) -> dict[str, Any]:
    return {"ticket": ticket, "actor": STAFF, "version": None, "now": now, **given}


def test_a_term_is_extended_once_and_the_citizen_told_why(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        assert ticket.due_at == datetime(2026, 12, 1, 18, tzinfo=SEOUL)
        service.extend(session, reason="부품이 없어요", by=Term(days=2), **by(ticket, now))
        assert ticket.due_at == datetime(2026, 12, 3, 18, tzinfo=SEOUL)
        assert ticket.extended_at == now
        assert told(session, ticket) == ["extended"]
        assert events(session, ticket)[-1].details == {
            "note": "부품이 없어요",
            "due_before": "2026-12-01T18:00+09:00",
            "due": "2026-12-03T18:00+09:00",
        }
        with pytest.raises(TermRefused):
            service.extend(session, reason="또", **by(ticket, now))


def test_a_term_is_not_extended_without_reason_or_beyond_itself(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        for given in ({"reason": " "}, {"reason": "길어요", "by": Term(days=8)}):
            with pytest.raises(TermRefused):
                service.extend(session, **given, **by(ticket, now))
        assert ticket.extended_at is None


def test_the_clock_stands_still_while_the_citizen_is_asked(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        service.ask_citizen(session, text="어느 쪽 차선인가요?", **by(ticket, now))
        assert (ticket.state, ticket.paused_at) == ("awaiting_citizen", now)
        assert told(session, ticket) == ["asked"]
        long_after = datetime(2026, 12, 31, 12, tzinfo=SEOUL)
        assert listed(session, Wanted(due="overdue"), now=long_after) == []
        service.told_by_citizen(
            session,
            ticket=ticket,
            text="1차선이에요",
            actor="citizen",
            version=None,
            now=now + timedelta(days=1),
        )
        assert (ticket.state, ticket.paused_at) == ("in_progress", None)
        assert ticket.due_at == datetime(2026, 12, 2, 18, tzinfo=SEOUL)
        assert events(session, ticket)[-1].details["note"] == "1차선이에요"


def test_whatever_ends_the_waiting_starts_the_clock_again(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        service.ask_citizen(session, text="어디인가요?", **by(ticket, now))
        tomorrow = now + timedelta(days=1)
        service.transfer(session, office="kepco", reason="소관", **by(ticket, tomorrow))
        assert ticket.paused_at is None
        assert ticket.due_at == datetime(2026, 12, 2, 18, tzinfo=SEOUL)


def test_the_citizen_is_asked_for_something_and_tells_only_what_was_asked(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        with pytest.raises(NothingSaid):
            service.ask_citizen(session, text="", **by(ticket, now))
        with pytest.raises(WrongTransition):
            service.told_by_citizen(session, text="여기요", **by(ticket, now))


def test_what_is_overdue_stays_so_and_is_not_extended(
    database: Database, open_one: Opener, now: datetime
) -> None:
    with database.writing() as session:
        ticket = open_one(session).ticket
        due, late = ticket.due_at, ticket.due_at + timedelta(minutes=1)
        with pytest.raises(TermRefused):
            service.extend(session, reason="바빠요", **by(ticket, late))
        assert (ticket.due_at, ticket.extended_at) == (due, None)
        # While the citizen is asked the term cannot end.
        service.ask_citizen(session, text="어디인가요?", **by(ticket, due - timedelta(hours=1)))
        service.extend(session, reason="부품이 없어요", **by(ticket, late))
        assert ticket.extended_at == late
