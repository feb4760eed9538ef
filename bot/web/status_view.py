"""What the status page shows of a ticket: what its citizen was told, and no personal data."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import dates, offices, replies
from bot.attachments import service as attachments
from bot.attachments.models import Attachment
from bot.conversations import ticket_news
from bot.hours import SEOUL
from bot.knowledge import topics
from bot.tickets import service as tickets
from bot.tickets.changing import AWAITING, is_open
from bot.tickets.models import Ticket, TicketEvent
from bot.tickets.telling import SHARED

Say = Callable[..., str]
"""The sentence of a wording key in the page's language, with its values."""
HEADING = "notice.changed"
"""The sentence that begins a notice in a talk; the page says the receipt number itself."""


@dataclass(frozen=True)
class Moment:
    """A point in time for people, and for the `datetime` attribute."""

    text: str
    iso: str

    @classmethod
    def of(cls, at: datetime, language: str, now: datetime) -> "Moment":
        """As the clock in Jeju shows it."""
        iso = at.astimezone(SEOUL).isoformat(timespec="minutes")
        return cls(dates.moment(at, language, now=now), iso)


@dataclass(frozen=True)
class News:
    """One thing that the citizen was told."""

    at: Moment
    lines: tuple[str, ...]


@dataclass(frozen=True)
class View:
    """A ticket as its citizen sees it."""

    receipt: str
    title: str
    kind: str
    place: str | None
    states: tuple[str, ...]
    """How it stands, and how the one stands that it duplicates."""
    office: str
    received: Moment
    due: Moment | None
    """None while nobody has to act, or while the citizen is waited for."""
    appointment: Moment | None
    officer: str | None
    news: tuple[News, ...]
    """The newest first."""
    photos: tuple[Attachment, ...]
    rating: int | None
    may_rate: bool
    may_reopen: bool
    may_cancel: bool
    may_tell: bool


def view(session: Session, ticket: Ticket, *, say: Say, language: str, now: datetime) -> View:
    """What the page shows of `ticket`; one that duplicates another follows that one's course."""
    leading = tickets.standing_for(session, ticket)
    acting = is_open(leading)
    visit = ticket.appointment_at if acting else None

    def moment(at: datetime) -> Moment:
        return Moment.of(at, language, now)

    return View(
        receipt=ticket.receipt_number,
        title=topics.title(ticket.topic, language) or ticket.topic,
        kind=say(f"ticket.kind_{ticket.kind}"),
        place=ticket.place,
        states=tuple(
            say(f"ticket.state_{state}") for state in dict.fromkeys((ticket.state, leading.state))
        ),
        office=offices.names([leading.office], language),
        received=moment(ticket.created_at),
        due=moment(leading.due_at) if acting and leading.paused_at is None else None,
        appointment=moment(visit) if visit else None,
        officer=ticket.officer,
        news=tuple(_news(session, ticket, leading, say, language, now)),
        photos=tuple(attachments.of_ticket(session, ticket.id)),
        rating=ticket.rating,
        may_rate=tickets.may_rate(leading),
        may_reopen=tickets.may_reopen(leading, now),
        may_cancel="cancelled" in tickets.next_states(ticket),
        may_tell=ticket.state == AWAITING,
    )


def _news(
    session: Session, ticket: Ticket, leading: Ticket, say: Say, language: str, now: datetime
) -> list[News]:
    told = select(TicketEvent).where(TicketEvent.tell_citizen)
    events = list(session.scalars(told.where(TicketEvent.ticket_id == ticket.id)))
    if leading.id != ticket.id:
        since = _followed_since(session, ticket)
        shared = told.where(
            TicketEvent.ticket_id == leading.id,
            TicketEvent.what.in_(SHARED),
            TicketEvent.at >= since,
        )
        events += session.scalars(shared)
    events.sort(key=lambda event: (event.at, event.id), reverse=True)
    return [
        News(Moment.of(event.at, language, now), lines)
        for event in events
        if (lines := _lines(session, ticket, event, say, language))
    ]


def _followed_since(session: Session, ticket: Ticket) -> datetime:
    """When the ticket became a duplicate of the one that it follows."""
    merged = session.scalar(
        select(TicketEvent.at)
        .where(TicketEvent.ticket_id == ticket.id, TicketEvent.what == "merged")
        .order_by(TicketEvent.id.desc())
        .limit(1)
    )
    return merged or ticket.created_at


def _lines(
    session: Session, ticket: Ticket, event: TicketEvent, say: Say, language: str
) -> tuple[str, ...]:
    """The sentences in which a change was told; none for one of which nothing is said."""
    told = ticket_news.news(session, ticket, event, language)
    return tuple(
        say(part.key, **part.values)
        for part in told.parts
        if isinstance(part, replies.Say) and part.key != HEADING
    )
