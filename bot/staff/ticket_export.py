"""A list of tickets as a file: what `bot.tickets.export` lets out, and no more."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session

from bot.database import utc_now
from bot.staff.service import Staff, audit
from bot.staff.tickets import Asked
from bot.tickets import export
from bot.tickets.export import Chosen


@dataclass(frozen=True)
class _Listed(Chosen):
    """The tickets of a list."""

    asked: Asked = field(default_factory=Asked)
    now: datetime = field(default_factory=utc_now)

    def narrow[*T](self, query: Select[*T]) -> Select[*T]:
        """A query of tickets, narrowed to those of the list."""
        return query.where(*self.asked.conditions(self.now))


def note(session: Session, *, staff: Staff, chosen: dict[str, str], now: datetime) -> None:
    """Record that a list was taken out, and which."""
    audit(
        session,
        login=staff.login,
        what="ticket_export",
        subject="tickets",
        now=now,
        details=dict[str, Any](chosen),
    )


def lines(session: Session, asked: Asked, *, format: str, now: datetime) -> Iterator[str]:
    """The tickets of a list in the order of their opening, as CSV or as JSON lines (`jsonl`)."""
    table = export.rows(session, _Listed(asked=asked, now=now))
    if format == "csv":
        return export.as_csv(table, bom=True)
    return export.as_json_lines(table)
