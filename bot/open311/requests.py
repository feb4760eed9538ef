"""Requests as GeoReport v2 gives them: tickets, without anybody's personal data.

Everybody may read them. What a citizen wrote in a chat was not written to be published: of such a
ticket the place is given roughly and the words are not; docs/open311.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from bot.hours import SEOUL
from bot.offices import offices
from bot.open311 import services
from bot.open311.errors import BadCall
from bot.tickets.export import EARLIEST, LATEST
from bot.tickets.models import Ticket, TicketEvent
from bot.tickets.policy import ticket_policy
from bot.wording import wording

LONGEST_SPAN = timedelta(days=90)
MOST = 1000
STATUSES = ("open", "closed")
ORIGIN = "open311"
_CITIZENS_NOTE = ("moved", "replied")
"""Events whose note was written to the citizen."""
_ROUGH = 3
"""Decimals of a degree, about a hundred metres, for tickets that were not posted here."""


@dataclass(frozen=True)
class Wanted:
    """Which requests are asked for."""

    ids: tuple[str, ...] = ()
    """These, whatever else is asked."""
    codes: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    statuses: tuple[str, ...] = ()

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Wanted":
        """What a query asks for; an empty parameter counts as none. Raises BadCall."""
        ids = _listed(query.get("service_request_id"))
        if len(ids) > MOST:
            raise BadCall("open311.too_long", values={"name": "service_request_id"})
        if ids:
            return cls(ids=ids)
        codes, statuses = _listed(query.get("service_code")), _listed(query.get("status"))
        if set(codes) - set(services.codes()):
            raise BadCall("open311.bad_value", values={"name": "service_code"})
        if set(statuses) - set(STATUSES):
            raise BadCall("open311.bad_value", values={"name": "status"})
        start, end = (_moment(query, name) for name in ("start_date", "end_date"))
        if start and end and not timedelta() <= end - start <= LONGEST_SPAN:
            raise BadCall("open311.span")
        return cls((), codes, start, end, statuses)


def find(session: Session, wanted: Wanted, *, language: str, now: datetime) -> list[dict[str, Any]]:
    """The requests asked for, the newest first; of the last 90 days, and 1,000, at most."""
    parent = aliased(Ticket)
    query = (
        select(Ticket, parent)
        .outerjoin(parent, parent.id == Ticket.parent_id)
        .where(
            Ticket.kind == "report",
            Ticket.topic.in_(services.codes()),
            or_(Ticket.origin == ORIGIN, Ticket.topic.not_in(ticket_policy().unpublished)),
        )
        .order_by(Ticket.created_at.desc(), Ticket.id.desc())
        .limit(MOST)
    )
    if wanted.ids:
        query = query.where(Ticket.receipt_number.in_(wanted.ids))
    else:
        query = _filtered(query, parent, wanted, now)
    rows = [(ticket, leading or ticket) for ticket, leading in session.execute(query)]
    told = _last_told(session, {leading.id for _, leading in rows})
    return [_request(ticket, leading, told.get(leading.id), language) for ticket, leading in rows]


def _filtered(
    query: Select[*tuple[Any, ...]], parent: Any, wanted: Wanted, now: datetime
) -> Select[*tuple[Any, ...]]:
    start, end = wanted.start, wanted.end
    end = end or (min(start + LONGEST_SPAN, now) if start else now)
    start = start or end - LONGEST_SPAN
    query = query.where(Ticket.created_at >= start, Ticket.created_at <= end)
    if wanted.codes:
        query = query.where(Ticket.topic.in_(wanted.codes))
    if len(set(wanted.statuses)) == 1:
        # A duplicate stands as the one stands that it duplicates.
        done = case((parent.id.is_(None), Ticket.done_at), else_=parent.done_at)
        is_open = wanted.statuses[0] == "open"
        query = query.where(done.is_(None) if is_open else done.is_not(None))
    return query


def _last_told(session: Session, ids: Iterable[int]) -> dict[int, TicketEvent]:
    """The last change of each ticket that its citizen was to be told."""
    newest = (
        select(func.max(TicketEvent.id))
        .where(TicketEvent.ticket_id.in_(tuple(ids)), TicketEvent.tell_citizen)
        .group_by(TicketEvent.ticket_id)
    )
    events = session.scalars(select(TicketEvent).where(TicketEvent.id.in_(newest)))
    return {event.ticket_id: event for event in events}


def _request(
    ticket: Ticket, leading: Ticket, told: TicketEvent | None, language: str
) -> dict[str, Any]:
    ours = ticket.origin == ORIGIN
    office = offices().get(leading.office)
    latitude, longitude = (
        value if value is None or ours else round(value, _ROUGH)
        for value in (ticket.latitude, ticket.longitude)
    )
    return {
        "service_request_id": ticket.receipt_number,
        "status": "open" if leading.done_at is None else "closed",
        "status_notes": _notes(ticket, leading, told, language),
        "service_name": services.name(ticket.topic, language),
        "service_code": ticket.topic,
        "description": ticket.fields.get("detail") if ours else None,
        "agency_responsible": office.name(language) if office else None,
        "service_notice": wording().text(f"ticket.term_{leading.petition}", language),
        "requested_datetime": iso(ticket.created_at),
        "updated_datetime": iso(leading.updated_at),
        "expected_datetime": iso(leading.due_at),
        "address": _address(ticket, ours),
        "address_id": None,
        "zipcode": None,
        "lat": latitude,
        "long": longitude,
        "media_url": None,
    }


def _notes(ticket: Ticket, leading: Ticket, told: TicketEvent | None, language: str) -> str:
    notes = wording().text(f"ticket.state_{leading.state}", language)
    note = str(told.details.get("note") or "") if told and told.what in _CITIZENS_NOTE else ""
    # An answer to a citizen of a chat is that citizen's alone.
    public = note and ticket.origin == leading.origin == ORIGIN
    return f"{notes} {note}" if public else notes


def _address(ticket: Ticket, ours: bool) -> str | None:
    if ours:
        return ticket.fields.get("location")
    parts = (ticket.city, ticket.district)
    return " ".join(part for part in parts if part) or None


def iso(moment: datetime) -> str:
    """A moment as GeoReport writes it: in Jeju's time, with its zone, in whole seconds."""
    return moment.astimezone(SEOUL).isoformat(timespec="seconds")


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for part in (text or "").split(",") if (one := part.strip())))


def _moment(query: Mapping[str, str], name: str) -> datetime | None:
    text = query.get(name, "").strip()
    if not text:
        return None
    try:
        # A plus sign that was not escaped arrives as a blank.
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise BadCall("open311.bad_value", values={"name": name}) from None
    if not EARLIEST <= moment.date() <= LATEST:
        raise BadCall("open311.bad_value", values={"name": name})
    return moment if moment.tzinfo else moment.replace(tzinfo=SEOUL)
