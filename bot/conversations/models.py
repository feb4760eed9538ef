"""Tables of the conversations: messages, the buttons shown, and the outbox."""

from datetime import datetime
from typing import Any, Literal, get_args
from uuid import uuid4

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.database import Base, UtcDateTime, utc_now

State = Literal["bot", "waiting", "staff", "platform", "closed"]
"""Who holds it: the bot; nobody, a person is awaited; a person here; a person in the messenger's
own console; nobody any more."""
Sender = Literal["citizen", "bot", "staff", "system"]
Turn = Literal["queued", "asking", "alarm", "answered", "failed", "held"]
"""A citizen's message: waiting its turn; being asked; a cry for help, answered out of turn;
answered; given up; left to a person."""
LabelKind = Literal["asked", "offered"]
"""The bot asked which topic was meant; or answered and offered others."""
LabelStatus = Literal["open", "confirmed", "rejected"]
Reason = Literal["other_matter", "not_enough", "hard", "wrong"]
"""Why an answer did not help: another matter was meant; it says too little; it is hard to
follow; what it says is wrong."""
REASONS: tuple[Reason, ...] = get_args(Reason)


def new_id() -> str:
    """A fresh identifier."""
    return str(uuid4())


class Conversation(Base):
    """One citizen's talk on one channel, and who holds it now."""

    __tablename__ = "conversations"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(String(64))
    channel: Mapped[str] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(2), default="ko")
    state: Mapped[str] = mapped_column(String(8), default="bot", index=True)
    reason: Mapped[str | None] = mapped_column(String(32))
    """Why a person was asked for: citizen_asked, unsure, crisis, emergency, rasa_failed …"""
    alarm: Mapped[str | None] = mapped_column(String(32))
    """Kind of the last alarm of the emergency guard; on top of the staff's list."""
    topic: Mapped[str | None] = mapped_column(String(64))
    """What it is about: the topic of the catalogue that was understood last."""
    staff_login: Mapped[str | None] = mapped_column(String(64))
    waiting_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_seq: Mapped[int] = mapped_column(default=0)
    placeholders: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    """Highest number given to a placeholder of each kind, so that none is used twice."""
    lease_owner: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Whoever holds the lease asks Rasa for this conversation: one message at a time."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    continued_in: Mapped[str | None] = mapped_column(String(36), index=True)
    """The conversation in which its citizen went on, on another channel or in another browser."""


class OutboxUnit(Base):
    """The replies to one message (or one notice), stored and delivered as one unit."""

    __tablename__ = "outbox"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    in_reply_to: Mapped[str | None] = mapped_column(String(36), unique=True)
    cause: Mapped[str | None] = mapped_column(String(64), unique=True)
    """What else caused it (`ticket-event:17`), so that a notice is never sent twice."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    """Failed tries of sending it to the messenger."""
    sent: Mapped[int] = mapped_column(default=0)
    """Of the platform's messages that it becomes, how many the platform has."""
    unsure: Mapped[int] = mapped_column(default=0)
    """Tries that may have arrived although no answer came; each may have shown it once more."""
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Until then somebody is sending it."""
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    parked_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    """Set aside: it cannot be sent, the later ones go on without it."""
    parked: Mapped[str | None] = mapped_column(String(120))
    """Why; no id and no citizen's words."""
    platform_id: Mapped[str | None] = mapped_column(String(120))
    """What the platform calls its last message."""


class Message(Base):
    """One message of a conversation, personal data already replaced by placeholders."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        UniqueConstraint("conversation_id", "client_id"),
        Index("ix_messages_turn", "turn", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    seq: Mapped[int]
    """Place in the conversation, from 1; also the Server-Sent Events id."""
    sender: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(2))
    client_id: Mapped[str | None] = mapped_column(String(64))
    press: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """Meaning of the button that a citizen pressed instead of typing."""
    turn: Mapped[str | None] = mapped_column(String(8))
    attempts: Mapped[int] = mapped_column(default=0)
    understood: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    reply: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """The `Reply` a bot message was rendered from."""
    topic: Mapped[str | None] = mapped_column(String(64))
    ticket: Mapped[str | None] = mapped_column(String(20))
    staff_login: Mapped[str | None] = mapped_column(String(64))
    unit_id: Mapped[str | None] = mapped_column(ForeignKey("outbox.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)


class ShownButton(Base):
    """A button that a conversation was shown. Its id is the only payload a citizen can send."""

    __tablename__ = "shown_buttons"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id"), index=True)
    place: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    press: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    url: Mapped[str | None] = mapped_column(String(500))


class Label(Base):
    """What an unclear message meant: pressed by the citizen, and confirmed by staff.

    When the citizen deletes the conversation a confirmed label loses whatever leads back to it.
    """

    __tablename__ = "labels"
    __table_args__ = (Index("ix_labels_status", "status", "created_at"),)

    # No counted number: one that was deleted must never mean another label on an open page.
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    message_id: Mapped[str | None] = mapped_column(ForeignKey("messages.id"), unique=True)
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversations.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    """The message as it is stored, personal data already replaced."""
    language: Mapped[str] = mapped_column(String(2))
    guess: Mapped[str | None] = mapped_column(String(64))
    """The likeliest intent, whatever the bot made of it."""
    confidence: Mapped[float | None]
    kind: Mapped[str | None] = mapped_column(String(8))
    pressed: Mapped[str | None] = mapped_column(String(64))
    """The topic of the button; None for «none of these»."""
    created_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=utc_now)
    """When the button was pressed."""
    status: Mapped[str] = mapped_column(String(9), default="open")
    topic: Mapped[str | None] = mapped_column(String(64))
    """What it meant, as staff confirmed it."""
    decided_by: Mapped[str | None] = mapped_column(String(64))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Feedback(Base):
    """Whether an answer helped, as its citizen said last. It goes when the conversation does."""

    __tablename__ = "feedback"
    __table_args__ = (Index("ix_feedback_topic", "topic", "created_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    answer_id: Mapped[str] = mapped_column(ForeignKey("messages.id"), unique=True)
    """The answer that was judged: one message may ask for two."""
    message_id: Mapped[str | None] = mapped_column(ForeignKey("messages.id"), index=True)
    """The citizen's question, where the answer has one."""
    topic: Mapped[str] = mapped_column(String(64))
    facets: Mapped[list[str]] = mapped_column(JSON)
    """The facets that the answer showed."""
    revision: Mapped[int | None]
    """The revision of the article that it was answered from."""
    useful: Mapped[bool]
    reason: Mapped[str | None] = mapped_column(String(12))
    """Why it did not help, once that was said: one of REASONS."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
    """When it was said last."""
