"""Tickets about the same thing: found before another is sent, merged, split, joined.

One level only: what a ticket duplicates is never a duplicate itself.
"""

from datetime import datetime
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from bot.korean.places import Places
from bot.korean.text import squeeze
from bot.paths import PLACES
from bot.tickets.changing import changed, hold, is_open, put, record
from bot.tickets.errors import WrongTransition
from bot.tickets.models import Ticket, TicketEvent
from bot.tickets.policy import Likeness, ticket_policy
from bot.tickets.sealed import forget_secrets
from bot.tickets.spots import Spot

EARTH_METRES = 6_371_000
METRES_A_DEGREE = 111_195
CANDIDATES = 50
"""Rows read for a few: the corners of a square are farther than its middle allows."""


def open_like(
    session: Session,
    *,
    topic: str,
    spot: Spot | None,
    now: datetime,
    limit: int = 3,
    location: str = "",
) -> list[Ticket]:
    """Open tickets of `topic` at the same place, the oldest first; none where no place is known.

    The same place: the same landmark, a spot within the metres that tickets.yml sets for the topic,
    or the same words (`location`) about the same village or road.
    """
    del now
    if spot is None:
        return []
    likeness = ticket_policy().duplicates.of(topic)
    near = _near(spot, likeness)
    if near is None:
        return []
    found = session.scalars(
        select(Ticket)
        .where(Ticket.topic == topic, Ticket.done_at.is_(None), Ticket.parent_id.is_(None), near)
        .order_by(Ticket.created_at, Ticket.id)
        .limit(CANDIDATES)
    )
    alike = [ticket for ticket in found if _is_like(ticket, spot, squeeze(location), likeness)]
    return alike[:limit]


def _near(spot: Spot, likeness: Likeness) -> ColumnElement[bool] | None:
    """What the database can tell: the name of the place, the district, a square around the spot."""
    ways = []
    if spot.name:
        ways.append(and_(Ticket.place == spot.name, Ticket.city.is_not_distinct_from(spot.city)))
    if likeness.whole_district and spot.district:
        ways.append(and_(Ticket.district == spot.district, Ticket.city == spot.city))
    if spot.latitude is not None and spot.longitude is not None:
        high = likeness.metres / METRES_A_DEGREE
        wide = high / cos(radians(spot.latitude))
        ways.append(
            and_(
                Ticket.latitude.between(spot.latitude - high, spot.latitude + high),
                Ticket.longitude.between(spot.longitude - wide, spot.longitude + wide),
            )
        )
    return or_(*ways) if ways else None


def _is_like(ticket: Ticket, spot: Spot, location: str, likeness: Likeness) -> bool:
    """Whether a found ticket is near enough; two known spots decide, whatever the names say."""
    if likeness.whole_district and spot.district and ticket.district == spot.district:
        return True
    here, there = _coordinates(spot), _coordinates(ticket)
    if here and there:
        return metres(here, there) <= likeness.metres
    if ticket.place is None or ticket.place != spot.name:
        return False
    same_words = bool(location) and squeeze(ticket.fields.get("location", "")) == location
    return same_words or _is_landmark(ticket.place)


def _coordinates(place: Spot | Ticket) -> tuple[float, float] | None:
    if place.latitude is None or place.longitude is None:
        return None
    return place.latitude, place.longitude


def _is_landmark(name: str) -> bool:
    """Whether a name alone says where something is: that of a village or road does not."""
    return any(match.kind == "landmark" and match.name == name for match in _places().find(name))


