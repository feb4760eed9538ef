"""The table by which staff search what was said: one row a word of a message."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.database import Base, UtcDateTime


class MessageWord(Base):
    """A lemma of a citizen's or staff member's message; it goes with its message.

    Kept in an index by word and time, so that the newest hits of a word are read without sorting,
    however many there are, on SQLite and PostgreSQL alike.
    """

    __tablename__ = "message_words"
    __table_args__ = (Index("ix_message_words_newest", "word", "at", "message_id"),)

    word: Mapped[str] = mapped_column(String(48), primary_key=True)
    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id"), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(String(36), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class SearchMark(Base):
    """How far messages have been read for the search: one row."""

    __tablename__ = "search_mark"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    read_until: Mapped[datetime] = mapped_column(UtcDateTime)
    """Every message stored before it has been read, but for the last few seconds' latecomers."""
