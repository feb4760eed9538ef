"""The table of the notices: what staff have switched, and the notices that staff wrote."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.database import Base, UtcDateTime, utc_now

Switch = Literal["auto", "on", "off"]


class StoredNotice(Base):
    """How staff have set a notice of data/policy/notices.yml, or a whole notice of their own.

    A notice of the file that nobody ever touched has no row. One of the staff's own has texts.
    """

    __tablename__ = "notices"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    switch: Mapped[str] = mapped_column(String(4))
    """auto: its dates decide."""
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the switch ends and the dates decide again; None: when somebody changes it."""
    text_ko: Mapped[str | None] = mapped_column(String(200))
    text_en: Mapped[str | None] = mapped_column(String(200))
    topics: Mapped[list[Any]] = mapped_column(JSON, default=list)
    """Topic ids of a notice of the staff's own; empty: every topic."""
    created_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    changed_by: Mapped[str] = mapped_column(String(64))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
