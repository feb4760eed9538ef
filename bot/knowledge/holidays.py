"""The days off around a public holiday, from data/policy/holidays.yml.

The legal clock (bot/tickets/clock.py) reads the same file for deadlines; neither knows the other.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import yaml

from bot.paths import POLICY

FILE = POLICY / "holidays.yml"
SATURDAY = 5
DAY = timedelta(days=1)


class HolidaysUnusable(Exception):
    """holidays.yml cannot be read, or no holiday in it has the name that is asked for."""


class Span(NamedTuple):
    """Days from the first to the last, both included."""

    first: date
    last: date


def load(path: Path = FILE) -> dict[date, tuple[str, ...]]:
    """Every known public holiday with its names; two that fall together have two.

    Raises HolidaysUnusable.
    """
    try:
        read: Mapping[int, Sequence[Mapping[str, object]]] = yaml.safe_load(
            path.read_text(encoding="utf-8")
        )
        rows = [row for rows in read.values() for row in rows]
        return {_day(row["date"]): tuple(str(row["name"]).split("·")) for row in rows}
    except (OSError, yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise HolidaysUnusable(f"{path.name} cannot be used: {error}") from error


@lru_cache
def spans(name: str) -> tuple[Span, ...]:
    """Each known stretch of days off that holds the holiday `name`, the earliest first.

    Weekends and other holidays that touch it belong to it. Raises HolidaysUnusable.
    """
    known = _known()
    days = sorted(day for day, names in known.items() if name in names)
    if not days:
        raise HolidaysUnusable(f"{FILE.name} has no holiday called {name!r}.")
    return tuple(_around(day, known) for day in days)


@lru_cache
def _known() -> dict[date, tuple[str, ...]]:
    return load()


def _around(day: date, known: Mapping[date, object]) -> Span:
    first = last = day
    while _is_off(first - DAY, known):
        first -= DAY
    while _is_off(last + DAY, known):
        last += DAY
    return Span(first, last)


def _is_off(day: date, known: Mapping[date, object]) -> bool:
    return day.weekday() >= SATURDAY or day in known


def _day(value: object) -> date:
    if not isinstance(value, date):
        raise ValueError(f"{value!r} is no date")
    return value
