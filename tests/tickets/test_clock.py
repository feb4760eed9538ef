from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import holidays
from bot.hours import SEOUL
from bot.tickets import clock
from bot.tickets.policy import Term, TicketPolicy, ticket_policy
from bot.wording import LANGUAGES, wording

CALENDAR = clock.known_calendar()
PETITIONS = sorted(ticket_policy().petitions)
IN_DAYS = sorted(
    name for name, term in ticket_policy().petitions.items() if term.working_hours is None
)
# Far enough from the last known year for the longest term, extended and paused.
MOMENTS = st.datetimes(
    min_value=datetime(2025, 1, 1),
    max_value=datetime(2027, 9, 30),
    timezones=st.sampled_from([UTC, SEOUL]),
)
DAYS = st.dates(min_value=date(2025, 1, 1), max_value=date(2027, 12, 31))
PAUSES = st.timedeltas(min_value=timedelta(), max_value=timedelta(days=14))
WHY = "관계 기관의 협조가 필요해요."


def seoul(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


def days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)


def with_term(**term: int) -> TicketPolicy:
    return ticket_policy().model_copy(update={"petitions": {"x": Term(**term)}})


def also_off(day: date) -> clock.Calendar:
    """The calendar with one holiday more."""
    known = holidays.known()
    return clock.Calendar(replace(known, names={**known.names, day: ("x",)}))


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


@given(petition=st.sampled_from(PETITIONS), received=MOMENTS, day=DAYS)
def test_a_holiday_more_never_lets_a_term_end_earlier(
    petition: str, received: datetime, day: date
) -> None:
    with_one_more = clock.due(petition, received, calendar=also_off(day))
    assert with_one_more >= clock.due(petition, received)


# Extension


@pytest.mark.parametrize(
    ("petition", "due", "extended"),
    [
        ("grievance", "2026-12-01 18:00", "2026-12-10 18:00"),
        ("grievance", "2026-09-22 18:00", "2026-10-06 18:00"),  # over 추석 and 개천절
        ("suggestion", "2026-12-10 18:00", "2026-12-31 18:00"),  # over Christmas
        ("other", "2026-11-23 14:00", "2026-11-23 17:00"),
        ("other", "2026-11-27 17:00", "2026-11-30 11:00"),
    ],
)
def test_an_extension_is_the_same_term_once_more(petition: str, due: str, extended: str) -> None:
    assert clock.extended(petition, seoul(due), reason=WHY, extended_at=None) == seoul(extended)


def test_an_extension_may_be_shorter_than_the_term() -> None:
    longer = clock.extended(
        "grievance",
        seoul("2026-12-01 18:00"),
        reason=WHY,
        extended_at=None,
        by=Term(days=2),
    )
    assert longer == seoul("2026-12-03 18:00")


@pytest.mark.parametrize(
    ("what", "given"),
    [
        ("reason", {"reason": "  "}),
        ("once", {"extended_at": seoul("2026-11-30 10:00")}),
        ("at most itself", {"by": Term(days=8)}),
    ],
)
def test_no_term_is_extended_without_reason_or_twice_or_by_more_than_itself(
    what: str, given: dict[str, Any]
) -> None:
    usual: dict[str, Any] = {"reason": WHY, "extended_at": None}
    with pytest.raises(clock.TermRefused, match=what):
        clock.extended("grievance", seoul("2026-12-01 18:00"), **{**usual, **given})


@given(petition=st.sampled_from(PETITIONS), received=MOMENTS)
def test_an_extended_term_holds_at_most_twice_the_working_time(
    petition: str, received: datetime
) -> None:
    due = clock.due(petition, received)
    extended = clock.extended(petition, due, reason=WHY, extended_at=None)
    term = ticket_policy().petitions[petition]
    own = timedelta(hours=term.hours or 8 * (term.days or 0))
    assert clock.working_time(due, extended) == own
    assert clock.working_time(received, extended) <= 2 * own


# Pauses


@pytest.mark.parametrize(
    ("paused", "resumed", "due"),
    [
        ("2026-11-24 10:00", "2026-11-26 10:00", "2026-12-03 18:00"),
        ("2026-11-24 10:00", "2026-11-24 14:00", "2026-12-02 12:00"),  # three hours of work
        ("2026-11-27 18:00", "2026-11-30 09:00", "2026-12-01 18:00"),  # only over a weekend
        ("2026-11-24 10:00", "2026-11-24 10:00", "2026-12-01 18:00"),
    ],
)
def test_what_the_citizen_takes_to_complete_it_does_not_count(
    paused: str, resumed: str, due: str
) -> None:
    before = seoul("2026-12-01 18:00")
    assert clock.resumed(before, seoul(paused), seoul(resumed)) == seoul(due)


@given(petition=st.sampled_from(PETITIONS), received=MOMENTS, pause=PAUSES, waited=PAUSES)
def test_a_pause_shifts_the_term_by_the_working_time_it_lasted(
    petition: str, received: datetime, pause: timedelta, waited: timedelta
) -> None:
    due = clock.due(petition, received)
    paused_at = received + waited
    resumed = clock.resumed(due, paused_at, paused_at + pause)
    stopped = clock.working_time(paused_at, paused_at + pause)
    assert clock.working_time(due, resumed) == stopped
    assert resumed >= due


@given(received=MOMENTS, waited=PAUSES, one=PAUSES, other=PAUSES)
def test_two_pauses_on_end_are_one(
    received: datetime, waited: timedelta, one: timedelta, other: timedelta
) -> None:
    due = clock.due("grievance", received)
    start, middle = received + waited, received + waited + one
    end = middle + other
    twice = clock.resumed(clock.resumed(due, start, middle), middle, end)
    assert twice == clock.resumed(due, start, end)


# Transfers and investigations


@pytest.mark.parametrize(
    ("received", "to_another_agency", "due"),
    [
        ("2026-11-23 10:00", False, "2026-11-23 14:00"),
        ("2026-11-23 10:00", True, "2026-11-24 10:00"),
        ("2026-11-27 17:00", True, "2026-11-30 17:00"),
        ("2026-06-02 17:00", False, "2026-06-04 11:00"),  # over the elections
    ],
)
def test_a_transfer_takes_three_working_hours_and_eight_to_another_agency(
    received: str, to_another_agency: bool, due: str
) -> None:
    assert clock.transfer_due(seoul(received), to_another_agency) == seoul(due)


def test_an_investigation_on_the_spot_adds_up_to_fourteen_days_to_a_grievance() -> None:
    due = seoul("2026-12-01 18:00")
    assert clock.investigated("grievance", due) == seoul("2026-12-21 18:00")
    assert clock.investigated("grievance", due, days=1) == seoul("2026-12-02 18:00")


@pytest.mark.parametrize(
    ("petition", "days"), [("question", 3), ("grievance", 15), ("grievance", 0)]
)
def test_nothing_else_is_investigated_nor_for_longer(petition: str, days: int) -> None:
    with pytest.raises(clock.TermRefused):
        clock.investigated(petition, seoul("2026-12-01 18:00"), days=days)


# Holidays


@pytest.mark.parametrize(
    "day", ["2025-01-27", "2025-06-03", "2026-06-03", "2026-05-01", "2026-07-17", "2027-02-09"]
)
def test_elections_restored_and_substitute_holidays_are_no_working_days(day: str) -> None:
    assert not CALENDAR.is_working_day(date.fromisoformat(day))


def test_before_2026_labour_day_and_constitution_day_were_working_days() -> None:
    assert CALENDAR.is_working_day(date(2025, 5, 1))
    assert CALENDAR.is_working_day(date(2025, 7, 17))


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
