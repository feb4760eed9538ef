"""What comes after a ticket is done: rated, taken up again, closed, its personal data destroyed."""

from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased

from bot.tickets import clock
from bot.tickets.changing import changed, hold, put
from bot.tickets.duplicates import standing_for
from bot.tickets.errors import BadRating, TooLate, WrongTransition
from bot.tickets.models import Ticket, TicketEvent, TicketSecret
from bot.tickets.policy import ticket_policy
from bot.tickets.sealed import forget_secrets

RATINGS = range(1, 6)
RATED = ("done", "closed", "rejected")
ENDED = ("closed", "cancelled")
BATCH = 200


def may_reopen(ticket: Ticket, now: datetime) -> bool:
    """Whether its citizen may have a ticket taken up again now."""
    rule = ticket_policy().states.get(ticket.state)
    if rule is None or not rule.returning or ticket.done_at is None:
        return False
    return now <= ticket.done_at + _days()


def may_rate(ticket: Ticket) -> bool:
    """Whether its handling may be rated."""
    return ticket.state in RATED


def reopen(
    session: Session,
    *,
    ticket: Ticket,
    now: datetime,
    text: str = "",
    actor: str = "citizen",
    version: int | None = None,
) -> TicketEvent:
    """Take a ticket up again that is done or rejected; its term begins anew.

    One that duplicates another takes that one up. `text`: what is still wrong, masked.
    Raises TooLate when the days for it are over, WrongTransition otherwise, and StaleTicket.
    """
    own, ticket = ticket, standing_for(session, ticket)
    hold(session, ticket, version)
    rule = ticket_policy().states.get(ticket.state)
    if rule is None or not rule.returning:
        raise WrongTransition(f"{ticket.receipt_number} is {ticket.state}.")
    if not may_reopen(ticket, now):
        days = str(ticket_policy().reopening_days)
        raise TooLate(f"{ticket.receipt_number} was done more than {days} days ago.", days=days)
    details = {**put(ticket, "in_progress", now), "note": text.strip()}
    if own.id != ticket.id:
        details["receipt"] = own.receipt_number
    ticket.due_at, ticket.extended_at = clock.due(ticket.petition, now), None
    return changed(
        session, ticket, actor=actor, what="reopened", details=details, tell_citizen=True, now=now
    )


def rate(
    session: Session, *, ticket: Ticket, rating: int, now: datetime, actor: str = "citizen"
) -> TicketEvent:
    """Keep how the citizen rates the handling, 1 to 5; what was said last counts.

    Raises BadRating, and WrongTransition while the ticket (or the one it duplicates) is not done.
    """
    if rating not in RATINGS:
        raise BadRating(f"{rating} is no rating.")
    hold(session, ticket, None)
    if not may_rate(standing_for(session, ticket)):
        raise WrongTransition(f"{ticket.receipt_number} is not done.")
    ticket.rating = rating
    return changed(session, ticket, actor=actor, what="rated", details={"rating": rating}, now=now)


def close_done(session: Session, *, now: datetime) -> int:
    """Close what has been done for so long that it cannot be taken up again; how many those were.

    Personal data are destroyed with it, and those of rejected tickets and of duplicates when
    nothing can follow any more. Some at a time: call it again and again.
    """
    old = session.scalars(
        select(Ticket)
        .where(Ticket.state == "done", Ticket.done_at < now - _days())
        .order_by(Ticket.done_at)
        .limit(BATCH)
    ).all()
    for ticket in old:
        hold(session, ticket, None)
        if ticket.state != "done":
            continue
        details = put(ticket, "closed", now)
        changed(session, ticket, actor="system", what="moved", details=details, now=now)
    for ticket in _to_forget(session, now):
        forget_secrets(session, ticket, actor="system", now=now)
    return len(old)


def _to_forget(session: Session, now: datetime) -> list[Ticket]:
    """Tickets that keep personal data and can have no use of them any more."""
    parent = aliased(Ticket)
    own, others = (
        or_(
            each.state.in_(ENDED),
            and_(each.state == "rejected", each.done_at < now - _days()),
        )
        for each in (Ticket, parent)
    )
    query = (
        select(Ticket)
        .join(TicketSecret, TicketSecret.ticket_id == Ticket.id)
        .outerjoin(parent, parent.id == Ticket.parent_id)
        .where(Ticket.done_at.is_not(None), or_(own, others))
        .distinct()
        .limit(BATCH)
    )
    ids = session.scalars(query.with_only_columns(Ticket.id))
    return [session.get_one(Ticket, id) for id in ids.all()]


def _days() -> timedelta:
    return timedelta(days=ticket_policy().reopening_days)
