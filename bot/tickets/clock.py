"""The legal clock: by when a petition must be handled.

민원 처리에 관한 법률 제19조 and its decree: a term of 5 days or less counts in working hours, 8 a
day; a term of 6 days or more counts in days, the day of receipt included. Saturdays, Sundays and
public holidays never count.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from bot.hours import SEOUL
from bot.paths import POLICY
from bot.tickets.errors import PolicyError
from bot.tickets.policy import TicketPolicy, ticket_policy

SATURDAY = 5


class UnknownYear(PolicyError):
    """The holidays of a year are not known, so no deadline in it can be told."""


class UnknownPetition(PolicyError):
    """The law knows no such kind of petition, or tickets.yml does not."""


class Holiday(BaseModel):
    """A public holiday, and the law that makes it one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    date: date
    name: str
    source: str


class Calendar:
    """Which days are working days, in the years whose holidays are known."""

    def __init__(self, years: Iterable[int], holidays: Iterable[date]) -> None:
        self.years = frozenset(years)
        self._holidays = frozenset(holidays)

    @classmethod
    def load(cls, path: Path) -> "Calendar":
        """Read a file of holidays by year. Raises PolicyError when it is unusable."""
        try:
            read = yaml.safe_load(path.read_text(encoding="utf-8"))
            years = TypeAdapter(dict[int, list[Holiday]]).validate_python(read)
        except (OSError, yaml.YAMLError, ValueError) as error:
            raise PolicyError(f"{path.name} cannot be used: {error}") from error
        for year, holidays in years.items():
            if strays := [day.date.isoformat() for day in holidays if day.date.year != year]:
                raise PolicyError(f"{path.name}: {strays} stand under {year}")
        return cls(years, (day.date for days in years.values() for day in days))

    def is_working_day(self, day: date) -> bool:
        """Whether offices work on `day`. Raises UnknownYear."""
        if day.year not in self.years:
            raise UnknownYear(
                f"The public holidays of {day.year} are not in data/policy/holidays.yml. Add them."
            )
        return day.weekday() < SATURDAY and day not in self._holidays

    def working_days(self, first: date) -> Iterator[date]:
        """Every working day from `first` on. Raises UnknownYear where the known years end."""
        day = first
        while True:
            if self.is_working_day(day):
                yield day
            day += timedelta(days=1)


@lru_cache
def known_calendar() -> Calendar:
    """The calendar of this installation."""
    return Calendar.load(POLICY / "holidays.yml")


def term_key(petition: str) -> str:
    """The wording key that tells a citizen the term of a kind of petition."""
    return f"ticket.term_{petition}"


def due(
    petition: str,
    received_at: datetime,
    *,
    calendar: Calendar | None = None,
    policy: TicketPolicy | None = None,
) -> datetime:
    """The moment (aware, Asia/Seoul) by which a petition received at `received_at` (aware) is due.

    A term in days ends with the working hours of its last day: after them nobody works on it.
    Raises UnknownPetition, and UnknownYear when the term reaches a year without holidays.
    """
    policy = policy or ticket_policy()
    days = calendar or known_calendar()
    if (term := policy.petitions.get(petition)) is None:
        raise UnknownPetition(f"No term is known for the kind of petition {petition!r}.")
    received = received_at.astimezone(SEOUL)
    if (hours := term.working_hours) is not None:
        return _after_hours(received, timedelta(hours=hours), days, policy)
    assert term.days is not None
    return _last_of_days(received.date(), term.days, days, policy)


def working_time(
    start: datetime,
    end: datetime,
    *,
    calendar: Calendar | None = None,
    policy: TicketPolicy | None = None,
) -> timedelta:
    """How much working time lies between two aware moments; none when `end` is not later.

    Raises UnknownYear.
    """
    start, end = start.astimezone(SEOUL), end.astimezone(SEOUL)
    worked = timedelta()
    for opens, closes in _stretches(
        start.date(), calendar or known_calendar(), policy or ticket_policy()
    ):
        if opens >= end:
            break
        worked += max(timedelta(), min(closes, end) - max(opens, start))
    return worked


def _stretches(
    first: date, calendar: Calendar, policy: TicketPolicy
) -> Iterator[tuple[datetime, datetime]]:
    """Stretches of working time from the day `first` on."""
    for day in calendar.working_days(first):
        for opens, closes in policy.working_hours:
            yield datetime.combine(day, opens, SEOUL), datetime.combine(day, closes, SEOUL)


def _after_hours(
    received: datetime, left: timedelta, calendar: Calendar, policy: TicketPolicy
) -> datetime:
    for opens, closes in _stretches(received.date(), calendar, policy):
        begins = max(opens, received)
        if begins >= closes:
            continue
        if begins + left <= closes:
            return begins + left
        left -= closes - begins
    raise AssertionError("working days never end")


def _last_of_days(first: date, count: int, calendar: Calendar, policy: TicketPolicy) -> datetime:
    for number, day in enumerate(calendar.working_days(first), start=1):
        if number == count:
            return datetime.combine(day, policy.working_hours[-1][1], SEOUL)
    raise AssertionError("working days never end")
