"""The table of the photos; their bytes lie in files (`bot.attachments.store`)."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from bot.database import Base, UtcDateTime, utc_now


class Attachment(Base):
    """A photo, from the moment it was checked until its conversation and ticket are gone."""

    __tablename__ = "attachments"

    id: Mapped[str] = mapped_column(String(43), primary_key=True)
    """Unguessable (`secrets.token_urlsafe(32)`); also the name of its file."""
    conversation_id: Mapped[str | None] = mapped_column(String(36), index=True)
    message_id: Mapped[str | None] = mapped_column(String(36), index=True)
    ticket_id: Mapped[int | None] = mapped_column(index=True)
    """Set when a ticket takes it: from then on it lives as long as the ticket."""
    media_type: Mapped[str] = mapped_column(String(32))
    """Of the file as it is kept: `image/jpeg`, `image/png` or `image/webp`."""
    size: Mapped[int]
    """Bytes."""
    width: Mapped[int]
    height: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
