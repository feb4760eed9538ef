"""The figures of chats: how many, about what, who answered, and how soon."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from bot.conversations.models import Conversation, Message, OutboxUnit
from bot.staff.calls import CHANNEL
from bot.staff.calls_models import Call
from bot.staff.statistics_tools import SAMPLE, Period, grouped, middle, share, slow

MOST_TOPICS = 20
BEFORE_A_PERSON = ("answered", "alarm", "failed")
"""Turns after which a citizen waits for a person; what is written while waiting is `held`."""


def days(counts: Iterable[dict[datetime, int]], period: Period) -> tuple[tuple[str, int], ...]:
    """Counts by day, days without any too."""
    sums = dict.fromkeys(period.days(), 0)
    for at, count in ((at, count) for one in counts for at, count in one.items()):
        sums[at.date()] += count
    return tuple((day.isoformat(), count) for day, count in sums.items())


def hours(counts: Iterable[dict[datetime, int]]) -> tuple[tuple[str, int], ...]:
    """Counts by hour of the day."""
    sums = dict.fromkeys(range(24), 0)
    for at, count in ((at, count) for one in counts for at, count in one.items()):
        sums[at.hour] += count
    return tuple((f"{hour:02}", count) for hour, count in sums.items())


def channels(session: Session, period: Period, phone: int) -> tuple[tuple[str, int], ...]:
    """Chats by channel, and the `phone` calls among them."""
    chats = grouped(
        session,
        Conversation.channel,
        Conversation.created_at,
        period,
        Conversation.channel != CHANNEL,
    )
    whole = [*chats, (CHANNEL, phone)] if phone else list(chats)
    return tuple(sorted(whole, key=lambda one: (-one[1], one[0])))


def topics(session: Session, period: Period) -> tuple[tuple[str, int], ...]:
    """What citizens asked about: in messages and on the phone."""
    said = grouped(
        session, Message.topic, Message.created_at, period, Message.sender == "citizen", limit=500
    )
    sums = dict(said)
    for topic, count in grouped(session, Call.topic, Call.began_at, period, limit=500):
        sums[topic] = sums.get(topic, 0) + count
    most = sorted(sums.items(), key=lambda one: (-one[1], one[0]))
    return tuple(most[:MOST_TOPICS])


def turns(session: Session, period: Period) -> tuple[tuple[str, int], ...]:
    """Citizens' messages by what became of them."""
    return grouped(session, Message.turn, Message.created_at, period, Message.sender == "citizen")


def reasons(session: Session, period: Period) -> tuple[tuple[str, int], ...]:
    """Why a person was asked for."""
    return grouped(session, Conversation.reason, Conversation.created_at, period)


def answered(
    session: Session, period: Period, turns: tuple[tuple[str, int], ...], chats: int
) -> dict[str, float | None]:
    """How much the bot answered by itself: messages that failed, talks that came to a person."""
    counted = dict(turns)
    messages = sum(counted.values())
    handed = (
        session.scalar(
            select(func.count()).where(
                period.holds(Conversation.created_at),
                Conversation.channel != CHANNEL,
                Conversation.reason.is_not(None) | Conversation.staff_login.is_not(None),
            )
        )
        or 0
    )
    return {
        "messages": messages,
        "handed_over": handed,
        "bot_alone": share(chats - handed, chats),
        "failed": share(counted.get("failed", 0), messages),
    }


def times(session: Session, period: Period) -> dict[str, float | None]:
    """How long citizens waited for the bot (seconds) and for a person (minutes)."""
    bot = [
        (answered - asked).total_seconds()
        for asked, answered in session.execute(_bots_answers(period))
    ]
    people = [
        (first - asked).total_seconds() / 60
        for asked, first in session.execute(_peoples_answers(period))
    ]
    return {
        "bot_seconds": middle(bot),
        "bot_seconds_slow": slow(bot),
        "person_minutes": middle(people),
        "person_minutes_slow": slow(people),
    }


def _bots_answers(period: Period) -> Select[datetime, datetime]:
    return (
        select(Message.created_at, OutboxUnit.created_at)
        .join(OutboxUnit, OutboxUnit.in_reply_to == Message.id)
        .where(
            Message.sender == "citizen",
            period.holds(Message.created_at),
            Message.turn.in_(("answered", "alarm")),
        )
        .order_by(Message.created_at.desc())
        .limit(SAMPLE)
    )


def _peoples_answers(period: Period) -> Select[datetime, datetime]:
    """From the citizen's last words that the bot still handled to the first of a person."""
    first = (
        select(Message.conversation_id, func.min(Message.created_at).label("at"))
        .where(Message.sender == "staff", period.holds(Message.created_at))
        .group_by(Message.conversation_id)
        .limit(SAMPLE)
        .subquery()
    )
    asked = func.max(Message.created_at)
    return (
        select(asked, first.c.at)
        .join(first, first.c.conversation_id == Message.conversation_id)
        .where(
            Message.sender == "citizen",
            Message.turn.in_(BEFORE_A_PERSON),
            Message.created_at < first.c.at,
        )
        .group_by(first.c.conversation_id, first.c.at)
    )
