"""Tables of the tickets: what a person must do, who did what to it, its sealed personal data."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.database import Base, UtcDateTime, utc_now

State = Literal[
    "received",
    "assigned",
    "in_progress",
    "awaiting_citizen",
    "transferred",
    "done",
    "rejected",
    "duplicate",
    "cancelled",
    "closed",
]
"""접수, 담당 배정, 처리 중, 보완 요청, 이송, 완료, 반려, 중복, 취소, 종결 (tickets.yml)."""
Kind = Literal["report", "visit", "callback", "general"]
Origin = Literal["chat", "open311", "phone", "staff"]


_OPEN: dict[str, Any] = {
    f"{engine}_where": text("done_at IS NULL") for engine in ("sqlite", "postgresql")
}

_DONE: dict[str, Any] = {
    f"{engine}_where": text("done_at IS NOT NULL") for engine in ("sqlite", "postgresql")
}
_CURRENT: dict[str, Any] = {
    f"{engine}_where": text("ended_at IS NULL") for engine in ("sqlite", "postgresql")
}


class ReceiptCounter(Base):
    """The last receipt number given in a year."""

    __tablename__ = "receipt_counters"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class Incident(Base):
    """Many reports of one kind in one area within an hour: said first until staff end it."""

    __tablename__ = "incidents"
    __table_args__ = (
        Index("ix_incidents_current", "topic", "city", "district", unique=True, **_CURRENT),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(String(64))
    city: Mapped[str] = mapped_column(String(16))
    district: Mapped[str] = mapped_column(String(32))
    """읍, 면 or 동."""
    began_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    ended_by: Mapped[str | None] = mapped_column(String(64))


class Ticket(Base):
    """A request that a person handles, under one receipt number for its whole life."""

    __tablename__ = "tickets"
    __table_args__ = (
        UniqueConstraint("conversation_id", "message_id"),
        Index("ix_tickets_state", "state", "id"),
        Index("ix_tickets_office", "office", "id"),
        Index("ix_tickets_topic_district", "topic", "district", "created_at"),
        Index("ix_tickets_created", "created_at"),
        Index("ix_tickets_done", "state", "done_at", **_DONE),
        # What is open is found among the open alone, however many have been handled.
        Index("ix_tickets_open_due", "due_at", "id", **_OPEN),
        Index("ix_tickets_open_office", "office", "due_at", "id", **_OPEN),
        Index("ix_tickets_open_assignee", "assignee", "due_at", "id", **_OPEN),
        Index("ix_tickets_open_kind", "kind", "wanted_from", "id", **_OPEN),
        Index("ix_tickets_open_place", "topic", "place", "created_at", **_OPEN),
        Index("ix_tickets_open_latitude", "topic", "latitude", **_OPEN),
        Index("ix_tickets_open_topic_due", "topic", "due_at", "id", **_OPEN),
        Index("ix_tickets_open_kind_due", "kind", "due_at", "id", **_OPEN),
        Index("ix_tickets_origin", "origin", "id"),
        Index("ix_tickets_assignee", "assignee", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    receipt_number: Mapped[str] = mapped_column(String(20), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    topic: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    version: Mapped[int] = mapped_column(default=1)
    """Counted up by every change: a change made from an older page is refused, not lost."""
    office: Mapped[str] = mapped_column(String(64))
    """Id of the body in charge (data/policy/offices.yml)."""
    routed_by: Mapped[str] = mapped_column(String(160), default="")
    """The rule that chose it (`Decision.rule`), shown to staff."""
    assignee: Mapped[str | None] = mapped_column(String(64))
    """Login of the person who handles it."""
    transfers: Mapped[int] = mapped_column(default=0)
    origin: Mapped[str] = mapped_column(String(8), default="chat")
    fields: Mapped[dict[str, str]] = mapped_column(JSON)
    """What the citizen told, by field; personal data stand as placeholders."""
    language: Mapped[str] = mapped_column(String(2))
    place: Mapped[str | None] = mapped_column(String(120))
    """The one place that the location names, in its usual spelling; None where it does not tell."""
    city: Mapped[str | None] = mapped_column(String(16))
    district: Mapped[str | None] = mapped_column(String(32))
    latitude: Mapped[float | None]
    """WGS 84, degrees; only where the citizen shared the spot or the place is a point."""
    longitude: Mapped[float | None]
    conversation_id: Mapped[str | None] = mapped_column(String(36), index=True)
    message_id: Mapped[str | None] = mapped_column(String(64))
    """What opened it (a message, or another system's own id): it never opens a second ticket."""
    check_code_hash: Mapped[str] = mapped_column(String(128))
    petition: Mapped[str] = mapped_column(String(32))
    """Kind of petition of the legal clock (data/policy/tickets.yml), e.g. `other`."""
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    extended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When its term was extended: once at most (민원 처리에 관한 법률 시행령 제21조)."""
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when the clock stands still because the citizen was asked for more (보완 요청)."""
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When its office was last reminded of the term."""
    external_number: Mapped[str | None] = mapped_column(String(64))
    """Its number in the other body's own system."""
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    """The ticket that this one duplicates; what its citizen is told follows that one."""
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incidents.id"), index=True)
    wanted_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    wanted_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the citizen wishes to be called back or visited, as far as the words tell."""
    appointment_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    """The confirmed moment of a visit."""
    officer: Mapped[str | None] = mapped_column(String(64))
    """Who visits, as the citizen is told."""
    consent_version: Mapped[str | None] = mapped_column(String(32))
    consented_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rating: Mapped[int | None]
    """1 to 5, as the citizen rated the handling when it was done."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When nobody had to act any more: None exactly while its state is an open one."""

    events: Mapped[list["TicketEvent"]] = relationship(
        back_populates="ticket", order_by="TicketEvent.id"
    )
    secrets: Mapped[list["TicketSecret"]] = relationship(back_populates="ticket")

    __mapper_args__ = {"version_id_col": version}  # how SQLAlchemy reads it


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
    __table_args__ = (Index("ix_ticket_events_untold", "tell_citizen", "told_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    actor: Mapped[str] = mapped_column(String(64))
    """`citizen`, `bot`, `system`, or `staff:<login>`."""
    what: Mapped[str] = mapped_column(String(32))
    """`opened`, `moved`, `assigned`, `transferred`, `returned` (not ours), `extended`, `asked` (for
    more), `told` (by the citizen, what was asked), `noted` (for staff), `replied` (to the citizen),
    `merged`, `split`, `joined`, `tried` (a call back), `appointed`, `reminded`, `rated`,
    `reopened`, `numbered` (in another system), `looked` (at personal data), `checked` (by the
    citizen) or `forgotten` (personal data, when the ticket ended)."""
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
