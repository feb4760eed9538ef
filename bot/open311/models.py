"""Tables of the Open311 server: who may post, and what each has posted."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.database import Base, UtcDateTime, utc_now


class Open311Key(Base):
    """A key with which requests may be posted; only its hash is kept."""

    __tablename__ = "open311_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    """Whose it is."""
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Open311Post(Base):
    """One request that was posted with a key, and the ticket that it opened."""

    __tablename__ = "open311_posts"
    __table_args__ = (
        UniqueConstraint("key_id", "reference"),
        Index("ix_open311_posts_key_at", "key_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[int] = mapped_column(ForeignKey("open311_keys.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    reference: Mapped[str | None] = mapped_column(String(128))
    """The client's own number: the same one opens no second ticket."""
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
