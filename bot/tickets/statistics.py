"""Open statistics of a month: the tickets opened in it, by topic, office, district and state.

Nothing published tells of fewer than five tickets, directly or by subtraction from a sum
(bot/tickets/suppression.py): such a figure is None, and a table that cannot be told without telling
one has no rows.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import Row as Found
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.hours import SEOUL
from bot.tickets import clock
from bot.tickets.export import BATCH, Chosen
from bot.tickets.models import Ticket
from bot.tickets.suppression import LEAST, may_be_told, withheld

TABLES = ("topic", "office", "district", "state")
COLUMNS = (
    *("month", "table", "name", "opened", "within_term", "median_working_hours"),
    *("transfers_per_ticket", "duplicates"),
)
UNKNOWN = "unknown"
"""The district of tickets whose place does not tell it."""
NOT_HANDLED = ("cancelled", "duplicate")
"""States that say nothing about the term."""
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Figures:
    """What is told of a group of tickets; None is withheld, or has too few tickets to tell."""

    opened: int | None = None
    within_term: float | None = None
    """Share handled in time, of those handled or overdue, 0 to 1."""
    median_working_hours: float | None = None
    """From opening to the end of the handling."""
    transfers_per_ticket: float | None = None
    duplicates: int | None = None


@dataclass(frozen=True)
class Statistics:
    """The statistics of one month, as they may be published."""

    month: str
    measured_at: str
    total: Figures
    tables: Mapping[str, Mapping[str, Figures]]

    def as_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        return asdict(self)

    def rows(self) -> Iterator[dict[str, Any]]:
        """A row for the total and for each group, by COLUMNS."""
        yield {"month": self.month, "table": "total", "name": "", **asdict(self.total)}
        for table, groups in self.tables.items():
            for name, figures in groups.items():
                yield {"month": self.month, "table": table, "name": name, **asdict(figures)}


@dataclass
class _Group:
    opened: int = 0
    in_time: int = 0
    late: int = 0
    transfers: int = 0
    duplicates: int = 0
    hours: list[float] = field(default_factory=list)

    def add(self, ticket: "Found[Any]", hours: float | None, in_time: bool | None) -> None:
        self.opened += 1
        self.in_time += in_time is True
        self.late += in_time is False
        self.transfers += ticket.transfers
        self.duplicates += ticket.parent_id is not None
        if hours is not None:
            self.hours.append(hours)

    def figures(self) -> Figures:
        """What may be told of it when it stands alone."""
        decided = self.in_time + self.late
        term_told = decided and may_be_told(self.in_time) and may_be_told(self.late)
        enough = self.opened >= LEAST
        return Figures(
            opened=self.opened if may_be_told(self.opened) else None,
            within_term=round(self.in_time / decided, 3) if term_told else None,
            median_working_hours=round(median(self.hours), 1) if len(self.hours) >= LEAST else None,
            transfers_per_ticket=round(self.transfers / self.opened, 2)
            if enough and may_be_told(self.transfers)
            else None,
            duplicates=self.duplicates if enough and may_be_told(self.duplicates) else None,
        )


def of_month(session: Session, *, first: date, now: datetime) -> Statistics:
    """The statistics of the month of which `first` is the first day, as things stand at `now`.

    Raises clock.UnknownYear when the working days of its tickets are not known.
    """
    total = _Group()
    groups: dict[str, dict[str, _Group]] = {table: {} for table in TABLES}
    for ticket in _tickets(session, first):
        hours, in_time = _handling_hours(ticket), _in_time(ticket, now)
        total.add(ticket, hours, in_time)
        for table, name in _names(ticket).items():
            groups[table].setdefault(name, _Group()).add(ticket, hours, in_time)
    return Statistics(
        month=f"{first:%Y-%m}",
        measured_at=now.astimezone(SEOUL).isoformat(timespec="seconds"),
        total=total.figures(),
        tables={table: _published(found) for table, found in groups.items()},
    )


def _tickets(session: Session, first: date) -> "Iterable[Found[Any]]":
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    columns = (
        *(Ticket.topic, Ticket.office, Ticket.city, Ticket.district, Ticket.state),
        *(Ticket.transfers, Ticket.parent_id, Ticket.created_at, Ticket.due_at),
        *(Ticket.paused_at, Ticket.done_at),
    )
    query = Chosen(first=first, last=last).narrow(select(*columns))
    return session.execute(query.execution_options(yield_per=BATCH))


def _names(ticket: "Found[Any]") -> dict[str, str]:
    # Both cities have a 중앙동.
    district = f"{ticket.city or ''} {ticket.district}".strip() if ticket.district else UNKNOWN
    return {
        "topic": ticket.topic,
        "office": ticket.office,
        "district": district,
        "state": ticket.state,
    }


def _handling_hours(ticket: "Found[Any]") -> float | None:
    if ticket.done_at is None or ticket.state in NOT_HANDLED:
        return None
    return clock.working_time(ticket.created_at, ticket.done_at) / HOUR


def _in_time(ticket: "Found[Any]", now: datetime) -> bool | None:
    """Whether the term was kept; None while that is open."""
    if ticket.state in NOT_HANDLED:
        return None
    if ticket.done_at is not None:
        return bool(ticket.done_at <= ticket.due_at)
    # While the citizen is asked for more, the clock stands still.
    return False if (ticket.paused_at or now) > ticket.due_at else None


def _published(groups: Mapping[str, _Group]) -> dict[str, Figures]:
    """A table's groups in the order of their names, without what its sums would betray."""
    opened, late, in_time, transfers, duplicates = (
        withheld({name: getattr(group, what) for name, group in groups.items()})
        for what in ("opened", "late", "in_time", "transfers", "duplicates")
    )
    if opened >= set(groups):
        return {}
    published: dict[str, Figures] = {}
    for name, group in sorted(groups.items()):
        if name in opened:
            published[name] = Figures()
            continue
        told = group.figures()
        published[name] = Figures(
            opened=told.opened,
            within_term=None if name in late | in_time else told.within_term,
            median_working_hours=told.median_working_hours,
            transfers_per_ticket=None if name in transfers else told.transfers_per_ticket,
            duplicates=None if name in duplicates else told.duplicates,
        )
    return published
