from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from bot.database import Database
from bot.hours import SEOUL
from bot.tickets.lists import Wanted, counted, cursor, listed
from bot.tickets.models import Ticket
from tests.tickets.stored import stored

NOW = datetime(2026, 10, 12, 10, tzinfo=SEOUL)
HOUR = timedelta(hours=1)


def numbers(tickets: list[Ticket]) -> list[int]:
    return [ticket.id for ticket in tickets]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(), [1, 2, 3, 4]),
        (Wanted(open=True), [1, 2, 3]),
        (Wanted(open=False), [4]),
        (Wanted(states=("received", "done")), [1, 4]),
        (Wanted(office="kepco"), [2]),
        (Wanted(topic="road_damage"), [3]),
        (Wanted(assignee="kim"), [2]),
        (Wanted(city="제주시", district="애월읍"), [3]),
        (Wanted(kind="visit"), [3]),
        (Wanted(office="kepco", kind="visit"), []),
        (Wanted(receipt=" 120-2026-900002 "), [2]),
        (Wanted(receipt="120-2026-900009"), []),
        (Wanted(receipt="아무거나"), []),
    ],
)
def test_each_filter_chooses(database: Database, wanted: Wanted, expected: list[int]) -> None:
    with database.writing() as session:
        rows: list[dict[str, Any]] = [
            {},
            {"office": "kepco", "state": "assigned", "assignee": "kim"},
            {
                "topic": "road_damage",
                "state": "in_progress",
                "kind": "visit",
                "city": "제주시",
                "district": "애월읍",
            },
            {"state": "done", "done_at": NOW},
        ]
        ids = [
            stored(session, receipt_number=f"120-2026-90000{n}", **row).id
            for n, row in enumerate(rows, start=1)
        ]
        found = listed(session, wanted, now=NOW)
        assert sorted(numbers(found)) == [ids[n - 1] for n in expected]
        assert counted(session, wanted, NOW) == len(expected)


def test_what_is_overdue_or_due_soon_has_a_running_clock(database: Database) -> None:
    with database.writing() as session:
        over = stored(session, due_at=NOW - HOUR).id
        stored(session, due_at=NOW - HOUR, paused_at=NOW - 2 * HOUR, state="awaiting_citizen")
        stored(session, due_at=NOW - HOUR, done_at=NOW, state="done")
        # Eight working hours from Monday ten o'clock end on Tuesday at ten.
        soon = stored(session, due_at=NOW + timedelta(days=1)).id
        stored(session, due_at=NOW + timedelta(days=1, minutes=1))
        assert numbers(listed(session, Wanted(due="overdue"), now=NOW)) == [over]
        assert numbers(listed(session, Wanted(due="soon"), now=NOW)) == [soon]


def test_pages_by_due_date_miss_and_repeat_nothing(database: Database) -> None:
    with database.writing() as session:
        for number in range(23):
            stored(session, due_at=NOW + timedelta(days=number % 4))
        whole = numbers(listed(session, Wanted(open=True), order="due", limit=100))
        paged: list[int] = []
        after = None
        while page := listed(session, Wanted(open=True), order="due", after=after, limit=5):
            paged += numbers(page)
            after = cursor(page[-1])
        assert paged == whole
        assert len(set(paged)) == 23


def test_a_ticket_that_comes_between_two_pages_moves_nothing(database: Database) -> None:
    with database.writing() as session:
        first_ids = [stored(session).id for _ in range(4)]
        first = listed(session, limit=2)
        stored(session)
        second = listed(session, limit=2, after=cursor(first[-1]))
        assert numbers(first) + numbers(second) == first_ids[::-1]


def test_the_list_of_the_open_reads_an_index_of_the_open_alone(database: Database) -> None:
    with database.writing() as session:
        for number in range(200):
            stored(session, state="done", done_at=NOW, due_at=NOW - number * HOUR)
        stored(session)
        plan = _plan(session, "SELECT id FROM tickets WHERE done_at IS NULL ORDER BY due_at, id")
        assert "ix_tickets_open_due" in plan


def _plan(session: Session, query: str) -> str:
    if session.get_bind().dialect.name == "sqlite":
        return str(session.execute(text(f"EXPLAIN QUERY PLAN {query}")).all())
    session.execute(text("ANALYZE tickets"))
    session.execute(text("SET LOCAL enable_seqscan = off"))
    session.execute(text("SET LOCAL enable_sort = off"))
    return str(session.execute(text(f"EXPLAIN {query}")).all())
