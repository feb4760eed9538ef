"""Visits of a day and calls back that are due, as far as the person may see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.staff.service import Staff
from bot.staff.tickets import Asked
from bot.tickets import lists
from bot.tickets import visits as ticket_visits
from bot.tickets.models import Ticket, TicketEvent

MOST = 200
"""Rows of a list."""


@dataclass(frozen=True)
class Area:
    """The visits of one 읍, 면 or 동, by time."""

    city: str
    district: str
    visits: list[Ticket]


@dataclass(frozen=True)
class Call:
    """A call back that is still to be made."""

    ticket: Ticket
    tried: int
    last: TicketEvent | None
    """The last try."""
    now: bool
    """Whether the wished time has come, or none was wished."""
    missed: bool
    """Whether the wished time is over."""


def areas(session: Session, day: date, *, staff: Staff, city: str | None = None) -> list[Area]:
    """The visits of a day in Jeju, by area and time."""
    found: dict[tuple[str, str], list[Ticket]] = {}
    for ticket in ticket_visits.of_day(session, day, office=staff.only_office)[:MOST]:
        if city in (None, ticket.city):
            found.setdefault((ticket.city or "", ticket.district or ""), []).append(ticket)
    return [Area(*area, visits) for area, visits in found.items()]


def without_appointment(session: Session, *, staff: Staff, now: datetime) -> list[Ticket]:
    """Visits that were asked for and have no moment yet, those due first."""
    wanted = Asked(kind="visit", open=True, unappointed=True, office=staff.only_office)
    return lists.listed(session, wanted, order="due", limit=MOST, now=now)


def calls(session: Session, *, staff: Staff, now: datetime) -> list[Call]:
    """The calls to be made, those first whose wished time has come or is over."""
    rows = ticket_visits.calls(session, office=staff.only_office, limit=MOST)
    tries = _tries(session, rows)
    found = [_call(row, tries.get(row.id, (0, None)), now) for row in rows]
    return sorted(found, key=lambda one: not one.now)


def _call(ticket: Ticket, tried: tuple[int, TicketEvent | None], now: datetime) -> Call:
    begun = ticket.wanted_from is None or ticket.wanted_from <= now
    over = ticket.wanted_until is not None and ticket.wanted_until < now
    return Call(ticket, *tried, now=begun, missed=over)


def _tries(session: Session, rows: Sequence[Ticket]) -> dict[int, tuple[int, TicketEvent | None]]:
    """How often each call was tried, and the last try."""
    ids = [row.id for row in rows]
    counted = session.execute(
        select(TicketEvent.ticket_id, func.count(), func.max(TicketEvent.id))
        .where(TicketEvent.ticket_id.in_(ids), TicketEvent.what == "tried")
        .group_by(TicketEvent.ticket_id)
    ).all()
    last = {
        event.id: event
        for event in session.scalars(
            select(TicketEvent).where(TicketEvent.id.in_([newest for _, _, newest in counted]))
        )
    }
    return {ticket: (count, last.get(newest)) for ticket, count, newest in counted}
