"""What the figures are made of: periods, tables, counts by value and by hour."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, String, and_, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.hours import SEOUL
from bot.staff.errors import StaffError

LONGEST_DAYS = 92
SAMPLE = 5_000
"""Answers, calls, and talks with people, from which times are taken."""
HOUR = "%Y-%m-%d %H"


class BadPeriod(StaffError):
    """The period ends before it begins, or is longer than may be counted."""

    status = 422
    wording = "desk_statistics.error_period"


@dataclass(frozen=True)
class Period:
    """Whole days of Jeju, the last one included. Raises BadPeriod."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if not timedelta(0) <= self.last - self.first < timedelta(days=LONGEST_DAYS):
            raise BadPeriod(days=str(LONGEST_DAYS))

    def holds(self, column: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        """Whether a moment lies in it."""
        begins = datetime.combine(self.first, time(), SEOUL)
        ends = datetime.combine(self.last + timedelta(days=1), time(), SEOUL)
        return and_(column >= begins, column < ends)

    def days(self) -> list[date]:
        """Its days in their order."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


@dataclass(frozen=True)
class Table:
    """Counts by name; the page words `kind` and, where the names are codes, the names."""

    kind: str
    rows: tuple[tuple[str, int], ...]

    @property
    def most(self) -> int:
        """The largest count, at least 1."""
        return max([1, *(count for _, count in self.rows)])

    @property
    def total(self) -> int:
        """All of it."""
        return sum(count for _, count in self.rows)


def grouped(
    session: Session,
    column: InstrumentedAttribute[Any],
    at: InstrumentedAttribute[Any],
    period: Period,
    *conditions: ColumnElement[bool],
    limit: int = 100,
) -> tuple[tuple[str, int], ...]:
    """How often each value of a column stands in a period, the most frequent first."""
    count = func.count()
    found = session.execute(
        select(column, count)
        .where(period.holds(at), column.is_not(None), *conditions)
        .group_by(column)
        .order_by(count.desc(), column)
        .limit(limit)
    )
    return tuple((str(name), number) for name, number in found)


def by_hour(
    session: Session,
    at: InstrumentedAttribute[Any],
    period: Period,
    *conditions: ColumnElement[bool],
) -> dict[datetime, int]:
    """Counts by the hours of a period (UTC)."""
    by = hour(session, at).label("hour")
    query = select(by, func.count()).where(period.holds(at), *conditions).group_by(by)
    return {moment(text): count for text, count in session.execute(query)}


def hour(session: Session, at: InstrumentedAttribute[Any]) -> ColumnElement[str]:
    """The hour (UTC) of a moment as text, on either engine."""
    if session.get_bind().dialect.name == "sqlite":
        return func.substr(at, 1, 13, type_=String)
    return func.to_char(func.timezone("UTC", at), "YYYY-MM-DD HH24", type_=String)


def moment(hour: str) -> datetime:
    """An hour in Jeju from what the database calls it."""
    return datetime.strptime(hour, HOUR).replace(tzinfo=UTC).astimezone(SEOUL)


def share(part: int, whole: int) -> float | None:
    """A part of a whole, 0 to 1; None of nothing."""
    return round(part / whole, 3) if whole else None


def middle(values: list[float]) -> float | None:
    """The median; None of nothing."""
    return round(median(values), 1) if values else None


def slow(values: list[float]) -> float | None:
    """The time that 95 of 100 stay under."""
    if not values:
        return None
    return round(sorted(values)[min(len(values) - 1, int(len(values) * 0.95))], 1)
