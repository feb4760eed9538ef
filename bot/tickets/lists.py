"""Lists of tickets for staff: filtered, in pages that begin after a row, never by counting rows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from bot.database import utc_now
from bot.tickets import clock
from bot.tickets.models import Ticket
from bot.tickets.policy import ticket_policy
from bot.tickets.receipts import tidy_number

Due = Literal["overdue", "soon"]
Order = Literal["newest", "due"]
Cursor = tuple[datetime, int]
"""Due date and id of the last row of the page before; by `newest` only the id counts."""


@dataclass(frozen=True)
class Wanted:
    """Which tickets a list shows; what is None does not choose."""

    states: tuple[str, ...] | None = None
    open: bool | None = None
    office: str | None = None
    topic: str | None = None
    assignee: str | None = None
    city: str | None = None
    district: str | None = None
    kind: str | None = None
    due: Due | None = None
    receipt: str | None = None
    """A receipt number as typed; nothing is found when it cannot be one."""

    def conditions(self, now: datetime) -> list[ColumnElement[bool]]:
        """The conditions of a query of tickets."""
        chosen = [
            getattr(Ticket, name) == value
            for name in ("office", "topic", "assignee", "city", "district", "kind")
            if (value := getattr(self, name)) is not None
        ]
        if self.states is not None:
            chosen.append(Ticket.state.in_(self.states))
            if set(self.states) <= set(ticket_policy().open_states):
                chosen.append(Ticket.done_at.is_(None))
        if self.open is not None:
            chosen.append(Ticket.done_at.is_(None) if self.open else Ticket.done_at.is_not(None))
        if self.due is not None:
            chosen.append(is_due(self.due, now))
        if self.receipt is not None:
            chosen.append(Ticket.receipt_number == (tidy_number(self.receipt) or ""))
        return chosen


def is_due(due: Due, now: datetime) -> ColumnElement[bool]:
    """Tickets whose term is over, or over within the working hours that tickets.yml calls soon.

    Not those whose clock stands still. Raises clock.UnknownYear.
    """
    running = and_(Ticket.done_at.is_(None), Ticket.paused_at.is_(None))
    if due == "overdue":
        return and_(running, Ticket.due_at < now)
    soon = clock.after(now, timedelta(hours=ticket_policy().soon_hours))
    return and_(running, Ticket.due_at >= now, Ticket.due_at <= soon)


def cursor(ticket: Ticket) -> Cursor:
    """Where the page after this ticket begins."""
    return ticket.due_at, ticket.id


def listed(
    session: Session,
    wanted: Wanted | None = None,
    *,
    order: Order = "newest",
    after: Cursor | None = None,
    limit: int = 50,
    now: datetime | None = None,
) -> list[Ticket]:
    """One page of tickets: the newest first, or those due first. `after`: see `cursor`."""
    query = select(Ticket).where(*(wanted or Wanted()).conditions(now or utc_now()))
    return list(session.scalars(_paged(query, order, after).limit(limit)))


def _paged(query: Select[Ticket], order: Order, after: Cursor | None) -> Select[Ticket]:
    if order == "newest":
        query = query.order_by(Ticket.id.desc())
        return query if after is None else query.where(Ticket.id < after[1])
    query = query.order_by(Ticket.due_at, Ticket.id)
    if after is None:
        return query
    due, id = after
    # The first comparison alone lets the index begin at the right place.
    return query.where(
        Ticket.due_at >= due, or_(Ticket.due_at > due, and_(Ticket.due_at == due, Ticket.id > id))
    )


def counted(session: Session, wanted: Wanted, now: datetime | None = None) -> int:
    """How many tickets a list would show in all."""
    query = select(func.count()).select_from(Ticket).where(*wanted.conditions(now or utc_now()))
    return session.scalar(query) or 0


def list_tickets(
    session: Session,
    *,
    state: str | None = None,
    topic: str | None = None,
    overdue: bool = False,
    limit: int = 50,
    before: int | None = None,
    now: datetime | None = None,
) -> list[Ticket]:
    """Tickets, the newest first. `before`: the id of the last one of the page before.

    `overdue`: only those that somebody still has to handle and whose term is over at `now`.
    """
    now = now or utc_now()
    wanted = Wanted(
        states=(state,) if state else None, topic=topic, due="overdue" if overdue else None
    )
    after = (now, before) if before is not None else None
    return listed(session, wanted, after=after, limit=limit, now=now)
