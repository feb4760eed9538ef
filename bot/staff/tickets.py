"""Tickets as staff list them: whose they may see, filters, pages, counts, the board, figures.

Every query ends early, whatever there is: a page begins after a row, a count stops at `COUNT_TO`.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, selectinload

from bot.staff import errors
from bot.staff.service import Staff
from bot.staff.ticket_policy import desk_tickets
from bot.tickets import lists
from bot.tickets.delivery_models import TicketDelivery
from bot.tickets.lists import Cursor, Wanted
from bot.tickets.models import Ticket
from bot.tickets.policy import ticket_policy
from bot.tickets.receipts import tidy_number

Show = Literal["open", "overdue", "soon", "mine", "unassigned", "awaiting", "undelivered", "all"]
SHOWS: tuple[Show, ...] = get_args(Show)
COUNTED: tuple[Show, ...] = SHOWS[:-1]
PAGE = 50
"""Rows of a list on one page."""
COLUMN = 20
"""Tickets in one column of the board."""
COUNT_TO = 1000
"""Counting ends here: nobody needs to know it more exactly."""
_EPOCH = datetime.fromtimestamp(0, UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Asked(Wanted):
    """What a list of the desk is narrowed by; what is None does not narrow."""

    origin: str | None = None
    incident: int | None = None
    undelivered: bool = False
    """Only those of which a body could not be told."""
    unassigned: bool = False
    """Only those that nobody was given yet."""
    unappointed: bool = False
    """Only those without a confirmed moment."""

    def conditions(self, now: datetime) -> list[ColumnElement[bool]]:
        """The conditions of a query of tickets."""
        chosen = super().conditions(now)
        if self.origin is not None:
            chosen.append(Ticket.origin == self.origin)
        if self.incident is not None:
            chosen.append(Ticket.incident_id == self.incident)
        if self.unassigned:
            chosen.append(Ticket.assignee.is_(None))
        if self.unappointed:
            chosen.append(Ticket.appointment_at.is_(None))
        if self.undelivered:
            parked = select(TicketDelivery.ticket_id).where(TicketDelivery.state == "parked")
            chosen.append(Ticket.id.in_(parked))
        return chosen


@dataclass(frozen=True)
class Page:
    """A page of a list, and the address's part where the next one begins; None at the end."""

    rows: list[Ticket]
    after: str | None


@dataclass(frozen=True)
class Figures:
    """Of the newest tickets: how many, transfers per ticket, share handled within the term."""

    of: int
    transfers: float
    within_term: float | None
    """0 to 1; None while none is handled or overdue."""


def ticket(session: Session, *, receipt_number: str, staff: Staff) -> Ticket:
    """The ticket with its history and sealed data, its number as typed.

    Raises UnknownTicket, and OtherOffice for one that the person may not see.
    """
    found = session.scalar(
        select(Ticket)
        .where(Ticket.receipt_number == (tidy_number(receipt_number) or ""))
        .options(selectinload(Ticket.events), selectinload(Ticket.secrets))
    )
    if found is None:
        raise errors.UnknownTicket
    check_office(staff, found.office)
    return found


def check_office(staff: Staff, office: str) -> None:
    """Raises OtherOffice where the person may see only the tickets of another office."""
    if staff.only_office not in (None, office):
        raise errors.OtherOffice


def seen_by(staff: Staff, asked: Asked) -> Asked:
    """What the person may see of it. Raises OtherOffice when another office is asked for."""
    if staff.only_office is None:
        return asked
    if asked.office is not None:
        check_office(staff, asked.office)
    return replace(asked, office=staff.only_office)


def shown(show: Show, asked: Asked, staff: Staff) -> Asked:
    """A view, narrowed further; a chosen state stands instead of the view's own."""
    asked = seen_by(staff, asked)
    if show == "awaiting":
        return replace(asked, states=("awaiting_citizen",))
    if show in ("overdue", "soon"):
        return replace(asked, due="overdue" if show == "overdue" else "soon")
    if show == "undelivered":
        return replace(asked, undelivered=True)
    if show == "all":
        return asked
    if show == "mine":
        asked = replace(asked, assignee=staff.login)
    elif show == "unassigned":
        asked = replace(asked, unassigned=True)
    return replace(asked, open=True) if asked.states is None else asked


def is_by_due(asked: Asked) -> bool:
    """Whether a list is ordered by due date: one of what is open is."""
    only_open = asked.states is not None and set(asked.states) <= set(ticket_policy().open_states)
    return bool(asked.open or asked.due or only_open)


def listed(session: Session, asked: Asked, *, after: str | None, now: datetime) -> Page:
    """One page: what is open by due date, so that overdue comes first, else the newest first.

    `after`: where it begins (`Page.after`). Raises BadRequest when that cannot be read.
    """
    begins = _read(after) if after else None
    order: lists.Order = "due" if is_by_due(asked) else "newest"
    rows = lists.listed(session, asked, order=order, after=begins, limit=PAGE + 1, now=now)
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    return Page(rows, _written(lists.cursor(rows[-1])) if more else None)


def board(session: Session, asked: Asked, *, now: datetime) -> dict[str, list[Ticket]]:
    """The first tickets due in each open state; one more than `COLUMN` says that there are more."""
    states = asked.states or ticket_policy().open_states
    return {
        state: lists.listed(
            session,
            replace(asked, states=(state,), open=None),
            order="due",
            limit=COLUMN + 1,
            now=now,
        )
        for state in ticket_policy().open_states
        if state in states
    }


def counts(session: Session, *, staff: Staff, now: datetime) -> dict[str, int]:
    """How many tickets each view holds, counted up to `COUNT_TO`."""
    return {show: count(session, shown(show, Asked(), staff), now=now) for show in COUNTED}


def count(session: Session, asked: Asked, *, now: datetime) -> int:
    """How many tickets there are, counted up to `COUNT_TO`."""
    few = select(Ticket.id).where(*asked.conditions(now)).limit(COUNT_TO).subquery()
    return session.scalar(select(func.count()).select_from(few)) or 0


def figures(session: Session, *, staff: Staff, now: datetime) -> Figures:
    """Figures of the newest tickets that the person may see; the clock's pauses count as kept."""
    query = select(Ticket.transfers, Ticket.state, Ticket.due_at, Ticket.paused_at, Ticket.done_at)
    if staff.only_office is not None:
        query = query.where(Ticket.office == staff.only_office)
    rows = session.execute(query.order_by(Ticket.id.desc()).limit(desk_tickets().figures_of)).all()
    counted = [row for row in rows if row.state not in ("cancelled", "duplicate")]
    kept = sum(row.done_at is not None and row.done_at <= row.due_at for row in counted)
    over = sum((row.done_at or row.paused_at or now) > row.due_at for row in counted)
    return Figures(
        of=len(rows),
        transfers=sum(row.transfers for row in rows) / len(rows) if rows else 0.0,
        within_term=kept / (kept + over) if kept + over else None,
    )


def _written(cursor: Cursor) -> str:
    due, id = cursor
    return f"{(due - _EPOCH) // _MICROSECOND}.{id}"


def _read(after: str) -> Cursor:
    try:
        stamp, id = (int(part) for part in after.split("."))
        if not 0 < id < 2**31:
            raise ValueError(after)
        return _EPOCH + stamp * _MICROSECOND, id
    except (ValueError, OverflowError) as error:
        raise errors.BadRequest from error
