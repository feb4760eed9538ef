"""The table of the kill switches: what staff turned off, when, why, and who turned it on again."""

from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.database import Base, UtcDateTime, utc_now

Scope = Literal["bot", "channel", "topic"]
SCOPES: tuple[Scope, ...] = get_args(Scope)


class Switch(Base):
    """One time that the bot was off: wholly, on a channel, or for a topic. Never deleted."""

    __tablename__ = "switches"
    __table_args__ = (Index("ix_switches_off", "on_at", "scope", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(String(8))
    subject: Mapped[str] = mapped_column(String(64), default="")
    """The channel or the topic; empty for the whole bot."""
    reason: Mapped[str] = mapped_column(String(500))
    """Why, for staff."""
    banner_ko: Mapped[str] = mapped_column(String(300))
    """What citizens read meanwhile."""
    banner_en: Mapped[str] = mapped_column(String(300))
    off_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    off_by: Mapped[str] = mapped_column(String(64))
    on_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    on_by: Mapped[str | None] = mapped_column(String(64))
