"""Tickets as CSV or JSON lines, for staff: which body has what, and how it went.

Nobody's data go out: what the citizen wrote, the exact spot, the contact and the names of staff
stay. The place is named only for a report: where somebody is visited, somebody lives.
"""

import json
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import get_args

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from bot import offices, spreadsheets
from bot.hours import SEOUL
from bot.tickets.errors import TicketError
from bot.tickets.models import Kind, Ticket
from bot.tickets.policy import ticket_policy

COLUMNS = (
    *("receipt_number", "kind", "topic", "state", "office", "origin", "language"),
    *("city", "district", "place", "petition", "transfers", "rating", "external_number"),
    *("duplicate_of", "created_at", "due_at", "extended_at", "done_at"),
)
"""Moments are those of Asia/Seoul, in ISO 8601."""
BATCH = 1_000
EARLIEST, LATEST = date(2000, 1, 1), date(2999, 12, 31)
"""Between them every moment exists in every zone."""
Value = str | int | None
Row = Mapping[str, Value]


class UnknownChoice(TicketError):
    """There is no such state, kind or office to choose tickets by."""

    status = 422

    def __init__(self, name: str, value: str) -> None:
        self.name, self.value = name, value
        super().__init__(f"There is no {name} {value!r}.", name=name, value=value)


@dataclass(frozen=True)
class Chosen:
    """Which tickets are meant; what is None does not choose. Raises UnknownChoice."""

    state: str | None = None
    office: str | None = None
    topic: str | None = None
    kind: str | None = None
    first: date | None = None
    """The first day (in Asia/Seoul) on which they were opened."""
    last: date | None = None
    """The last such day, included."""

    def __post_init__(self) -> None:
        known: dict[str, Container[str]] = {
            "state": ticket_policy().states,
            "office": offices.offices(),
            "kind": get_args(Kind),
        }
        for name, values in known.items():
            value = getattr(self, name)
            if value is not None and value not in values:
                raise UnknownChoice(name, value)

    def narrow[*T](self, query: Select[*T]) -> Select[*T]:
        """A query of tickets, narrowed to those that are meant."""
        for name in ("state", "office", "topic", "kind"):
            if (value := getattr(self, name)) is not None:
                query = query.where(getattr(Ticket, name) == value)
        if self.first is not None:
            query = query.where(Ticket.created_at >= midnight(max(self.first, EARLIEST)))
        if self.last is not None:
            after = min(self.last, LATEST) + timedelta(days=1)
            query = query.where(Ticket.created_at < midnight(after))
        return query


def midnight(day: date) -> datetime:
    """The moment at which a day begins in Jeju."""
    return datetime(day.year, day.month, day.day, tzinfo=SEOUL)


def rows(session: Session, chosen: Chosen) -> Iterator[Row]:
    """The tickets that are meant, in the order of their opening, read in batches."""
    parent = select(Ticket.id, Ticket.receipt_number.label("number")).subquery("parents")
    query = chosen.narrow(
        select(
            *(getattr(Ticket, name) for name in COLUMNS if name != "duplicate_of"),
            parent.c.number.label("duplicate_of"),
        )
        .outerjoin(parent, parent.c.id == Ticket.parent_id)
        .order_by(Ticket.id)
    )
    for found in session.execute(query.execution_options(yield_per=BATCH)).mappings():
        row = {name: _plain(found[name]) for name in COLUMNS}
        if row["kind"] != "report":
            row["place"] = None
        yield row


def as_json_lines(table: Iterable[Row]) -> Iterator[str]:
    """One JSON object a line."""
    for row in table:
        yield json.dumps(row, ensure_ascii=False) + "\n"


def as_csv(
    table: Iterable[Row], *, columns: Iterable[str] = COLUMNS, bom: bool = False
) -> Iterator[str]:
    """A heading, then a line a ticket; see `spreadsheets.as_csv`."""
    return spreadsheets.as_csv(table, columns=columns, bom=bom)


def _plain(value: object) -> Value:
    if isinstance(value, datetime):
        return value.astimezone(SEOUL).isoformat(timespec="seconds")
    assert value is None or isinstance(value, str | int)
    return value
