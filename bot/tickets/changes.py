"""What staff do with a ticket: put it into a state, give it to somebody, write in it.

Every change takes the `version` that the person saw (None for the system and the citizen) and
raises StaleTicket when somebody changed the ticket since.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from bot.tickets.changing import changed, hold, put, said, successors
from bot.tickets.errors import WrongTransition
from bot.tickets.models import Ticket, TicketEvent
from bot.tickets.policy import ticket_policy
from bot.tickets.sealed import forget_secrets

MOST_EXTERNAL = 64


def next_states(ticket: Ticket) -> tuple[str, ...]:
    """The states that staff may choose for a ticket now."""
    states = ticket_policy().states
    return tuple(state for state in successors(ticket) if states[state].by_hand)


def move_on(
    session: Session,
    *,
    ticket: Ticket,
    to: str,
    actor: str,
    note: str,
    tell_citizen: bool,
    now: datetime,
    version: int | None = None,
) -> TicketEvent:
    """Put a ticket into the state `to`; where no further state follows, destroy its personal data.

    `note` is for the citizen when `tell_citizen`, else for staff. The event's details are `from`,
    `to` and `note`. Raises WrongTransition and StaleTicket.
    """
    hold(session, ticket, version)
    if to not in next_states(ticket):
        raise WrongTransition(f"{ticket.receipt_number} cannot go from {ticket.state} to {to!r}.")
    moved = changed(
        session,
        ticket,
        actor=actor,
        what="moved",
        details={**put(ticket, to, now), "note": note},
        tell_citizen=tell_citizen,
        now=now,
    )
    if not successors(ticket):
        forget_secrets(session, ticket, actor=actor, now=now)
    return moved


def assign(
    session: Session,
    *,
    ticket: Ticket,
    login: str,
    actor: str,
    version: int | None,
    now: datetime,
) -> TicketEvent:
    """Give a ticket to the person `login`; one that only was received counts as assigned then.

    The citizen is told the first time. Raises WrongTransition when it is not open, StaleTicket.
    """
    hold(session, ticket, version)
    first = ticket.assignee is None
    details = {"login": login}
    if ticket.state in ("received", "transferred"):
        details.update(put(ticket, "assigned", now))
    elif not ticket_policy().states[ticket.state].open:
        raise WrongTransition(f"{ticket.receipt_number} is {ticket.state}: nobody has to act.")
    ticket.assignee = login
    tell = first and "to" in details
    return changed(
        session, ticket, actor=actor, what="assigned", details=details, tell_citizen=tell, now=now
    )


def note(
    session: Session, *, ticket: Ticket, text: str, actor: str, version: int | None, now: datetime
) -> TicketEvent:
    """Write a note for staff alone. Raises NothingSaid and StaleTicket."""
    hold(session, ticket, version)
    details = {"note": said(text)}
    return changed(session, ticket, actor=actor, what="noted", details=details, now=now)


def reply(
    session: Session, *, ticket: Ticket, text: str, actor: str, version: int | None, now: datetime
) -> TicketEvent:
    """Write to the citizen, whatever the state. Raises NothingSaid and StaleTicket."""
    hold(session, ticket, version)
    details = {"note": said(text)}
    return changed(
        session, ticket, actor=actor, what="replied", details=details, tell_citizen=True, now=now
    )


def set_external_number(
    session: Session,
    *,
    ticket: Ticket,
    number: str,
    actor: str,
    version: int | None,
    now: datetime,
) -> TicketEvent:
    """Keep the ticket's number in the other body's own system; an empty one takes it away."""
    hold(session, ticket, version)
    ticket.external_number = number.strip()[:MOST_EXTERNAL] or None
    details = {"external_number": ticket.external_number}
    return changed(session, ticket, actor=actor, what="numbered", details=details, now=now)
