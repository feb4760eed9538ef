"""Table of what bodies are sent about tickets, each once, with how often it was tried."""

from datetime import datetime
from typing import Literal

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.database import Base, UtcDateTime, utc_now
from bot.tickets.models import Ticket

DeliveryKind = Literal["opened", "changed", "reminder", "withdrawn"]
DeliveryState = Literal["waiting", "sending", "sent", "parked", "dropped"]
"""`parked`: a person must see to it; `dropped`: no longer to be sent."""


class TicketDelivery(Base):
    """One thing that one body is to be told of a ticket, by e-mail or Open311."""

    __tablename__ = "ticket_deliveries"
    __table_args__ = (
        Index("ix_ticket_deliveries_next", "state", "next_try_at"),
        Index("ix_ticket_deliveries_poll", "way", "state", "polled_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    office: Mapped[str] = mapped_column(String(64))
    way: Mapped[str] = mapped_column(String(8))
    """`email` or `open311`; what the console shows needs no row."""
    kind: Mapped[str] = mapped_column(String(12))
    key: Mapped[str] = mapped_column(String(64), unique=True)
    """Names this delivery for ever: the Message-ID of its e-mail; nothing is enqueued twice."""
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When it is tried next; while it is being sent, when another process may take it up."""
    last_error: Mapped[str | None] = mapped_column(String(300))
    doubtful: Mapped[bool] = mapped_column(default=False)
    """Whether a try may have arrived although nobody said so."""
    external_id: Mapped[str | None] = mapped_column(String(64))
    """Its number at the Open311 server."""
    external_token: Mapped[str | None] = mapped_column(String(64))
    """What the server gave instead of a number, to ask for the number with."""
    polled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the server was seen to have closed it."""
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """SHA-256 of the token in the e-mail's link."""
    token_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    ticket: Mapped[Ticket] = relationship()
