from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.hours import SEOUL
from bot.paths import POLICY
from bot.tickets import clock
from bot.tickets.errors import PolicyError
from bot.tickets.policy import Term, TicketPolicy, ticket_policy
from bot.wording import LANGUAGES, wording

CALENDAR = clock.known_calendar()
PETITIONS = sorted(ticket_policy().petitions)
IN_DAYS = sorted(
    name for name, term in ticket_policy().petitions.items() if term.working_hours is None
)
# Far enough from the last known year for the longest term.
MOMENTS = st.datetimes(
    min_value=datetime(2025, 1, 1),
    max_value=datetime(2027, 11, 30),
    timezones=st.sampled_from([UTC, SEOUL]),
)


def seoul(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


def days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)


def with_term(**term: int) -> TicketPolicy:
    return ticket_policy().model_copy(update={"petitions": {"x": Term(**term)}})


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-11-23 10:00", "2026-11-23 14:00"),  # the lunch hour does not count
        ("2026-11-23 09:00", "2026-11-23 12:00"),  # ends with the morning, not after lunch
        ("2026-11-23 12:30", "2026-11-23 16:00"),
        ("2026-11-23 15:00", "2026-11-23 18:00"),
        ("2026-11-23 17:00", "2026-11-24 11:00"),
        ("2026-11-23 06:00", "2026-11-23 12:00"),
        ("2026-11-23 22:00", "2026-11-24 12:00"),
        ("2026-11-27 17:30", "2026-11-30 11:30"),  # over a weekend
        ("2026-09-23 17:00", "2026-09-28 11:00"),  # over 추석, which ends on a Saturday
        ("2026-05-01 10:00", "2026-05-04 12:00"),  # 노동절
        ("2026-07-17 10:00", "2026-07-20 12:00"),  # 제헌절
    ],
)
def test_at_once_is_three_working_hours(received: str, due: str) -> None:
    assert clock.due("other", seoul(received)) == seoul(due)


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-11-23 10:00", "2026-12-01 18:00"),  # Monday is the first day
        ("2026-11-23 23:50", "2026-12-01 18:00"),
        ("2026-11-28 10:00", "2026-12-08 18:00"),  # a Saturday is no first day
        ("2026-05-29 10:00", "2026-06-09 18:00"),  # the elections of 3 June do not count
        ("2025-01-24 10:00", "2025-02-07 18:00"),  # nor 27 January 2025, nor 설날
    ],
)
def test_seven_days_include_the_first_and_leave_out_what_is_no_working_day(
    received: str, due: str
) -> None:
    assert clock.due("grievance", seoul(received)) == seoul(due)


def test_a_suggestion_has_fourteen_days() -> None:
    assert clock.due("suggestion", seoul("2026-11-23 10:00")) == seoul("2026-12-10 18:00")


def test_five_days_are_forty_working_hours_and_six_are_days() -> None:
    received = seoul("2026-11-23 10:00")
    five = clock.due("x", received, policy=with_term(days=5))
    assert five == seoul("2026-11-30 10:00")
    six = clock.due("x", received, policy=with_term(days=6))
    assert six == seoul("2026-11-30 18:00")


def test_the_day_is_the_day_in_seoul() -> None:
    late_on_sunday_utc = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
    assert clock.due("other", late_on_sunday_utc) == seoul("2026-11-23 12:00")


def test_an_unknown_petition_is_named() -> None:
    with pytest.raises(clock.UnknownPetition, match="poem"):
        clock.due("poem", seoul("2026-11-23 10:00"))


def test_a_term_that_reaches_a_year_without_holidays_is_refused() -> None:
    with pytest.raises(clock.UnknownYear, match=r"2028.*holidays\.yml"):
        clock.due("suggestion", seoul("2027-12-28 10:00"))


def test_a_year_before_the_known_ones_is_refused() -> None:
    with pytest.raises(clock.UnknownYear, match="2024"):
        CALENDAR.is_working_day(date(2024, 5, 7))


@given(petition=st.sampled_from(PETITIONS), received=MOMENTS)
def test_a_deadline_lies_in_working_time_after_the_receipt(
    petition: str, received: datetime
) -> None:
    due = clock.due(petition, received)
    assert due > received
    assert CALENDAR.is_working_day(due.date())
    stretches = ticket_policy().working_hours
    assert any(opens < due.time() <= closes for opens, closes in stretches)


@given(received=MOMENTS, hours=st.integers(1, 40))
def test_a_term_in_hours_holds_exactly_so_much_working_time(received: datetime, hours: int) -> None:
    due = clock.due("x", received, policy=with_term(hours=hours))
    assert clock.working_time(received, due) == timedelta(hours=hours)


@given(petition=st.sampled_from(IN_DAYS), received=MOMENTS)
def test_a_term_in_days_holds_exactly_so_many_working_days(
    petition: str, received: datetime
) -> None:
    due = clock.due(petition, received)
    counted = [
        day
        for day in days(received.astimezone(SEOUL).date(), due.date())
        if CALENDAR.is_working_day(day)
    ]
    assert len(counted) == ticket_policy().petitions[petition].days
    assert due.time() == time(18)


@given(petition=st.sampled_from(PETITIONS), one=MOMENTS, other=MOMENTS)
def test_what_comes_earlier_is_not_due_later(petition: str, one: datetime, other: datetime) -> None:
    earlier, later = sorted((one, other))
    assert clock.due(petition, earlier) <= clock.due(petition, later)


def test_working_time_backwards_is_none() -> None:
    assert clock.working_time(seoul("2026-11-24 10:00"), seoul("2026-11-23 10:00")) == timedelta()


def test_every_holiday_has_a_source_and_stands_once() -> None:
    read = yaml.safe_load((POLICY / "holidays.yml").read_text(encoding="utf-8"))
    assert sorted(read) == [2025, 2026, 2027]
    for holidays in read.values():
        dates = [holiday["date"] for holiday in holidays]
        assert dates == sorted(set(dates))
        assert all(holiday["source"] for holiday in holidays)


@pytest.mark.parametrize(
    "day", ["2025-01-27", "2025-06-03", "2026-06-03", "2026-05-01", "2026-07-17", "2027-02-09"]
)
def test_elections_restored_and_substitute_holidays_are_no_working_days(day: str) -> None:
    assert not CALENDAR.is_working_day(date.fromisoformat(day))


def test_before_2026_labour_day_and_constitution_day_were_working_days() -> None:
    assert CALENDAR.is_working_day(date(2025, 5, 1))
    assert CALENDAR.is_working_day(date(2025, 7, 17))


@pytest.mark.parametrize(
    "text",
    [
        "2026: [{date: 2026-13-01, name: x, source: y}]",
        "2026: [{date: 2025-01-01, name: x, source: y}]",
        "2026: [{date: 2026-01-01, name: x}]",
        "- x",
        "2026: [",
    ],
)
def test_a_broken_file_of_holidays_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "holidays.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError, match=r"holidays\.yml"):
        clock.Calendar.load(path)


@pytest.mark.parametrize("term", [{}, {"days": 3, "hours": 3}, {"days": 0}, {"hours": -1}])
def test_a_term_is_in_days_or_in_hours(term: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        Term(**term)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_term_that_citizens_read_is_the_term_of_the_policy(language: str) -> None:
    for petition, term in ticket_policy().petitions.items():
        said = wording().text(clock.term_key(petition), language)
        assert str(term.days or term.hours) in said
        wording().text(f"ticket.petition_{petition}", language)
