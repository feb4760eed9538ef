"""The line of those who wait for a person: place, expected wait, and what they are told."""

import math
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from bot import dates
from bot.conversations import desk_rules, presence, service
from bot.conversations.models import Conversation, Message
from bot.conversations.people_models import Presence
from bot.conversations.people_policy import people_policy
from bot.database import utc_now
from bot.hours import Opening
from bot.replies import Button, Press, Reply, Say
from bot.wording import LANGUAGES

CALLBACK = Button(title=Say(key="button.callback"), press=Press(topic="callback"))
TO_BOT = Button(title=Say(key="button.bot"), press=Press(control="bot"))


@dataclass(frozen=True)
class Place:
    """Where a conversation stands in the line."""

    number: int
    """From 1: nobody is before it."""
    minutes: int | None
    """Expected wait; None while nobody is available, so that nothing can be promised."""
    more: bool = False
    """Whether the wait is longer than what is counted out."""


def place_of(session: Session, *, conversation_id: str, now: datetime) -> Place | None:
    """The place of a waiting conversation, alarms first, then by time; None when it waits not."""
    conversation = session.get(Conversation, conversation_id)
    if conversation is None or conversation.state != "waiting":
        return None
    ahead = (
        session.scalar(
            select(func.count())
            .select_from(Conversation)
            .where(Conversation.state == "waiting", _before(conversation))
        )
        or 0
    )
    return _place(session, ahead, now)


def _before(conversation: Conversation) -> ColumnElement[bool]:
    since = conversation.waiting_since
    earlier = or_(
        Conversation.waiting_since < since,
        and_(Conversation.waiting_since == since, Conversation.id < conversation.id),
    )
    if conversation.alarm:
        return and_(Conversation.alarm.is_not(None), earlier)
    return or_(Conversation.alarm.is_not(None), earlier)


def _place(session: Session, ahead: int, now: datetime) -> Place:
    places = presence.places(session, now=now)
    rules = desk_rules.current(session)
    if not places or not rules.opening.is_open(now):
        return Place(ahead + 1, None)
    rounds = max(0, ahead + 1 - presence.free_places(session, now=now))
    minutes = math.ceil(rounds * _usual_minutes(session, rules.usual_minutes) / places)
    longest = rules.longest_minutes
    return Place(ahead + 1, min(minutes, longest), more=minutes > longest)


def _usual_minutes(session: Session, while_few: int) -> float:
    """The middle length of the last talks that people held and ended, in minutes."""
    enough = people_policy().usual_from
    ended = session.execute(
        select(Conversation.id, Conversation.closed_at)
        .where(Conversation.closed_at.is_not(None), Conversation.staff_login.is_not(None))
        .order_by(Conversation.closed_at.desc())
        .limit(enough)
    )
    closed = {row[0]: row[1] for row in ended}
    if len(closed) < enough:
        return while_few
    began = session.execute(
        select(Message.conversation_id, func.min(Message.created_at))
        .where(Message.conversation_id.in_(closed), Message.sender == "staff")
        .group_by(Message.conversation_id)
    )
    lengths = [
        (ends - start).total_seconds() / 60
        for id, start in began
        if (ends := closed[id]) is not None
    ]
    return max(1.0, median(lengths)) if lengths else while_few


def oldest(session: Session) -> Conversation | None:
    """The conversation that is taken next: alarms first, then the longest wait."""
    return session.scalar(
        select(Conversation)
        .where(Conversation.state == "waiting")
        .order_by(Conversation.alarm.is_(None), Conversation.waiting_since, Conversation.id)
        .limit(1)
    )


def assign_by_turns(session: Session, *, now: datetime) -> tuple[str, str] | None:
    """Give the oldest waiting conversation to the next available person, where the rules say so.

    Returns the conversation's id and the person's login; None when there is nothing to give.
    """
    if desk_rules.current(session).assign != "round_robin":
        return None
    waits = oldest(session)
    login = presence.next_for(session, now=now)
    if waits is None or login is None:
        return None
    service.take(session, conversation_id=waits.id, login=login, now=now)
    given = session.get_one(Presence, login)
    given.assigned_at = now
    return waits.id, login


def handed_over(session: Session, *, conversation_id: str, now: datetime | None = None) -> Reply:
    """What a citizen is told whose conversation was put before the staff.

    In hours the place in the line and the expected wait, outside them when somebody will answer.
    """
    now = now or utc_now()
    opening = desk_rules.current(session).opening
    if not opening.is_open(now):
        return Reply(
            parts=[Say(key="handover.closed", values=opening_values(opening, now))],
            buttons=[CALLBACK, TO_BOT],
            topic="talk_to_human",
        )
    parts = [Say(key="handover.waiting")]
    if place := place_of(session, conversation_id=conversation_id, now=now):
        parts.append(said(place))
    return Reply(parts=parts, buttons=[TO_BOT, CALLBACK], topic="talk_to_human")


def said(place: Place) -> Say:
    """A place in the line, in words."""
    values = {"place": str(place.number), "minutes": str(place.minutes)}
    if place.minutes is None:
        return Say(key="handover.place", values=values)
    if place.more:
        return Say(key="handover.place_long", values=values)
    if place.minutes <= 1:
        return Say(key="handover.place_soon", values=values)
    return Say(key="handover.place_minutes", values=values)


def opening_values(opening: Opening, now: datetime) -> dict[str, str]:
    """Values of the sentences that say when a person is there."""
    opens = opening.next_open(now)
    hours = {"from": f"{opening.opens:%H:%M}", "to": f"{opening.closes:%H:%M}"}
    return hours | {
        f"opens_{language}": dates.moment(opens, language, now=now) for language in LANGUAGES
    }
