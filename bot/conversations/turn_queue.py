"""Whose turn it is: one message of a conversation at a time, whoever's process answers it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from bot.conversations.models import Conversation, Message

LEASE = timedelta(seconds=90)
"""Longer than two questions to Rasa may take: a lease that runs out means a crashed process."""

ALARM_AT_MOST = timedelta(seconds=10)
"""A cry for help takes milliseconds; one unanswered for longer was left by a crash."""


@dataclass(frozen=True)
class Job:
    """A citizen's message whose turn it is, with what asking Rasa needs."""

    message_id: str
    conversation_id: str
    owner: str
    """Holder of the conversation's lease."""
    text: str
    language: str
    press: dict[str, Any] | None
    attempts: int
    state: str
    channel: str


def locked(session: Session, conversation_id: str) -> Conversation | None:
    """The conversation with its row locked until the transaction ends; None when it is gone.

    Every writer of a conversation comes through here first, so that what it reads of the row
    (the last message number, the lease, the state) is still so when it writes. The row is read
    once a transaction.
    """
    transaction, rows = session.info.get("locked", (None, {}))
    if transaction is not session.get_transaction() or transaction is None:
        rows = {}
    if conversation_id not in rows:
        session.flush()
        rows[conversation_id] = session.get(
            Conversation, conversation_id, with_for_update=True, populate_existing=True
        )
        session.info["locked"] = (session.get_transaction(), rows)
    found: Conversation | None = rows[conversation_id]
    return found


def lease(session: Session, *, conversation_id: str, owner: str, now: datetime) -> bool:
    """Take the right to ask Rasa for this conversation; False when another process holds it."""
    conversation = locked(session, conversation_id)
    if conversation is None:
        return False
    free = conversation.lease_until is None or conversation.lease_until < now
    if conversation.lease_owner not in (None, owner) and not free:
        return False
    conversation.lease_owner, conversation.lease_until = owner, now + LEASE
    return True


def release(session: Session, *, conversation_id: str, owner: str) -> None:
    """Give the lease back; another's is left alone."""
    conversation = locked(session, conversation_id)
    if conversation is not None and conversation.lease_owner == owner:
        conversation.lease_owner = conversation.lease_until = None


def job_of(session: Session, *, message: Message, owner: str) -> Job:
    """What answering `message` needs to know."""
    conversation = session.get_one(Conversation, message.conversation_id)
    return Job(
        message_id=message.id,
        conversation_id=message.conversation_id,
        owner=owner,
        text=message.text,
        language=conversation.language,
        press=message.press,
        attempts=message.attempts,
        state=conversation.state,
        channel=conversation.channel,
    )


def next_job(session: Session, *, conversation_id: str, owner: str) -> Job | None:
    """The oldest unanswered message of the conversation, marked as being asked."""
    message = session.scalar(
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.turn.in_(("asking", "queued")))
        .order_by(Message.seq)
        .limit(1)
    )
    if message is None:
        return None
    message.turn = "asking"
    message.attempts += 1
    return job_of(session, message=message, owner=owner)


def others_wait(session: Session, message: Message) -> bool:
    """Whether another message of the conversation is in work, or waits its turn."""
    return (
        session.scalar(
            select(Message.id)
            .where(
                Message.conversation_id == message.conversation_id,
                Message.turn.in_(("queued", "asking")),
                Message.id != message.id,
            )
            .limit(1)
        )
        is not None
    )


def requeue_alarms(session: Session, *, now: datetime) -> None:
    """Put cries for help that a crashed process left unanswered back into the queue."""
    session.execute(
        update(Message)
        .where(Message.turn == "alarm", Message.created_at < now - ALARM_AT_MOST)
        .values(turn="queued")
    )


def abandoned(session: Session, *, now: datetime, limit: int = 50) -> list[str]:
    """Conversations with an unanswered message that no living process is answering."""
    return list(
        session.scalars(
            select(Message.conversation_id)
            .join(Conversation, Message.conversation_id == Conversation.id)
            .where(
                Message.turn.in_(("queued", "asking")),
                Message.created_at < now - timedelta(seconds=2),
                or_(Conversation.lease_owner.is_(None), Conversation.lease_until < now),
            )
            .distinct()
            .limit(limit)
        )
    )
