"""Passing a ticket to another body under the same receipt number, and giving it back."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.hours import SEOUL
from bot.offices import offices
from bot.tickets import clock
from bot.tickets.changing import changed, hold, put, said
from bot.tickets.errors import UnknownOffice
from bot.tickets.models import Ticket, TicketEvent
from bot.tickets.policy import ticket_policy

DESK = "jeju120"
"""The 120 desk, where a ticket goes that nobody else takes."""
_ARRIVALS = ("opened", "transferred", "returned", "split")
_RULE_LENGTH = 160


def transfer(
    session: Session,
    *,
    ticket: Ticket,
    office: str,
    reason: str,
    actor: str,
    version: int | None,
    now: datetime,
) -> TicketEvent:
    """Pass a ticket to another body; the receipt number stays and the citizen is told.

    The event says by when it had to be passed on (`by`, 시행령 제13–16조) and whether that was
    kept (`late`). Raises UnknownOffice, NothingSaid, WrongTransition and StaleTicket.
    """
    hold(session, ticket, version)
    if office not in offices() or office == ticket.office:
        raise UnknownOffice(f"{ticket.receipt_number} cannot be passed to {office!r}.")
    told = said(reason)
    moved = put(ticket, "transferred", now)
    details = _passed(session, ticket, office, told, now) | moved
    ticket.transfers += 1
    ticket.routed_by = f"{actor}: {told}"[:_RULE_LENGTH]
    return changed(
        session,
        ticket,
        actor=actor,
        what="transferred",
        details=details,
        tell_citizen=True,
        now=now,
    )


def not_ours(
    session: Session, *, ticket: Ticket, reason: str, actor: str, version: int | None, now: datetime
) -> TicketEvent:
    """Give a ticket that is another's matter back to the 120 desk, with or without a reason.

    The citizen is told when the desk passes it on. Raises UnknownOffice when the desk has it,
    WrongTransition and StaleTicket.
    """
    hold(session, ticket, version)
    if ticket.office == DESK:
        raise UnknownOffice(f"{ticket.receipt_number} is at the 120 desk.")
    moved = put(ticket, "received", now) if ticket.state != "received" else {}
    details = _passed(session, ticket, DESK, reason.strip(), now) | moved
    ticket.routed_by = f"{actor}: not_ours"[:_RULE_LENGTH]
    return changed(session, ticket, actor=actor, what="returned", details=details, now=now)


def _passed(
    session: Session, ticket: Ticket, office: str, reason: str, now: datetime
) -> dict[str, object]:
    """Put the other body in charge; what the history tells of it."""
    policy = ticket_policy()
    before, ticket.office, ticket.assignee = ticket.office, office, None
    another = policy.agency(before, ticket.city) != policy.agency(office, ticket.city)
    by = clock.transfer_due(_arrived(session, ticket), another)
    return {
        "office": office,
        "office_before": before,
        "reason": reason,
        "by": by.astimezone(SEOUL).isoformat(timespec="minutes"),
        "late": now > by,
    }


def _arrived(session: Session, ticket: Ticket) -> datetime:
    """When the ticket came to the body that has it now."""
    with session.no_autoflush:
        arrived = session.scalar(
            select(TicketEvent.at)
            .where(TicketEvent.ticket_id == ticket.id, TicketEvent.what.in_(_ARRIVALS))
            .order_by(TicketEvent.id.desc())
            .limit(1)
        )
    return arrived or ticket.created_at
