"""What a citizen does with a ticket by a press: rate it, reopen it, tell what was asked.

A press names a ticket that this conversation was shown; its meaning never comes from the citizen.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import dates
from bot.conversations import service, ticket_news
from bot.conversations.turn_queue import Job
from bot.replies import PERSON, Reply, Say
from bot.tickets import service as tickets
from bot.tickets.changing import AWAITING
from bot.tickets.errors import TicketError
from bot.tickets.models import Ticket

CONTROLS = ("tell", "rate", "reopen")
ASKS = "ticket_more"
"""What a reply asks for that waits for the citizen's words to the staff."""


def concerns(press: dict[str, Any] | None) -> bool:
    """Whether a press is about a ticket."""
    return (press or {}).get("control") in CONTROLS


def awaited(session: Session, job: Job) -> Ticket | None:
    """The ticket whose staff wait for the words that the citizen was just asked for."""
    asked = service.last_bot_reply(session, conversation_id=job.conversation_id)
    if asked is None or asked.asks != ASKS:
        return None
    return _ticket(session, asked.ticket)


def of_ticket(session: Session, job: Job, now: datetime) -> Reply | None:
    """The answer to a press about a ticket, or to the words that its staff wait for; else None."""
    if job.press is None:
        ticket = awaited(session, job)
        return _told(session, ticket, job, now) if ticket else None
    slots = dict(job.press.get("slots") or {})
    ticket = _ticket(session, slots.get(ticket_news.RECEIPT)) if concerns(job.press) else None
    if ticket is None:
        return None
    return _pressed(session, ticket, str(job.press["control"]), slots, job, now)


def _ticket(session: Session, receipt_number: str | None) -> Ticket | None:
    return session.scalar(select(Ticket).where(Ticket.receipt_number == (receipt_number or "")))


def _pressed(
    session: Session, ticket: Ticket, control: str, slots: dict[str, str], job: Job, now: datetime
) -> Reply:
    try:
        if control == "tell":
            return _asked(ticket)
        if control == "reopen":
            tickets.reopen(session, ticket=ticket, now=now)
            return _about(ticket, [Say(key="status.reopened")])
        return _rated(session, ticket, slots.get(ticket_news.RATING), now)
    except TicketError as problem:
        said = Say(key=problem.wording, values=problem.values)
        return _about(ticket, [said], buttons=[PERSON])


def _asked(ticket: Ticket) -> Reply:
    if ticket.state != AWAITING:
        return _about(ticket, [Say(key="status.told_before")])
    return _about(ticket, [Say(key="status.tell_ask")], asks=ASKS)


def _rated(session: Session, ticket: Ticket, points: str | None, now: datetime) -> Reply:
    if points is None:
        buttons = ticket_news.ratings(ticket.receipt_number)
        return _about(ticket, [Say(key="status.rate_ask")], buttons=buttons)
    rating = int(points) if points.isdecimal() else 0
    tickets.rate(session, ticket=ticket, rating=rating, now=now)
    leading = tickets.standing_for(session, ticket)
    ways = ticket_news.ways_on(ticket, leading, now)
    again = [way for way in ways if way.press and way.press.control == "reopen"]
    return _about(ticket, [Say(key="status.rated")], buttons=again)


def _told(session: Session, ticket: Ticket, job: Job, now: datetime) -> Reply:
    try:
        tickets.told_by_citizen(
            session, ticket=ticket, text=job.text, actor="citizen", version=None, now=now
        )
    except TicketError:
        # Staff went on without it; what the citizen wrote is kept all the same.
        tickets.note(session, ticket=ticket, text=job.text, actor="citizen", version=None, now=now)
        return _about(ticket, [Say(key="status.told_before")])
    due = dates.moment(ticket.due_at, job.language, now=now)
    return _about(ticket, [Say(key="status.told", values={"due": due})])


def _about(ticket: Ticket, parts: list[Say], **more: Any) -> Reply:
    return Reply(parts=list(parts), topic=ticket_news.TOPIC, ticket=ticket.receipt_number, **more)
