from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bot.database import Database
from bot.hours import SEOUL
from bot.tickets import clock
from bot.tickets.statistics import COLUMNS, Figures, Statistics, of_month
from bot.tickets.suppression import LEAST, withheld
from tests.tickets.stored import OPENED, stored

OCTOBER = date(2026, 10, 1)
LATER = datetime(2026, 11, 20, 9, 0, tzinfo=SEOUL)
COUNTS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 40), max_size=8)


def many(session: Session, count: int, **given: Any) -> None:
    for _ in range(count):
        stored(session, **given)


def measured(
    database: Database, fill: Callable[[Session], None], now: datetime = LATER
) -> Statistics:
    with database.writing() as session:
        fill(session)
    with database.reading() as session:
        return of_month(session, first=OCTOBER, now=now)


# What may be told


@pytest.mark.parametrize(
    ("counts", "left_out"),
    [
        ({}, ""),
        ({"a": 9, "b": 5, "c": 0}, ""),
        ({"a": 30, "b": 7, "c": 3}, "bc"),  # the smallest other goes with it
        ({"a": 30, "b": 4, "c": 4}, "bc"),
        ({"a": 30, "b": 3, "c": 3, "d": 9}, "bc"),  # 6: one may be 5
        ({"a": 30, "b": 1, "c": 1, "d": 9}, "bcd"),  # 2 could only be 1 and 1
        ({"a": 30, "b": 1, "c": 1, "d": 0}, "abc"),
        ({"a": 4}, "a"),
        ({"a": 1, "b": 1, "c": 0}, "abc"),  # cannot be had: everything
    ],
)
def test_counts_under_five_and_what_would_betray_them_are_left_out(
    counts: dict[str, int], left_out: str
) -> None:
    assert withheld(counts) == frozenset(left_out)


@given(COUNTS)
def test_nobody_can_work_out_a_count_under_five_from_the_sum(counts: dict[str, int]) -> None:
    left_out = withheld(counts)
    small = {name for name, count in counts.items() if 0 < count < LEAST}
    assert small <= left_out
    if not small:
        assert not left_out
    if left_out < set(counts):
        rest = sum(counts.values()) - sum(counts[name] for name in counts if name not in left_out)
        # Each may be 1 (the others take the rest) and may be 5 or more (the others are 1).
        assert not left_out or (len(left_out) > 1 and rest - (len(left_out) - 1) >= LEAST)


@given(COUNTS)
def test_no_more_than_needed_is_left_out(counts: dict[str, int]) -> None:
    left_out = withheld(counts)
    large = sorted(counts[name] for name in left_out if counts[name] >= LEAST)
    told = [counts[name] for name in counts if name not in left_out and counts[name]]
    assert not (large and told) or large[-1] <= min(told)


# Figures


def test_a_month_is_counted_by_topic_office_district_and_state(database: Database) -> None:
    def fill(session: Session) -> None:
        many(session, 6, city="제주시", district="노형동")
        many(session, 8, topic="road_damage", office="waterworks", state="done", done_at=OPENED)

    found = measured(database, fill)
    assert found.month == "2026-10"
    assert found.measured_at == "2026-11-20T09:00:00+09:00"
    assert found.total.opened == 14
    counted = {
        table: {name: figures.opened for name, figures in groups.items()}
        for table, groups in found.tables.items()
    }
    assert counted == {
        "topic": {"road_damage": 8, "street_light": 6},
        "office": {"jeju120": 6, "waterworks": 8},
        "district": {"unknown": 8, "제주시 노형동": 6},
        "state": {"done": 8, "received": 6},
    }


def test_the_dong_of_one_name_in_both_cities_are_two(database: Database) -> None:
    def fill(session: Session) -> None:
        many(session, 6, city="제주시", district="중앙동")
        many(session, 5, city="서귀포시", district="중앙동")

    assert set(measured(database, fill).tables["district"]) == {"제주시 중앙동", "서귀포시 중앙동"}


def test_the_month_is_that_of_jeju(database: Database) -> None:
    october = datetime(2026, 10, 1, 0, 0, tzinfo=SEOUL)
    november = datetime(2026, 11, 1, 0, 0, tzinfo=SEOUL)

    def fill(session: Session) -> None:
        many(session, 5, created_at=october)
        many(session, 5, created_at=november - timedelta(microseconds=1))
        many(session, 5, created_at=october - timedelta(microseconds=1))
        many(session, 5, created_at=november)

    assert measured(database, fill).total.opened == 10


