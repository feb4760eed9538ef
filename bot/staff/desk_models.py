"""Tables of the staff desk: notes, saved views, who is looking, and what was done about abuse."""

from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.conversations.models import Conversation, new_id
from bot.database import Base, UtcDateTime, utc_now

AbuseStep = Literal["marked", "warned", "closed"]
ABUSE_STEPS: tuple[AbuseStep, ...] = get_args(AbuseStep)


class StaffNote(Base):
    """What staff tell each other about a conversation: masked, never sent; it goes with it."""

    __tablename__ = "staff_notes"
    __table_args__ = (Index("ix_staff_notes_conversation", "conversation_id", "created_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    login: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)


class SavedView(Base):
    """A view of the inbox that a person keeps under a name."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("login", "name"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(40))
    wanted: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The view and its filters, as the page's address has them."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)


class Viewer(Base):
    """Who has a conversation open now, and when that person typed last."""

    __tablename__ = "viewers"

    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    login: Mapped[str] = mapped_column(String(64), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
    typed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class TalkEnd(Base):
    """Why a person closed a conversation (a reason of data/policy/desk.yml)."""

    __tablename__ = "talk_ends"
    __table_args__ = (Index("ix_talk_ends_reason", "reason", "at"),)

    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    reason: Mapped[str] = mapped_column(String(32))
    login: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)


class AbuseEvent(Base):
    """Abuse that a counsellor met, and what was done; it outlives the conversation."""

    __tablename__ = "abuse_events"
    __table_args__ = (
        Index("ix_abuse_events_login", "login", "at"),
        Index("ix_abuse_events_conversation", "conversation_id", "at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    conversation_id: Mapped[str | None] = mapped_column(
        ForeignKey("conversations.id", ondelete="SET NULL")
    )
    message_id: Mapped[str | None] = mapped_column(ForeignKey("messages.id", ondelete="SET NULL"))
    login: Mapped[str] = mapped_column(String(64))
    what: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)


def _part(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


# The order of each list of the inbox, so that none is sorted however many conversations there are.
# Whole ones where SQLite would else take the index of the state alone, and sort.
Index("ix_conversations_line", Conversation.state, Conversation.waiting_since, Conversation.id)
Index(
    "ix_conversations_distress",
    Conversation.waiting_since,
    Conversation.id,
    **_part("state = 'waiting' AND reason = 'distress'"),
)
Index(
    "ix_conversations_alarms",
    Conversation.state,
    Conversation.updated_at,
    Conversation.id,
    **_part("alarm IS NOT NULL AND state <> 'closed'"),
)
Index(
    "ix_conversations_held",
    Conversation.staff_login,
    Conversation.updated_at,
    Conversation.id,
    **_part("state = 'staff'"),
)
Index("ix_conversations_held_all", Conversation.state, Conversation.updated_at, Conversation.id)
Index(
    "ix_conversations_open",
    Conversation.updated_at,
    Conversation.id,
    **_part("state <> 'closed'"),
)
Index("ix_conversations_closed", Conversation.closed_at, Conversation.id)
Index(
    "ix_conversations_topic",
    Conversation.topic,
    Conversation.updated_at,
    Conversation.id,
    **_part("state <> 'closed'"),
)
Index("ix_abuse_events_message", AbuseEvent.message_id)
