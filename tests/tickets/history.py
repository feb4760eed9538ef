"""Reading what happened to a ticket, for the tests of its changes."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.tickets.models import Ticket, TicketEvent

STAFF = "staff:kim"


def events(session: Session, ticket: Ticket) -> list[TicketEvent]:
    """The history of a ticket, the oldest first."""
    query = select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.id)
    return list(session.scalars(query))


def whats(session: Session, ticket: Ticket) -> list[str]:
    """What happened to a ticket, by name."""
    return [event.what for event in events(session, ticket)]


def told(session: Session, ticket: Ticket) -> list[str]:
    """The changes of which the citizen is to hear."""
    return [event.what for event in events(session, ticket) if event.tell_citizen]
