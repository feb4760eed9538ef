"""Tables of the staff pages: accounts, sessions, sign-in attempts, and the audit log."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import DDL, JSON, ForeignKey, Index, String, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column

from bot.database import Base, UtcDateTime, utc_now


class StaffAccount(Base):
    """A person of the centre who may sign in."""

    __tablename__ = "staff_accounts"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(16), default="counsellor")
    password_hash: Mapped[str] = mapped_column(String(200))
    must_change: Mapped[bool] = mapped_column(default=True)
    """True after `ilsa staff add|reset`: the one-time password opens only the change page."""
    office: Mapped[str | None] = mapped_column(String(64))
    """The body whose tickets a department officer handles (data/policy/offices.yml)."""
    issuer: Mapped[str | None] = mapped_column(String(255))
    subject: Mapped[str | None] = mapped_column(String(255))
    """Who this is at the OpenID provider, once the person signed in there."""
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)


class StaffSession(Base):
    """A signed-in browser; the cookie's value is stored hashed."""

    __tablename__ = "staff_sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[str] = mapped_column(String(36), unique=True, default=lambda: str(uuid4()))
    """Names it on the pages, where the token's hash has no place."""
    agent: Mapped[str] = mapped_column(String(200), default="")
    """The browser, as it calls itself."""
    account_id: Mapped[int] = mapped_column(ForeignKey("staff_accounts.id"), index=True)
    csrf_token: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class SignInAttempt(Base):
    """A failed sign-in, kept for throttling by login and by address."""

    __tablename__ = "sign_in_attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(64), index=True)
    address: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)


class AuditEvent(Base):
    """What a staff member did or looked at; only ever added to."""

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_login", "login", "at"),
        Index("ix_audit_events_subject", "subject", "at"),
        Index("ix_audit_events_what", "what", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
    login: Mapped[str] = mapped_column(String(64))
    what: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(64))
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


APPEND_ONLY = {
    "sqlite": [
        f"CREATE TRIGGER audit_events_no_{what.lower()} BEFORE {what} ON audit_events "
        "BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END"
        for what in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION audit_events_append_only() RETURNS trigger AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit log is only added to'; END $$ LANGUAGE plpgsql",
        "CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
        "ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION audit_events_append_only()",
    ],
}
"""What the database itself holds the log to, by engine; the migration runs the same."""

for _engine, _statements in APPEND_ONLY.items():
    for _statement in _statements:
        event.listen(
            AuditEvent.__table__,
            "after_create",
            DDL(_statement).execute_if(dialect=_engine),  # type: ignore[no-untyped-call]
        )
