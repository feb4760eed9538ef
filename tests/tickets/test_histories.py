"""Whatever staff and citizens do one after the other, a ticket keeps what it must keep."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.database import Database
from bot.hours import SEOUL
from bot.privacy.vault import Cipher
from bot.tickets import service
from bot.tickets.errors import TicketError
from bot.tickets.models import Ticket
from bot.tickets.policy import ticket_policy
from bot.tickets.service import NewTicket
from tests.tickets.history import STAFF, events

START = datetime(2026, 10, 12, 10, tzinfo=SEOUL)
CIPHER = Cipher(Fernet.generate_key().decode())
OFFICES = ("kepco", "jeju_construction", "jeju_parks", "province_roads", "jeju120")
STATES = tuple(ticket_policy().states)
TICKETS = 4

Step = tuple[str, int, int]
"""A change, the ticket that it is made to, and a number that fills in the rest."""
Acts = Callable[[Session, list[Ticket], Ticket, int, datetime], object]


def by(ticket: Ticket, now: datetime) -> dict[str, Any]:
    return {"ticket": ticket, "actor": STAFF, "version": None, "now": now}


ACTS: dict[str, Acts] = {
    "assign": lambda s, _, t, n, now: service.assign(s, login=f"p{n % 3}", **by(t, now)),
    "transfer": lambda s, _, t, n, now: service.transfer(
        s, office=OFFICES[n % len(OFFICES)], reason="소관", **by(t, now)
    ),
    "not_ours": lambda s, _, t, n, now: service.not_ours(s, reason="", **by(t, now)),
    "extend": lambda s, _, t, n, now: service.extend(s, reason="늦어요", **by(t, now)),
    "ask": lambda s, _, t, n, now: service.ask_citizen(s, text="어디요?", **by(t, now)),
    "tell": lambda s, _, t, n, now: service.told_by_citizen(s, text="여기요", **by(t, now)),
    "note": lambda s, _, t, n, now: service.note(s, text="메모", **by(t, now)),
    "reply": lambda s, _, t, n, now: service.reply(s, text="답", **by(t, now)),
    "merge": lambda s, all, t, n, now: service.merge(s, parent=all[n % TICKETS], **by(t, now)),
    "split": lambda s, _, t, n, now: service.split(s, **by(t, now)),
    "reopen": lambda s, _, t, n, now: service.reopen(s, ticket=t, now=now),
    "rate": lambda s, _, t, n, now: service.rate(s, ticket=t, rating=n % 7, now=now),
    "move": lambda s, _, t, n, now: service.move_on(
        s,
        to=STATES[n % len(STATES)],
        note="",
        tell_citizen=False,
        **by(t, now),
    ),
    "close": lambda s, _, t, n, now: service.close_done(s, now=now),
}


@pytest.fixture(scope="module")
def own_database(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Database:
    path = tmp_path_factory.mktemp("histories") / "ilsa.db"
    path.write_bytes(sqlite_template.read_bytes())
    return Database(f"sqlite:///{path}")


steps = st.lists(
    st.tuples(st.sampled_from(sorted(ACTS)), st.integers(0, TICKETS - 1), st.integers(0, 40)),
    max_size=25,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=steps)
def test_any_order_of_changes_keeps_receipts_levels_and_histories(
    own_database: Database, steps: list[Step]
) -> None:
    with own_database.engine.connect() as connection:
        session = Session(connection)
        try:
            tickets = [_opened(session, number) for number in range(TICKETS)]
            receipts = [ticket.receipt_number for ticket in tickets]
            now = START
            for name, which, number in steps:
                now += timedelta(hours=7)
                _try(session, ACTS[name], tickets, tickets[which], number, now)
                _check(session, tickets)
            assert [ticket.receipt_number for ticket in tickets] == receipts
        finally:
            session.rollback()
            session.close()


def _opened(session: Session, number: int) -> Ticket:
    new = NewTicket(
        kind="report",
        topic="street_light",
        fields={},
        language="ko",
        petition="grievance",
        office="jeju_construction",
        rule="desk",
        conversation_id="c",
        message_id=f"m-{number}",
    )
    return service.open_ticket(session, new=new, cipher=CIPHER, now=START).ticket


def _try(
    session: Session, act: Acts, tickets: list[Ticket], ticket: Ticket, number: int, now: datetime
) -> None:
    """A change happens wholly or not at all, and a refused one is refused by a named error."""
    before = _state(session, ticket)
    with suppress(TicketError):
        with session.begin_nested():
            act(session, tickets, ticket, number, now)
        return
    session.expire_all()
    assert _state(session, ticket) == before


def _state(session: Session, ticket: Ticket) -> tuple[Any, ...]:
    seen = (ticket.version, ticket.state, ticket.office, ticket.parent_id, ticket.due_at)
    return (*seen, len(events(session, ticket)))


def _check(session: Session, tickets: list[Ticket]) -> None:
    policy = ticket_policy()
    for ticket in tickets:
        history = events(session, ticket)
        assert history[0].what == "opened"
        assert [event.at for event in history] == sorted(event.at for event in history)
        state = "received"
        for event in history:
            if "to" in event.details:
                assert event.details["from"] == state
                assert event.details["to"] in policy.states[state].next
                state = event.details["to"]
        assert ticket.state == state
        assert ticket.transfers == sum(event.what == "transferred" for event in history)
        assert (ticket.done_at is None) is policy.states[ticket.state].open
        assert (ticket.paused_at is not None) is (ticket.state == "awaiting_citizen")
        assert (ticket.parent_id is not None) is (ticket.state == "duplicate")
        if ticket.parent_id is not None:
            assert session.get_one(Ticket, ticket.parent_id).parent_id is None
    assert session.scalars(select(Ticket.receipt_number)).all() == sorted(
        ticket.receipt_number for ticket in tickets
    )
