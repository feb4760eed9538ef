"""What citizens are still to be told of their tickets: written by changes, told elsewhere."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from bot.tickets.models import Ticket, TicketEvent

SHARED = ("assigned", "moved", "transferred", "extended", "replied", "reopened")
"""Changes of which the citizens of its duplicates hear as well; the others concern one alone."""


def untold_events(session: Session, limit: int = 100) -> list[TicketEvent]:
    """Changes that their citizens have not been told yet, the oldest first, with their tickets."""
    return list(
        session.scalars(
            select(TicketEvent)
            .where(TicketEvent.tell_citizen, TicketEvent.told_at.is_(None))
            .options(joinedload(TicketEvent.ticket))
            .order_by(TicketEvent.id)
            .limit(limit)
        )
    )


def held_event(session: Session, event_id: int) -> TicketEvent | None:
    """An untold event, its row locked; None when somebody else has told it."""
    return session.scalar(
        select(TicketEvent)
        .where(TicketEvent.id == event_id, TicketEvent.told_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def mark_told(session: Session, event: TicketEvent, now: datetime) -> None:
    """Note that the citizen was told of a change; the first time stands."""
    if event.told_at is None:
        event.told_at = now
    session.flush()


def last_told(session: Session, ticket: Ticket) -> TicketEvent | None:
    """The last change of a ticket that its citizen was to be told."""
    return session.scalar(
        select(TicketEvent)
        .where(TicketEvent.ticket_id == ticket.id, TicketEvent.tell_citizen)
        .order_by(TicketEvent.id.desc())
        .limit(1)
    )
