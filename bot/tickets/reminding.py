"""Reminding the body in charge: once before a term ends, once when it is over."""

from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from bot.hours import SEOUL
from bot.tickets import clock
from bot.tickets.changing import record
from bot.tickets.deliveries import enqueue
from bot.tickets.delivery_policy import DeliveryPolicy
from bot.tickets.models import Ticket
from bot.tickets.policy import ticket_policy

BATCH = 50
DAY = timedelta(days=1)


def remind_bodies(
    session: Session, *, now: datetime, policy: DeliveryPolicy | None = None
) -> list[Ticket]:
    """Remind bodies of tickets that are due soon (tickets.yml, `soon_hours`) or overdue.

    Each is reminded once of either, in its own way; the history shows it in the console. A term
    that was extended is reminded of anew. Some at a time; raises clock.UnknownYear.
    """
    work = timedelta(hours=ticket_policy().soon_hours)
    soon = clock.after(now, work)
    tickets = session.scalars(
        select(Ticket)
        .where(Ticket.done_at.is_(None), Ticket.paused_at.is_(None), Ticket.due_at <= soon)
        .where(
            or_(
                Ticket.reminded_at.is_(None),
                # Reminded before it was over, and over now.
                and_(Ticket.due_at <= now, Ticket.reminded_at < Ticket.due_at),
                # Reminded so long ago that it was of an earlier term.
                and_(Ticket.due_at > now, Ticket.reminded_at <= _long_ago(now, work)),
            )
        )
        .order_by(Ticket.due_at, Ticket.id)
        .limit(BATCH)
    ).all()
    return [ticket for ticket in tickets if _remind(session, ticket, now, policy)]


def _remind(session: Session, ticket: Ticket, now: datetime, policy: DeliveryPolicy | None) -> bool:
    before = ticket.reminded_at
    same = Ticket.reminded_at.is_(None) if before is None else Ticket.reminded_at == before
    # On the table itself: a reminder must not make the page that somebody works on stale.
    table = Ticket.__table__
    taken = session.execute(
        update(table)  # type: ignore[arg-type]
        .where(table.c.id == ticket.id, same)
        .values(reminded_at=now)
        .returning(table.c.id)
    ).first()
    if taken is None:
        return False
    session.refresh(ticket, ["reminded_at"])
    over = ticket.due_at <= now
    due = ticket.due_at.astimezone(SEOUL).isoformat(timespec="minutes")
    details = {"due": due, "overdue": over}
    event = record(session, ticket, actor="system", what="reminded", details=details, now=now)
    enqueue(session, ticket, "reminder", now, cause=f"event-{event.id}", policy=policy)
    return True


def _long_ago(now: datetime, work: timedelta) -> datetime:
    """Who was reminded by then cannot have been reminded of a term that is not over at `now`."""
    moment = now - DAY
    while clock.after(moment, work) > now:
        moment -= DAY
    return moment
