"""Tables of people stepping in: who is there, codes to read out, how satisfied citizens were."""

from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.database import Base, UtcDateTime, utc_now

PresenceState = Literal["available", "phone", "break", "off"]
PRESENCES: tuple[PresenceState, ...] = get_args(PresenceState)


class Presence(Base):
    """Whether a counsellor is there for chats now, and for how many at once."""

    __tablename__ = "presences"

    login: Mapped[str] = mapped_column(String(64), primary_key=True)
    state: Mapped[str] = mapped_column(String(12), default="off")
    capacity: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
    """The last sign of the person's console; presence ends a while after it."""
    assigned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the round robin gave this person a talk last."""


class ShortCode(Base):
    """Digits that lead a counsellor, or the citizen on another channel, to one conversation."""

    __tablename__ = "short_codes"

    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class CodeTry(Base):
    """Wrong codes typed in one conversation, so that guessing ends."""

    __tablename__ = "code_tries"

    conversation_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    wrong: Mapped[int] = mapped_column(default=0)
    since: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Satisfaction(Base):
    """How satisfied a citizen was with a conversation, as said last: 1 to 5."""

    __tablename__ = "satisfactions"

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    score: Mapped[int]
    by_person: Mapped[bool]
    """Whether a person had answered in it."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
