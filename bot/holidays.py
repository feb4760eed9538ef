"""Korea's public holidays: the library `holidays`, corrected by data/policy/holidays.yml.

The library knows the law (substitute holidays and elections as well). The file says for which
years its days were compared with the official calendar, and holds what the library lacks or errs
in: a temporary holiday that the government decides is in neither until somebody adds it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Self

import holidays
import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from bot import yaml_files
from bot.paths import POLICY

FILE = POLICY / "holidays.yml"
SATURDAY = 5
DAY = timedelta(days=1)
_BETWEEN_NAMES = "; "
"""How the library joins the names of two holidays of one day."""


class HolidaysUnusable(Exception):
    """holidays.yml cannot be read, or no holiday has the name that is asked for."""


class UnknownYear(Exception):
    """Nobody vouches for the holidays of a year, so its working days cannot be told."""


@dataclass(frozen=True)
class Holidays:
    """The public holidays of the years that are vouched for."""

    years: frozenset[int]
    names: Mapping[date, tuple[str, ...]]
    """Each holiday with its Korean names: two that fall together have two."""

    def is_day_off(self, day: date) -> bool:
        """Whether `day` is a Saturday, a Sunday or a public holiday. Raises UnknownYear."""
        if day.year not in self.years:
            raise UnknownYear(
                f"Nobody vouches for the public holidays of {day.year} yet. Compare them with the"
                " official calendar and extend `years` in data/policy/holidays.yml."
            )
        return day.weekday() >= SATURDAY or day in self.names


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Years(_Part):
    first: int
    last: int

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not 1990 <= self.first <= self.last <= 2100:
            raise ValueError("first and last must be years from 1990 to 2100, in order")
        return self


class _Entry(_Part):
    """A correction: a day, what it is called, and who says so."""

    date: date
    name: str
    source: str


class _File(_Part):
    years: _Years
    added: tuple[_Entry, ...] = ()
    removed: tuple[_Entry, ...] = ()

    @model_validator(mode="after")
    def _once_and_within(self) -> Self:
        days = [entry.date for entry in (*self.added, *self.removed)]
        if twice := sorted({day.isoformat() for day in days if days.count(day) > 1}):
            raise ValueError(f"named more than once: {', '.join(twice)}")
        span = range(self.years.first, self.years.last + 1)
        if strays := sorted(day.isoformat() for day in days if day.year not in span):
            raise ValueError(f"outside the years vouched for: {', '.join(strays)}")
        return self


def load(path: Path = FILE) -> Holidays:
    """The holidays by the library and a file of corrections. Raises HolidaysUnusable."""
    try:
        read = _File.model_validate(yaml_files.read(path))
    except (OSError, yaml.YAMLError, ValueError) as error:
        raise HolidaysUnusable(f"{path.name} cannot be used: {error}") from error
    years = range(read.years.first, read.years.last + 1)
    names = {
        day: tuple(joined.split(_BETWEEN_NAMES))
        for day, joined in holidays.country_holidays("KR", years=years, language="ko").items()
        if day.year in years
    }
    for entry in read.removed:
        if names.pop(entry.date, None) is None:
            raise HolidaysUnusable(
                f"{path.name} cannot be used: it removes {entry.date}, which is no holiday."
            )
    for entry in read.added:
        names[entry.date] = (*names.get(entry.date, ()), entry.name)
    return Holidays(frozenset(years), dict(sorted(names.items())))


@lru_cache
def known() -> Holidays:
    """The holidays of this installation, read once a process."""
    return load()
