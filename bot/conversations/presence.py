"""Who of the counsellors is there for chats, and who takes the next one."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.conversations import desk_rules
from bot.conversations.errors import UnknownPresence
from bot.conversations.models import Conversation
from bot.conversations.people_models import PRESENCES, Presence
from bot.conversations.people_policy import people_policy

SEEN_EVERY = timedelta(seconds=15)
"""How exactly the last sign of a console is remembered; saves most writes."""


def set_state(
    session: Session, *, login: str, state: str, now: datetime, capacity: int | None = None
) -> Presence:
    """Say whether a person is there, and for how many talks at once (None: as it was).

    Raises UnknownPresence for another state than those of `PRESENCES` or a capacity below one.
    """
    if state not in PRESENCES or (capacity is not None and capacity < 1):
        raise UnknownPresence(states=", ".join(PRESENCES))
    presence = session.get(Presence, login)
    if presence is None:
        presence = Presence(login=login, capacity=desk_rules.current(session).capacity)
        session.add(presence)
    if presence.state != state:
        presence.changed_at = now
    presence.state, presence.seen_at = state, now
    if capacity is not None:
        presence.capacity = capacity
    session.flush()
    return presence


def seen(session: Session, *, login: str, now: datetime) -> None:
    """Note a sign of life of a person's console; somebody who never said is not there."""
    presence = session.get(Presence, login)
    if presence is not None and now - presence.seen_at >= SEEN_EVERY:
        presence.seen_at = now


def state_of(session: Session, *, login: str, now: datetime) -> str:
    """The presence of a person now; `off` when the console has not been heard of for a while."""
    presence = session.get(Presence, login)
    if presence is None or presence.seen_at <= now - _lasts():
        return "off"
    return presence.state


def present(session: Session, *, now: datetime) -> list[Presence]:
    """Everybody whose console is heard of and who is not off."""
    return list(
        session.scalars(
            select(Presence)
            .where(Presence.state != "off", Presence.seen_at > now - _lasts())
            .order_by(Presence.login)
        )
    )


def free_places(session: Session, *, now: datetime) -> int:
    """Talks that the available people could take now beside those they hold."""
    return sum(free for _, free in _available(session, now))


def places(session: Session, *, now: datetime) -> int:
    """Talks that the available people hold at once, taken together."""
    return sum(presence.capacity for presence, _ in _available(session, now))


def next_for(session: Session, *, now: datetime) -> str | None:
    """Who gets the next talk by turns: with a free place, and longest without being given one.

    None when nobody has a free place.
    """
    free = [presence for presence, places in _available(session, now) if places > 0]
    if not free:
        return None
    never = datetime.min.replace(tzinfo=now.tzinfo)
    return min(free, key=lambda one: (one.assigned_at or never, one.login)).login


def _available(session: Session, now: datetime) -> list[tuple[Presence, int]]:
    """Those who are available, each with the places left beside the talks held."""
    counted = session.execute(
        select(Conversation.staff_login, func.count())
        .where(Conversation.state == "staff")
        .group_by(Conversation.staff_login)
    )
    held = {row[0]: row[1] for row in counted}
    return [
        (one, max(0, one.capacity - held.get(one.login, 0)))
        for one in present(session, now=now)
        if one.state == "available"
    ]


def _lasts() -> timedelta:
    return timedelta(seconds=people_policy().presence_seconds)
