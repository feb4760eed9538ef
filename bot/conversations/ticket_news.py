"""What a citizen reads about a ticket: how it stands when asked, and each change as it comes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot import dates, offices
from bot.hours import SEOUL
from bot.privacy.kinds import TYPED_PLACEHOLDER
from bot.replies import Button, Press, Reply, Say
from bot.tickets import service as tickets
from bot.tickets.changing import AWAITING, is_open
from bot.tickets.models import Ticket, TicketEvent

TOPIC = "ticket_status"
RECEIPT = "receipt"
RATING = "rating"
"""Slots of the presses: which ticket, and how many points."""
HIDDEN = "…"
_WITH_NOTE = ("moved", "replied")
_STATED = ("moved", "assigned", "merged")


def found(session: Session, ticket: Ticket, language: str, now: datetime) -> Reply:
    """How a ticket stands: what it is, its state, its last news, and what can be done."""
    leading = tickets.standing_for(session, ticket)
    values = {
        "receipt": ticket.receipt_number,
        "department": offices.names([leading.office], language),
        "due": dates.moment(leading.due_at, language, now=now),
        "received": dates.moment(ticket.created_at, language, now=now),
    }
    parts = [Say(key="status.found" if is_open(leading) else "status.found_ended", values=values)]
    parts += [Say(key=f"ticket.state_{each.state}") for each in _both(ticket, leading)]
    parts += _appointment(ticket, language, now)
    parts += _last_news(session, ticket, leading, language)
    return Reply(
        parts=parts,
        buttons=ways_on(ticket, leading, now),
        topic=TOPIC,
        ticket=ticket.receipt_number,
    )


def news(session: Session, ticket: Ticket, event: TicketEvent, language: str) -> Reply:
    """A change, told to the citizen of the ticket or of one that duplicates it."""
    leading = event.ticket
    parts = [Say(key="notice.changed", values={"receipt": ticket.receipt_number})]
    parts += _told(leading, event, language, own=ticket.id == leading.id)
    return Reply(
        parts=parts,
        buttons=ways_on(ticket, leading, event.at),
        ticket=ticket.receipt_number,
        topic=ticket.topic,
    )


def ways_on(ticket: Ticket, leading: Ticket, now: datetime) -> list[Button]:
    """What a citizen may do with a ticket: tell what was asked, rate it, have it taken up again."""
    buttons = []
    if ticket.state == AWAITING:
        buttons.append(_button("tell", ticket))
    if tickets.may_rate(leading):
        buttons.append(_button("rate", ticket))
    if tickets.may_reopen(leading, now):
        buttons.append(_button("reopen", ticket))
    return buttons


def ratings(receipt_number: str) -> list[Button]:
    """A button for each rating, the best first."""
    return [
        Button(
            title=Say(key=f"status.rate_{points}"),
            press=Press(control="rate", slots={RECEIPT: receipt_number, RATING: str(points)}),
        )
        for points in range(5, 0, -1)
    ]


def _button(control: str, ticket: Ticket) -> Button:
    return Button(
        title=Say(key=f"status.{control}"),
        press=Press(control=control, slots={RECEIPT: ticket.receipt_number}),
    )


def _both(ticket: Ticket, leading: Ticket) -> list[Ticket]:
    return [ticket] if ticket.id == leading.id else [ticket, leading]


def _appointment(ticket: Ticket, language: str, now: datetime) -> list[Say]:
    if ticket.appointment_at is None or not is_open(ticket):
        return []
    values = {"when": dates.moment(ticket.appointment_at, language, now=now)}
    if not ticket.officer:
        return [Say(key="status.appointment", values=values)]
    return [Say(key="status.appointment_with", values={**values, "officer": ticket.officer})]


def _last_news(session: Session, ticket: Ticket, leading: Ticket, language: str) -> list[Say]:
    """What was told last beyond the state, with its day."""
    told = [tickets.last_told(session, each) for each in _both(ticket, leading)]
    event = max((each for each in told if each), key=lambda each: each.id, default=None)
    if event is None:
        return []
    parts = [
        part
        for part in _told(event.ticket, event, language, own=event.ticket_id == ticket.id)
        if not part.key.startswith("ticket.state_")
    ]
    if not parts:
        return []
    when = {"when": dates.day(event.at.astimezone(SEOUL).date(), language)}
    return [Say(key="status.last_told", values=when), *parts]


def _told(ticket: Ticket, event: TicketEvent, language: str, *, own: bool) -> list[Say]:
    """The sentences of one change; another citizen's data in the words of staff are left out."""
    details: Mapping[str, Any] = event.details
    note = str(details.get("note") or "")
    if not own:
        note = TYPED_PLACEHOLDER.sub(HIDDEN, note)
    values = {
        "note": note,
        "due": dates.moment(_moment(details.get("due")) or ticket.due_at, language, now=event.at),
        "department": offices.names([str(details.get("office") or ticket.office)], language),
    }
    if event.what in _STATED:
        parts = [Say(key=f"ticket.state_{details.get('to', ticket.state)}")]
    elif event.what in ("appointed", "reminded"):
        parts = [_visit(event, language)]
    elif event.what in ("transferred", "extended", "asked", "tried", "reopened", "split"):
        parts = [Say(key=f"notice.{event.what}", values=values)]
    else:
        parts = []
    if note and event.what in _WITH_NOTE:
        parts.append(Say(key="notice.note", values={"note": note}))
    return parts


def _visit(event: TicketEvent, language: str) -> Say:
    at = _moment(event.details.get("at")) or event.at
    values = {"when": dates.moment(at, language, now=event.at)}
    if event.what == "reminded":
        return Say(key="notice.reminded", values=values)
    if officer := str(event.details.get("officer") or ""):
        return Say(key="notice.appointed_with", values={**values, "officer": officer})
    return Say(key="notice.appointed", values=values)


def _moment(stored: object) -> datetime | None:
    return datetime.fromisoformat(stored) if isinstance(stored, str) else None
