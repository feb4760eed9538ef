"""The audit log as auditors read it: who looked at or changed what, newest first."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import spreadsheets
from bot.hours import SEOUL
from bot.staff.models import AuditEvent

PAGE = 100
COLUMNS = ("at", "login", "what", "subject", "details")


@dataclass(frozen=True)
class Wanted:
    """What of the log is asked for; an empty value asks for any."""

    login: str = ""
    what: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


def listed(
    session: Session, *, wanted: Wanted, before: int | None = None, limit: int = PAGE + 1
) -> list[AuditEvent]:
    """Entries, the newest first. `before`: the id of the last one of the page before."""
    query = select(AuditEvent).order_by(AuditEvent.id.desc()).limit(limit)
    for column, value in (
        (AuditEvent.login, wanted.login),
        (AuditEvent.what, wanted.what),
        (AuditEvent.subject, wanted.subject),
    ):
        if value:
            query = query.where(column == value)
    if wanted.since is not None:
        query = query.where(AuditEvent.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditEvent.at < wanted.until)
    if before is not None:
        query = query.where(AuditEvent.id < before)
    return list(session.scalars(query))


def kinds(session: Session) -> list[str]:
    """Every kind of act that the log knows, each read off the index once: the log is long."""
    first = select(func.min(AuditEvent.what).label("what")).cte("kinds", recursive=True)
    after = select(func.min(AuditEvent.what)).where(AuditEvent.what > first.c.what)
    every = first.union_all(select(after.scalar_subquery()).where(first.c.what.is_not(None)))
    return list(session.scalars(select(every.c.what).where(every.c.what.is_not(None))))


def as_csv(session: Session, *, wanted: Wanted) -> Iterator[str]:
    """The entries as lines of a CSV file with a header, safe to open in a spreadsheet."""
    return spreadsheets.as_csv(_rows(session, wanted), columns=COLUMNS, bom=True)


def _rows(session: Session, wanted: Wanted) -> Iterator[spreadsheets.Row]:
    before: int | None = None
    while rows := listed(session, wanted=wanted, before=before, limit=1000):
        for row in rows:
            yield {
                "at": row.at.astimezone(SEOUL).isoformat(timespec="seconds"),
                "login": row.login,
                "what": row.what,
                "subject": row.subject,
                "details": json.dumps(row.details, ensure_ascii=False) if row.details else "",
            }
        before = rows[-1].id
