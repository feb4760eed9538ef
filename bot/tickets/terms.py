"""Changes of a ticket's term: extended once, stopped while the citizen is asked for more."""

from datetime import datetime

from sqlalchemy.orm import Session

from bot.hours import SEOUL
from bot.tickets import clock
from bot.tickets.changing import AWAITING, changed, hold, is_open, put, said
from bot.tickets.errors import WrongTransition
from bot.tickets.models import Ticket, TicketEvent
from bot.tickets.policy import Term


def extend(
    session: Session,
    *,
    ticket: Ticket,
    reason: str,
    actor: str,
    version: int | None,
    now: datetime,
    by: Term | None = None,
) -> TicketEvent:
    """Extend the term once, by at most itself (시행령 제21조); the citizen is told why.

    Only a term that runs is extended: what is overdue stays so. `by` left out means the whole term
    again. Raises clock.TermRefused, WrongTransition when the ticket is not open, and StaleTicket.
    """
    hold(session, ticket, version)
    if not is_open(ticket):
        raise WrongTransition(f"{ticket.receipt_number} is {ticket.state}: its term is over.")
    before = ticket.due_at
    if (ticket.paused_at or now) > before:
        raise clock.TermRefused(f"The term of {ticket.receipt_number} is over already.")
    ticket.due_at = clock.extended(
        ticket.petition, before, reason=reason, extended_at=ticket.extended_at, by=by
    )
    ticket.extended_at = now
    details = {"note": reason.strip(), "due_before": _iso(before), "due": _iso(ticket.due_at)}
    return changed(
        session, ticket, actor=actor, what="extended", details=details, tell_citizen=True, now=now
    )


def ask_citizen(
    session: Session, *, ticket: Ticket, text: str, actor: str, version: int | None, now: datetime
) -> TicketEvent:
    """Ask the citizen for what is missing (보완 요청); the clock stands still until it is told.

    Raises NothingSaid, WrongTransition and StaleTicket.
    """
    hold(session, ticket, version)
    asked = said(text)
    details = {**put(ticket, AWAITING, now), "note": asked}
    ticket.paused_at = now
    return changed(
        session, ticket, actor=actor, what="asked", details=details, tell_citizen=True, now=now
    )


def told_by_citizen(
    session: Session, *, ticket: Ticket, text: str, actor: str, version: int | None, now: datetime
) -> TicketEvent:
    """Take what the citizen told when asked for more; the clock goes on.

    `text` is masked. Raises NothingSaid, WrongTransition when nothing was asked, and StaleTicket.
    """
    hold(session, ticket, version)
    if ticket.state != AWAITING:
        raise WrongTransition(f"{ticket.receipt_number} waits for nothing from its citizen.")
    told = said(text)
    details = {**put(ticket, "in_progress", now), "note": told, "due": _iso(ticket.due_at)}
    return changed(session, ticket, actor=actor, what="told", details=details, now=now)


def _iso(moment: datetime) -> str:
    return moment.astimezone(SEOUL).isoformat(timespec="minutes")
