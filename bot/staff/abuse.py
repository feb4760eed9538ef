"""Abuse: messages are folded, the citizen is warned by steps, and the talk may be closed for it.

What was done is recorded for good and counted by counsellor, without the citizen's words.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.conversations import service as conversations
from bot.conversations.models import Conversation, Message
from bot.conversations.rendering import Renderer
from bot.replies import Reply, Say
from bot.staff import errors
from bot.staff.desk_models import AbuseEvent, AbuseStep
from bot.staff.desk_policy import desk_policy
from bot.wording import wording

REASON = "abuse"
"""The reason of data/policy/desk.yml for which a talk is closed only after the warnings."""


def folded(session: Session, messages: Sequence[Message]) -> set[str]:
    """Ids of the messages that are shown only when somebody opens them."""
    by_bot = {message.id for message in messages if _understood_so(message)}
    ids = [message.id for message in messages]
    marked = session.scalars(select(AbuseEvent.message_id).where(AbuseEvent.message_id.in_(ids)))
    return by_bot | {id for id in marked if id}


def _understood_so(message: Message) -> bool:
    intent = (message.understood or {}).get("intent")
    return message.sender == "citizen" and intent in desk_policy().abuse.intents


def mark(
    session: Session, *, conversation_id: str, message_id: str, login: str, now: datetime
) -> None:
    """Fold a citizen's message; once is enough. Raises UnknownMessage."""
    message = session.get(Message, message_id)
    if message is None or message.conversation_id != conversation_id or message.sender != "citizen":
        raise errors.UnknownMessage
    if message.id not in folded(session, [message]):
        _add(session, conversation_id, login, "marked", now, message_id)


def warnings(session: Session, *, conversation_id: str) -> int:
    """How often the citizen was warned in this conversation."""
    count = (
        select(func.count())
        .select_from(AbuseEvent)
        .where(AbuseEvent.conversation_id == conversation_id, AbuseEvent.what == "warned")
    )
    return session.scalar(count) or 0


def warn(session: Session, *, conversation_id: str, login: str, now: datetime) -> int:
    """Say the next warning to the citizen; returns which it was. The last one is said again."""
    step = warnings(session, conversation_id=conversation_id) + 1
    said = min(step, desk_policy().abuse.warnings)
    messages = conversations.say(
        session,
        conversation_id=conversation_id,
        replies=[Reply(parts=[Say(key=f"desk_talk.said_warning_{said}")])],
        render=Renderer(session, wording(), _language(session, conversation_id)),
        now=now,
        sender="system",
    )
    _add(session, conversation_id, login, "warned", now, messages[-1].id)
    return step


def may_close(session: Session, *, conversation_id: str) -> bool:
    """Whether there were warnings enough."""
    return warnings(session, conversation_id=conversation_id) >= desk_policy().abuse.warnings


def note_closing(session: Session, *, conversation_id: str, login: str, now: datetime) -> None:
    """Record that a talk is closed for abuse. Raises NotWarnedYet."""
    if not may_close(session, conversation_id=conversation_id):
        raise errors.NotWarnedYet(count=str(desk_policy().abuse.warnings))
    _add(session, conversation_id, login, "closed", now, None)


def in_shift(session: Session, *, login: str, now: datetime) -> int:
    """How much abuse a counsellor met in this shift."""
    since = now - timedelta(hours=desk_policy().abuse.shift_hours)
    count = (
        select(func.count())
        .select_from(AbuseEvent)
        .where(AbuseEvent.login == login, AbuseEvent.at > since)
    )
    return session.scalar(count) or 0


def _add(
    session: Session,
    conversation_id: str,
    login: str,
    what: AbuseStep,
    now: datetime,
    message_id: str | None,
) -> None:
    session.add(
        AbuseEvent(
            conversation_id=conversation_id,
            message_id=message_id,
            login=login,
            what=what,
            at=now,
        )
    )
    session.flush()


def _language(session: Session, conversation_id: str) -> str:
    return session.get_one(Conversation, conversation_id).language