def test_the_handling_is_measured_in_working_hours(database: Database) -> None:
    friday_afternoon = datetime(2026, 10, 16, 17, 0, tzinfo=SEOUL)
    monday_morning = datetime(2026, 10, 19, 11, 0, tzinfo=SEOUL)

    def fill(session: Session) -> None:
        done = {"state": "done", "created_at": friday_afternoon}
        many(session, 3, **done, done_at=monday_morning)  # three hours of work
        many(session, 2, **done, done_at=friday_afternoon + timedelta(minutes=30))
        many(session, 9, state="cancelled", done_at=OPENED + timedelta(days=30))

    assert measured(database, fill).total.median_working_hours == 3.0


def test_a_median_of_fewer_than_five_is_not_told(database: Database) -> None:
    def fill(session: Session) -> None:
        many(session, 4, state="done", done_at=OPENED + timedelta(hours=1))
        many(session, 6)

    assert measured(database, fill).total.median_working_hours is None


def test_the_share_within_the_term_counts_the_handled_and_the_overdue(database: Database) -> None:
    due = OPENED + timedelta(days=2)

    def fill(session: Session) -> None:
        many(session, 14, state="done", due_at=due, done_at=due)
        many(session, 5, state="done", due_at=due, done_at=due + timedelta(seconds=1))
        many(session, 1, due_at=LATER - timedelta(seconds=1))  # overdue
        many(session, 7, due_at=LATER + timedelta(seconds=1))  # not decided yet
        many(session, 6, due_at=due, state="duplicate")
        many(session, 6, due_at=due, state="awaiting_citizen", paused_at=due - timedelta(hours=1))

    assert measured(database, fill).total.within_term == 0.7


def test_transfers_and_duplicates_are_counted(database: Database) -> None:
    def fill(session: Session) -> None:
        first = stored(session)
        many(session, 5, transfers=2)
        many(session, 6, parent_id=first.id, state="duplicate")

    total = measured(database, fill).total
    assert total.transfers_per_ticket == round(10 / 12, 2)
    assert total.duplicates == 6


def test_a_small_group_and_the_one_that_would_betray_it_have_no_figures(
    database: Database,
) -> None:
    def fill(session: Session) -> None:
        many(session, 3, topic="water_leak")
        many(session, 6, topic="road_damage")
        many(session, 20)

    found = measured(database, fill)
    assert found.total.opened == 29
    topics = found.tables["topic"]
    assert topics["water_leak"] == topics["road_damage"] == Figures()
    assert topics["street_light"].opened == 20


def test_a_table_that_would_betray_a_small_count_has_no_rows(database: Database) -> None:
    def fill(session: Session) -> None:
        for topic in ("water_leak", "road_damage", "street_light", "manhole_odor", "noise"):
            stored(session, topic=topic)

    found = measured(database, fill)
    assert found.total.opened == 5
    assert found.tables["topic"] == {}
    assert found.tables["office"]["jeju120"].opened == 5


def test_few_late_tickets_are_told_neither_of_a_group_nor_by_the_others(
    database: Database,
) -> None:
    def done(session: Session, count: int, topic: str, late: bool) -> None:
        due = OPENED + timedelta(days=2)
        at = due + timedelta(hours=1 if late else -1)
        many(session, count, topic=topic, state="done", due_at=due, done_at=at)

    def fill(session: Session) -> None:
        for topic, late in {"water_leak": 2, "road_damage": 6, "street_light": 9}.items():
            done(session, 30, topic, late=False)
            done(session, late, topic, late=True)

    found = measured(database, fill)
    shares = {name: figures.within_term for name, figures in found.tables["topic"].items()}
    assert shares == {"water_leak": None, "road_damage": None, "street_light": round(30 / 39, 3)}


def test_a_month_with_four_tickets_tells_nothing(database: Database) -> None:
    found = measured(database, lambda session: many(session, 4))
    assert found.total == Figures()
    assert all(groups == {} for groups in found.tables.values())


def test_a_month_without_tickets_says_so(database: Database) -> None:
    found = measured(database, lambda session: None)
    assert found.total.opened == 0
    assert len(list(found.rows())) == 1


def test_what_is_published_holds_the_same_in_rows_and_in_json(database: Database) -> None:
    def fill(session: Session) -> None:
        many(session, 6)

    found = measured(database, fill)
    for row in found.rows():
        assert tuple(row) == COLUMNS
    assert found.as_json()["tables"]["topic"]["street_light"]["opened"] == 6
    assert [row["table"] for row in found.rows()] == [
        "total",
        "topic",
        "office",
        "district",
        "state",
    ]


def test_a_month_without_known_holidays_is_refused(database: Database) -> None:
    long_ago = datetime(2024, 3, 4, 10, 0, tzinfo=SEOUL)
    with database.writing() as session:
        stored(session, created_at=long_ago, done_at=long_ago + timedelta(days=1), state="done")
    with database.reading() as session, pytest.raises(clock.UnknownYear, match="2024"):
        of_month(session, first=date(2024, 3, 1), now=LATER)
