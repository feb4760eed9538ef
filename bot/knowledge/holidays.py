"""The days off around a public holiday (bot/holidays.py), for the notices that speak then."""

from collections.abc import Container
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from bot.holidays import DAY, FILE, SATURDAY, HolidaysUnusable, known, load

__all__ = ["HolidaysUnusable", "Span", "load", "spans"]


class Span(NamedTuple):
    """Days from the first to the last, both included."""

    first: date
    last: date


@lru_cache
def spans(name: str) -> tuple[Span, ...]:
    """Each known stretch of days off that holds the holiday `name`, the earliest first.

    Weekends and other holidays that touch it belong to it. Raises HolidaysUnusable.
    """
    names = known().names
    days = sorted(day for day, all_of_day in names.items() if name in all_of_day)
    if not days:
        raise HolidaysUnusable(f"{FILE.name} and its library have no holiday called {name!r}.")
    return tuple(_around(day, names) for day in days)


def _around(day: date, holidays: Container[date]) -> Span:
    first = last = day
    while _is_off(first - DAY, holidays):
        first -= DAY
    while _is_off(last + DAY, holidays):
        last += DAY
    return Span(first, last)


def _is_off(day: date, holidays: Container[date]) -> bool:
    # A day of a year that nobody vouches for may be off too; what is not known is not told.
    return day.weekday() >= SATURDAY or day in holidays
