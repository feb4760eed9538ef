"""What every change of a ticket does: hold its row, check what the person saw, leave a trace."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from bot.tickets import clock
from bot.tickets.deliveries import follow
from bot.tickets.errors import NothingSaid, StaleTicket, WrongTransition
from bot.tickets.models import Ticket, TicketEvent
from bot.tickets.policy import ticket_policy

AWAITING = "awaiting_citizen"


def hold(session: Session, ticket: Ticket, version: int | None) -> None:
    """Lock the ticket's row and read it anew.

    `version`: the one that the person saw; None for the system and the citizen, who see no page.
    Raises StaleTicket when somebody changed it since.
    """
    session.refresh(ticket, with_for_update=True)
    if version is not None and version != ticket.version:
        raise StaleTicket(
            f"{ticket.receipt_number} is at version {ticket.version}, not {version}.",
            receipt=ticket.receipt_number,
        )


def successors(ticket: Ticket) -> tuple[str, ...]:
    """Every state that a ticket may go to, in whatever way; none while it follows another one."""
    rule = ticket_policy().states.get(ticket.state)
    return rule.next if rule and ticket.parent_id is None else ()


def is_open(ticket: Ticket) -> bool:
    """Whether somebody still has to act."""
    rule = ticket_policy().states.get(ticket.state)
    return rule is not None and rule.open


def put(ticket: Ticket, to: str, now: datetime) -> dict[str, str]:
    """Put a held ticket into a state; the clock goes on where it stood still.

    Returns `from` and `to` for the event. Raises WrongTransition, and clock.UnknownYear.
    """
    before = ticket.state
    if to not in successors(ticket):
        raise WrongTransition(f"{ticket.receipt_number} cannot go from {before} to {to!r}.")
    if ticket.paused_at is not None and to != AWAITING:
        ticket.due_at = clock.resumed(ticket.due_at, ticket.paused_at, now)
        ticket.paused_at = None
    ticket.state = to
    if is_open(ticket):
        ticket.done_at = None
    elif ticket.done_at is None:
        ticket.done_at = now
    return {"from": before, "to": to}


def record(
    session: Session,
    ticket: Ticket,
    *,
    actor: str,
    what: str,
    now: datetime,
    details: dict[str, Any] | None = None,
    tell_citizen: bool = False,
) -> TicketEvent:
    """Write one event into the history of a ticket, and queue what its body is told of it."""
    event = TicketEvent(
        ticket=ticket,
        at=now,
        actor=actor,
        what=what,
        details=details or {},
        tell_citizen=tell_citizen,
    )
    session.add(event)
    session.flush()
    follow(session, ticket, event)
    return event


def changed(
    session: Session,
    ticket: Ticket,
    *,
    actor: str,
    what: str,
    now: datetime,
    details: dict[str, Any] | None = None,
    tell_citizen: bool = False,
) -> TicketEvent:
    """Count the ticket's version up and write the event of the change."""
    ticket.updated_at = now
    # Two changes within one moment are two versions as well.
    flag_modified(ticket, "updated_at")
    return record(
        session,
        ticket,
        actor=actor,
        what=what,
        now=now,
        details=details,
        tell_citizen=tell_citizen,
    )


def said(text: str) -> str:
    """`text` without space around it. Raises NothingSaid when nothing is left."""
    if not (tidy := text.strip()):
        raise NothingSaid
    return tidy
