from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot import holidays
from bot.holidays import HolidaysUnusable, UnknownYear

KNOWN = holidays.known()


def put(folder: Path, text: str) -> Path:
    path = folder / "holidays.yml"
    path.write_text(text, encoding="utf-8")
    return path


def all_days(years: frozenset[int]) -> Iterator[date]:
    day = date(min(years), 1, 1)
    while day.year <= max(years):
        yield day
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2025, 1, 27), "임시공휴일"),
        (date(2025, 3, 3), "삼일절 대체 휴일"),
        (date(2025, 5, 5), "부처님오신날"),  # on 어린이날
        (date(2025, 5, 5), "어린이날"),
        (date(2025, 6, 3), "대통령 선거일"),
        (date(2025, 10, 8), "추석 대체 휴일"),
        (date(2026, 3, 2), "삼일절 대체 휴일"),
        (date(2026, 5, 1), "노동절"),  # a public holiday from 2026
        (date(2026, 5, 25), "부처님오신날 대체 휴일"),
        (date(2026, 6, 3), "지방선거일"),
        (date(2026, 7, 17), "제헌절"),  # again a public holiday from 2026
        (date(2026, 8, 17), "광복절 대체 휴일"),
        (date(2027, 2, 9), "설날 대체 휴일"),
        (date(2027, 5, 3), "노동절 대체 휴일"),
    ],
)
def test_the_holidays_that_are_easily_missed_are_known_by_name(day: date, name: str) -> None:
    assert name in KNOWN.names[day]
    assert KNOWN.is_day_off(day)


@pytest.mark.parametrize(
    "day",
    [
        date(2025, 5, 1),  # 노동절 was no public holiday yet
        date(2025, 7, 17),
        date(2025, 1, 31),  # the day after 설날
        date(2026, 1, 2),
        date(2026, 6, 8),  # 현충일 has no substitute
        date(2026, 9, 28),  # 추석 on a Saturday has none either
    ],
)
def test_a_day_that_is_often_taken_for_one_is_no_holiday(day: date) -> None:
    assert not KNOWN.is_day_off(day)


def test_the_days_off_on_weekdays_are_those_that_were_written_down() -> None:
    # Written down here from the law, so that another version of the library cannot move a term.
    on_weekdays = {
        year: sorted(day for day in KNOWN.names if day.year == year and day.weekday() < 5)
        for year in KNOWN.years
    }
    written = {
        2025: "01-01 01-27 01-28 01-29 01-30 03-03 05-05 05-06 06-03 06-06 08-15 10-03 10-06 10-07"
        " 10-08 10-09 12-25",
        2026: "01-01 02-16 02-17 02-18 03-02 05-01 05-05 05-25 06-03 07-17 08-17 09-24 09-25 10-05"
        " 10-09 12-25",
        2027: "01-01 02-08 02-09 03-01 05-03 05-05 05-13 07-19 08-16 09-14 09-15 09-16 10-04 10-11"
        " 12-27",
    }
    expected = {
        year: [date.fromisoformat(f"{year}-{day}") for day in days.split()]
        for year, days in written.items()
    }
    assert on_weekdays == expected


def test_every_weekend_is_off() -> None:
    weekends = [day for day in all_days(KNOWN.years) if day.weekday() >= 5]
    assert len(weekends) > 300
    assert all(KNOWN.is_day_off(day) for day in weekends)


@pytest.mark.parametrize("day", [date(2024, 5, 7), date(2028, 1, 3), date(2101, 1, 1)])
def test_a_year_that_nobody_vouches_for_is_refused_with_what_to_do(day: date) -> None:
    with pytest.raises(UnknownYear, match=rf"{day.year}.*holidays\.yml"):
        KNOWN.is_day_off(day)


def test_a_temporary_holiday_is_added_and_an_error_removed_by_the_file(tmp_path: Path) -> None:
    corrected = holidays.load(
        put(
            tmp_path,
            "years: {first: 2026, last: 2027}\n"
            "added: [{date: 2027-10-08, name: 임시공휴일, source: 국무회의}]\n"
            "removed: [{date: 2027-12-27, name: 기독탄신일 대체 휴일, source: 월력요항}]\n",
        )
    )
    assert corrected.is_day_off(date(2027, 10, 8))
    assert corrected.names[date(2027, 10, 8)] == ("임시공휴일",)
    assert not corrected.is_day_off(date(2027, 12, 27))
    assert corrected.is_day_off(date(2027, 9, 15))


def test_an_added_name_stands_beside_the_librarys(tmp_path: Path) -> None:
    added = "added: [{date: 2027-05-13, name: 선거일, source: x}]"
    corrected = holidays.load(put(tmp_path, f"years: {{first: 2027, last: 2027}}\n{added}"))
    assert corrected.names[date(2027, 5, 13)] == ("부처님오신날", "선거일")


def test_a_year_more_is_one_number(tmp_path: Path) -> None:
    longer = holidays.load(put(tmp_path, "years: {first: 2025, last: 2028}"))
    assert longer.is_day_off(date(2028, 4, 12))  # elections to the National Assembly
    assert not longer.is_day_off(date(2028, 4, 13))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("years: {first: 2027, last: 2026}", "in order"),
        ("years: {first: 2026}", "last"),
        ("added: []", "years"),
        ("years: {first: 2026, last: 2026}\nadded: [{date: 2026-13-01, name: x, source: y}]", ""),
        (
            "years: {first: 2026, last: 2026}\nadded: [{date: 2027-10-08, name: x, source: y}]",
            "outs",
        ),
        ("years: {first: 2026, last: 2026}\nadded: [{date: 2026-10-08, name: x}]", "source"),
        (
            "years: {first: 2026, last: 2026}\nremoved: [{date: 2026-10-08, name: x, source: y}]",
            "no holiday",
        ),
        (
            "years: {first: 2026, last: 2026}\n"
            "added: [{date: 2026-10-08, name: x, source: y}]\n"
            "removed: [{date: 2026-10-08, name: x, source: y}]",
            "more than once",
        ),
        ("- x", ""),
        ("years: [", ""),
    ],
)
def test_a_broken_file_is_refused_in_a_sentence(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(HolidaysUnusable, match=rf"holidays\.yml cannot be used(?s:.*){problem}"):
        holidays.load(put(tmp_path, text))


def test_a_missing_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(HolidaysUnusable, match=r"holidays\.yml cannot be used"):
        holidays.load(tmp_path / "holidays.yml")
