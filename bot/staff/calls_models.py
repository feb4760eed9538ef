"""Tables of the phone desk: the log of calls; and the index by which conversations are counted."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from bot.conversations.models import Conversation, Message
from bot.database import Base, UtcDateTime, utc_now


class Call(Base):
    """A call that a counsellor took: what it was about and how it ended.

    Personal data are masked in its words; those are emptied when conversations of its age go.
    """

    __tablename__ = "calls"
    __table_args__ = (Index("ix_calls_login", "login", "ended_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    """Made with the page, so that a call that is sent twice is logged once."""
    login: Mapped[str] = mapped_column(String(64))
    began_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    result: Mapped[str] = mapped_column(String(24))
    topic: Mapped[str | None] = mapped_column(String(64))
    guess: Mapped[str | None] = mapped_column(String(64))
    """The topic that the bot thought of first."""
    language: Mapped[str] = mapped_column(String(2), default="ko")
    question: Mapped[str] = mapped_column(Text, default="")
    note: Mapped[str] = mapped_column(Text, default="")
    receipt: Mapped[str | None] = mapped_column(String(20))
    """The last ticket that was opened in it."""
    conversation_id: Mapped[str | None] = mapped_column(
        ForeignKey("conversations.id", ondelete="SET NULL"), index=True
    )
    """The chat in which it goes on."""


# Figures are counted over a period.
Index("ix_conversations_created_at", Conversation.created_at)
Index("ix_messages_sender", Message.sender, Message.created_at)