@lru_cache(maxsize=1)
def _places() -> Places:
    return Places.load(PLACES)


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The distance of two spots (latitude, longitude; WGS 84 degrees) on a round earth."""
    north, east = radians(other[0] - one[0]), radians(other[1] - one[1])
    chord = sin(north / 2) ** 2
    chord += cos(radians(one[0])) * cos(radians(other[0])) * sin(east / 2) ** 2
    return 2 * EARTH_METRES * asin(sqrt(chord))


def children(session: Session, ticket: Ticket) -> list[Ticket]:
    """The tickets that duplicate this one, the oldest first."""
    return list(
        session.scalars(select(Ticket).where(Ticket.parent_id == ticket.id).order_by(Ticket.id))
    )


def joined(session: Session, ticket: Ticket) -> int:
    """How many tickets duplicate this one: it stands for so many more citizens."""
    query = select(func.count()).select_from(Ticket).where(Ticket.parent_id == ticket.id)
    return session.scalar(query) or 0


def standing_for(session: Session, ticket: Ticket) -> Ticket:
    """The ticket whose course this one follows: its parent, or itself."""
    return session.get_one(Ticket, ticket.parent_id) if ticket.parent_id else ticket


def note_join(
    session: Session, *, parent: Ticket, child: Ticket, actor: str, now: datetime
) -> TicketEvent:
    """Write into a ticket's history that another joined it."""
    details = {"receipt": child.receipt_number, "children": joined(session, parent)}
    return record(session, parent, actor=actor, what="joined", details=details, now=now)


def merge(
    session: Session,
    *,
    ticket: Ticket,
    parent: Ticket,
    actor: str,
    version: int | None,
    now: datetime,
) -> TicketEvent:
    """Make a ticket a duplicate of another, with all that duplicate it; its citizen is told.

    Raises WrongTransition when the other is the same or not open, and StaleTicket.
    """
    parent = standing_for(session, parent)
    # In the order of their numbers, so that two who merge crosswise do not wait for each other.
    for each in sorted((ticket, parent), key=lambda one: one.id):
        hold(session, each, version if each is ticket else None)
    if parent.id == ticket.id or parent.parent_id is not None or not is_open(parent):
        raise WrongTransition(
            f"{ticket.receipt_number} cannot be merged into {parent.receipt_number}."
        )
    details = put(ticket, "duplicate", now)
    for child in children(session, ticket):
        hold(session, child, None)
        _follow(session, child, parent, actor, now, tell=False)
    merged = _follow(session, ticket, parent, actor, now, tell=True, details=details)
    note_join(session, parent=parent, child=ticket, actor=actor, now=now)
    return merged


def _follow(
    session: Session,
    ticket: Ticket,
    parent: Ticket,
    actor: str,
    now: datetime,
    *,
    tell: bool,
    details: dict[str, str] | None = None,
) -> TicketEvent:
    ticket.parent_id = parent.id
    return changed(
        session,
        ticket,
        actor=actor,
        what="merged",
        details={**(details or {}), "parent": parent.receipt_number},
        tell_citizen=tell,
        now=now,
    )


def withdraw(
    session: Session, *, ticket: Ticket, now: datetime, actor: str = "citizen"
) -> TicketEvent:
    """Cancel a ticket for its citizen; the matter of those who joined it goes on without it.

    The oldest of the tickets that duplicate it takes its place at the body that had it, and the
    others follow that one. Raises WrongTransition when it cannot be cancelled.
    """
    hold(session, ticket, None)
    office, routed_by = ticket.office, ticket.routed_by
    details = {**put(ticket, "cancelled", now), "note": ""}
    cancelled = changed(session, ticket, actor=actor, what="moved", details=details, now=now)
    forget_secrets(session, ticket, actor=actor, now=now)
    if not (followers := children(session, ticket)):
        return cancelled
    heir, *others = followers
    hold(session, heir, None)
    heir.office, heir.routed_by = office, routed_by
    session.flush()
    split(session, ticket=heir, actor=actor, version=None, now=now)
    for child in others:
        hold(session, child, None)
        _follow(session, child, heir, actor, now, tell=False)
    return cancelled


def split(
    session: Session, *, ticket: Ticket, actor: str, version: int | None, now: datetime
) -> TicketEvent:
    """Take a ticket away from the one that it duplicates; its citizen is told.

    Raises WrongTransition when it duplicates none, and StaleTicket.
    """
    hold(session, ticket, version)
    if ticket.parent_id is None:
        raise WrongTransition(f"{ticket.receipt_number} duplicates no other ticket.")
    before = standing_for(session, ticket).receipt_number
    ticket.parent_id = None
    details = {**put(ticket, "received", now), "parent": before}
    return changed(
        session, ticket, actor=actor, what="split", details=details, tell_citizen=True, now=now
    )
