from datetime import UTC, date, datetime

import pytest

from bot.dates import day, moment, time_of_day
from bot.hours import SEOUL

NOW = datetime(2026, 11, 28, 12, tzinfo=SEOUL)


@pytest.mark.parametrize(
    ("at", "korean", "english"),
    [
        ((2026, 12, 3, 18, 0), "12월 3일 (목) 오후 6시", "Thu 3 December, 6 pm"),
        ((2026, 11, 29, 7, 0), "11월 29일 (일) 오전 7시", "Sun 29 November, 7 am"),
        ((2026, 12, 3, 13, 5), "12월 3일 (목) 오후 1시 5분", "Thu 3 December, 1:05 pm"),
        ((2026, 12, 3, 12, 0), "12월 3일 (목) 낮 12시", "Thu 3 December, 12 noon"),
        ((2026, 12, 3, 12, 30), "12월 3일 (목) 오후 12시 30분", "Thu 3 December, 12:30 pm"),
        ((2026, 12, 4, 0, 0), "12월 4일 (금) 밤 12시", "Fri 4 December, 12 midnight"),
        ((2026, 12, 4, 0, 10), "12월 4일 (금) 오전 12시 10분", "Fri 4 December, 12:10 am"),
        ((2027, 1, 4, 18, 0), "2027년 1월 4일 (월) 오후 6시", "Mon 4 January 2027, 6 pm"),
    ],
)
def test_a_moment_is_told_as_people_tell_it(at: tuple[int, ...], korean: str, english: str) -> None:
    told = datetime(*at, tzinfo=SEOUL)  # type: ignore[misc,arg-type]
    assert moment(told, "ko", now=NOW) == korean
    assert moment(told, "en", now=NOW) == english


def test_a_moment_is_that_of_jeju() -> None:
    assert moment(datetime(2026, 12, 2, 22, 0, tzinfo=UTC), "ko") == "12월 3일 (목) 오전 7시"
    assert time_of_day(datetime(2026, 12, 2, 9, 30, tzinfo=UTC), "en") == "6:30 pm"


def test_the_year_is_told_only_where_it_is_another() -> None:
    assert day(date(2027, 1, 4), "ko") == "1월 4일 (월)"
    assert day(date(2027, 1, 4), "ko", today=date(2026, 12, 31)) == "2027년 1월 4일 (월)"
