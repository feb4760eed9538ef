"""Tables of the channels: who a conversation's citizen is at the messenger, and what was seen."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.database import Base, UtcDateTime, utc_now


class ChannelUser(Base):
    """The messenger's side of one conversation. It goes when the conversation is deleted.

    The platform's user id stands here twice, never readable: as an HMAC to be found by, and sealed
    with the vault's key to be sent to.
    """

    __tablename__ = "channel_users"
    __table_args__ = (
        UniqueConstraint("channel", "current_hash"),
        Index("ix_channel_users_user", "channel", "user_hash"),
    )

    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    channel: Mapped[str] = mapped_column(String(16))
    user_hash: Mapped[str] = mapped_column(String(64))
    current_hash: Mapped[str | None] = mapped_column(String(64))
    """The same hash on the one conversation that the citizen's next message goes to."""
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """The user id and the conversation's token."""
    reply_token: Mapped[bytes | None] = mapped_column(LargeBinary)
    reply_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    blocked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since then nothing is sent: the citizen blocked the account or left."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    """When the citizen last did anything."""


class SeenEvent(Base):
    """An event of a platform that was taken, so that its repeat is answered once. Purged."""

    __tablename__ = "seen_events"
    __table_args__ = (
        UniqueConstraint("channel", "event_key"),
        Index("ix_seen_events_message", "channel", "message_ref"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))
    event_key: Mapped[str] = mapped_column(String(48))
    """The platform's id of the event (its digest where long), or one made for it; also the
    `client_id` of the message, or its beginning."""
    fingerprint: Mapped[str | None] = mapped_column(String(64), index=True)
    """HMAC of citizen and content, where the platform has no event ids."""
    message_ref: Mapped[str | None] = mapped_column(String(64))
    """HMAC of the platform's id of the message, by which it is unsent."""
    conversation_id: Mapped[str] = mapped_column(String(36))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
