"""Visits (찾아가는 민원) and calls back: appointed, tried, reminded of, and the lists of a day."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.hours import SEOUL
from bot.tickets.changing import changed, hold, is_open, record
from bot.tickets.errors import PastMoment, WrongKind, WrongTransition
from bot.tickets.models import Ticket, TicketEvent

DAY = timedelta(days=1)
REMINDED_FROM = time(10)
"""Time of the day before a visit from which on its citizen is reminded."""
MOST_OFFICER = 64


def appoint(
    session: Session,
    *,
    ticket: Ticket,
    at: datetime,
    officer: str,
    actor: str,
    version: int | None,
    now: datetime,
) -> TicketEvent:
    """Confirm when somebody visits, and who; the citizen is told. A later one replaces it.

    Raises WrongKind, PastMoment, WrongTransition when the ticket is not open, and StaleTicket.
    """
    hold(session, ticket, version)
    if ticket.kind != "visit":
        raise WrongKind(f"{ticket.receipt_number} is no visit.")
    if not is_open(ticket):
        raise WrongTransition(f"{ticket.receipt_number} is {ticket.state}: nobody visits.")
    if at <= now:
        raise PastMoment(f"{at.isoformat()} has passed.")
    ticket.appointment_at = at
    ticket.officer = officer.strip()[:MOST_OFFICER] or None
    details = {"at": _iso(at), "officer": ticket.officer or ""}
    return changed(
        session, ticket, actor=actor, what="appointed", details=details, tell_citizen=True, now=now
    )


def tried_call(
    session: Session,
    *,
    ticket: Ticket,
    reached: bool,
    actor: str,
    version: int | None,
    now: datetime,
    text: str = "",
) -> TicketEvent:
    """Note a call back; the citizen is told of one that did not reach them.

    `text` is for staff. Raises WrongKind, WrongTransition when it is not open, and StaleTicket.
    """
    hold(session, ticket, version)
    if ticket.kind != "callback":
        raise WrongKind(f"{ticket.receipt_number} is no call back.")
    if not is_open(ticket):
        raise WrongTransition(f"{ticket.receipt_number} is {ticket.state}: nobody calls.")
    details = {"reached": reached, "remark": text.strip()}
    tell = not reached
    return changed(
        session, ticket, actor=actor, what="tried", details=details, tell_citizen=tell, now=now
    )


def remind(session: Session, *, now: datetime) -> list[TicketEvent]:
    """Write the reminders of tomorrow's visits, each once, from ten o'clock in Jeju.

    Who made the appointment today needs none.
    """
    local = now.astimezone(SEOUL)
    if local.time() < REMINDED_FROM:
        return []
    today = datetime.combine(local.date(), time(), SEOUL)
    written = []
    for ticket in of_day(session, local.date() + DAY):
        if _to_remind_of(session, ticket, today) is None:
            continue
        hold(session, ticket, None)
        # Another process may have reminded of it, or staff changed it, before the row was held.
        if (last := _to_remind_of(session, ticket, today)) is None:
            continue
        written.append(
            record(
                session,
                ticket,
                actor="system",
                what="reminded",
                details=dict(last.details),
                tell_citizen=True,
                now=now,
            )
        )
    return written


def _to_remind_of(session: Session, ticket: Ticket, today: datetime) -> TicketEvent | None:
    """The appointment made before today that its citizen was not reminded of, if there is one."""
    last = session.scalar(
        select(TicketEvent)
        .where(TicketEvent.ticket_id == ticket.id)
        # A reminder that is not for the citizen is the one of the term, for the body.
        .where(TicketEvent.what.in_(("appointed", "reminded")), TicketEvent.tell_citizen)
        .order_by(TicketEvent.id.desc())
        .limit(1)
    )
    open_one = ticket.done_at is None
    return last if open_one and last and last.what == "appointed" and last.at < today else None


def of_day(session: Session, day: date, *, office: str | None = None) -> Sequence[Ticket]:
    """The visits of a day in Jeju that are still to be made: by area, then by time."""
    begins = datetime.combine(day, time(), SEOUL)
    query = (
        select(Ticket)
        .where(Ticket.kind == "visit", Ticket.done_at.is_(None))
        .where(Ticket.appointment_at >= begins, Ticket.appointment_at < begins + DAY)
        .order_by(Ticket.city, Ticket.district, Ticket.appointment_at, Ticket.id)
    )
    if office is not None:
        query = query.where(Ticket.office == office)
    return session.scalars(query).all()


def calls(session: Session, *, office: str | None = None, limit: int = 50) -> Sequence[Ticket]:
    """The calls back that are still to be made, those first whose wished time comes first."""
    query = (
        select(Ticket)
        .where(Ticket.kind == "callback", Ticket.done_at.is_(None))
        .order_by(Ticket.wanted_from.is_(None), Ticket.wanted_from, Ticket.due_at, Ticket.id)
        .limit(limit)
    )
    if office is not None:
        query = query.where(Ticket.office == office)
    return session.scalars(query).all()


def _iso(moment: datetime) -> str:
    return moment.astimezone(SEOUL).isoformat(timespec="minutes")
