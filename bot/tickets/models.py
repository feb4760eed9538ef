"""Tables of the tickets: what a person must do, who did what to it, its sealed personal data."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.database import Base, UtcDateTime, utc_now

State = Literal["received", "in_progress", "answered", "closed", "cancelled"]
Kind = Literal["report", "visit", "callback", "general"]


class ReceiptCounter(Base):
    """The last receipt number given in a year."""

    __tablename__ = "receipt_counters"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class Ticket(Base):
    """A request that a person handles, under one receipt number for its whole life."""

    __tablename__ = "tickets"
    __table_args__ = (UniqueConstraint("conversation_id", "message_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    receipt_number: Mapped[str] = mapped_column(String(20), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    topic: Mapped[str] = mapped_column(String(64), index=True)
    state: Mapped[str] = mapped_column(String(16), index=True)
    department: Mapped[str] = mapped_column(String(128))
    fields: Mapped[dict[str, str]] = mapped_column(JSON)
    """What the citizen told, by field; personal data stand as placeholders."""
    language: Mapped[str] = mapped_column(String(2))
    conversation_id: Mapped[str] = mapped_column(String(36), index=True)
    message_id: Mapped[str] = mapped_column(String(36))
    """The message that opened it: the same message never opens a second ticket."""
    check_code_hash: Mapped[str] = mapped_column(String(128))
    petition: Mapped[str] = mapped_column(String(32))
    """Kind of petition of the legal clock (data/policy/tickets.yml), e.g. `other`."""
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    consent_version: Mapped[str | None] = mapped_column(String(32))
    consented_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)

    events: Mapped[list["TicketEvent"]] = relationship(
        back_populates="ticket", order_by="TicketEvent.id"
    )
    secrets: Mapped[list["TicketSecret"]] = relationship(back_populates="ticket")


class TicketSecret(Base):
    """A personal datum of a ticket, encrypted; each look at it becomes a TicketEvent."""

    __tablename__ = "ticket_secrets"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    placeholder: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(32))
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary)

    ticket: Mapped[Ticket] = relationship(back_populates="secrets")


class TicketEvent(Base):
    """One change of a ticket, or one look at its personal data: who, when, what."""

    __tablename__ = "ticket_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    actor: Mapped[str] = mapped_column(String(64))
    """`citizen`, `bot`, `system`, or `staff:<login>`."""
    what: Mapped[str] = mapped_column(String(32))
    """`opened`, `moved`, `looked` (at personal data), `checked` (by the citizen) or `forgotten`
    (personal data, when the ticket ended)."""
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    tell_citizen: Mapped[bool] = mapped_column(default=False)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    ticket: Mapped[Ticket] = relationship(back_populates="events")


class ReceiptAttempt(Base):
    """Wrong check codes given for a receipt number, which need not exist."""

    __tablename__ = "receipt_attempts"

    receipt_number: Mapped[str] = mapped_column(String(20), primary_key=True)
    wrong: Mapped[int] = mapped_column(default=0)
    since: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    """The first of those wrong codes."""
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
