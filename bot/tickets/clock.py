"""The legal clock: by when a petition must be handled.

민원 처리에 관한 법률 제19조 and its decree: a term of 5 days or less counts in working hours, 8 a
day; a term of 6 days or more counts in days, the day of receipt included. Saturdays, Sundays and
public holidays never count. docs/legal-clock.md has examples.

Moments go in aware and come out aware, in Asia/Seoul.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache

from bot import holidays
from bot.holidays import DAY, Holidays
from bot.hours import SEOUL
from bot.tickets.errors import PolicyError, TicketError
from bot.tickets.policy import Term, TicketPolicy, ticket_policy

TRANSFER_INSIDE = timedelta(hours=3)
TRANSFER_OUTSIDE = timedelta(hours=8)
"""Working time to pass a petition on, in the agency and to another (시행령 제13–16조)."""
INVESTIGATED = "grievance"
INVESTIGATION_DAYS = 14
"""An on-site investigation of a 고충민원 does not count, up to so many days (시행령 제17조)."""


class UnknownYear(PolicyError):
    """The holidays of a year are not known, so no deadline in it can be told."""


class UnknownPetition(PolicyError):
    """The law knows no such kind of petition, or tickets.yml does not."""


class TermRefused(TicketError):
    """The law does not allow a term to be made longer so."""

    status = 409
    wording = "ticket.error_term"


class Calendar:
    """Which days are working days, in the years whose holidays are known."""

    def __init__(self, days_off: Holidays) -> None:
        self._days_off = days_off

    def is_working_day(self, day: date) -> bool:
        """Whether offices work on `day`. Raises UnknownYear."""
        try:
            return not self._days_off.is_day_off(day)
        except holidays.UnknownYear as error:
            raise UnknownYear(str(error)) from error

    def working_days(self, first: date) -> Iterator[date]:
        """Every working day from `first` on. Raises UnknownYear where the known years end."""
        day = first
        while True:
            if self.is_working_day(day):
                yield day
            day += DAY


@lru_cache
def known_calendar() -> Calendar:
    """The calendar of this installation. Raises PolicyError when its file is unusable."""
    try:
        return Calendar(holidays.known())
    except holidays.HolidaysUnusable as error:
        raise PolicyError(str(error)) from error


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
    """The moment by which a petition of this kind, received at `received_at`, is due.

    A term in days ends with the working hours of its last day: after them nobody works on it.
    Raises UnknownPetition, and UnknownYear when the term reaches a year without holidays.
    """
    policy = policy or ticket_policy()
    calendar = calendar or known_calendar()
    term = _term(petition, policy)
    received = received_at.astimezone(SEOUL)
    if (hours := term.working_hours) is not None:
        return after(received, timedelta(hours=hours), calendar=calendar, policy=policy)
    assert term.days is not None
    return _last_of_days(received.date(), term.days, calendar, policy)


def extended(
    petition: str,
    due_at: datetime,
    *,
    reason: str,
    extended_at: datetime | None,
    by: Term | None = None,
    calendar: Calendar | None = None,
    policy: TicketPolicy | None = None,
) -> datetime:
    """The moment to which the term that ends at `due_at` is extended (시행령 제21조).

    `extended_at`: when it was extended before (`Ticket.extended_at`), or None. `by`: at most the
    petition's own term, which it is when left out.
    Raises TermRefused without a reason, the second time, and for more than the term itself; also
    UnknownPetition and UnknownYear.
    """
    policy = policy or ticket_policy()
    if not reason.strip():
        raise TermRefused("A term is extended only for a reason that the citizen is told.")
    if extended_at is not None:
        raise TermRefused("A term is extended once; this one was extended already.")
    own = _working_time_of(_term(petition, policy), policy)
    longer = own if by is None else _working_time_of(by, policy)
    if longer > own:
        raise TermRefused("A term is extended by at most itself.")
    return after(due_at, longer, calendar=calendar, policy=policy)


def resumed(
    due_at: datetime,
    paused_at: datetime,
    now: datetime,
    *,
    calendar: Calendar | None = None,
    policy: TicketPolicy | None = None,
) -> datetime:
    """The moment due when the clock, stopped at `paused_at` for 보완 요청, goes on at `now`.

    The working time between the two does not count. Raises UnknownYear.
    """
    stopped = working_time(paused_at, now, calendar=calendar, policy=policy)
    return after(due_at, stopped, calendar=calendar, policy=policy)


def transfer_due(
    now: datetime,
    to_another_agency: bool,
    *,
    calendar: Calendar | None = None,
    policy: TicketPolicy | None = None,
) -> datetime:
    """By when a petition that came to the wrong body must have been passed on. Raises UnknownYear.

    The term of the petition itself goes on meanwhile.
    """
    allowed = TRANSFER_OUTSIDE if to_another_agency else TRANSFER_INSIDE
    return after(now, allowed, calendar=calendar, policy=policy)


def investigated(
    petition: str,
    due_at: datetime,
    *,
    days: int = INVESTIGATION_DAYS,
    calendar: Calendar | None = None,
    policy: TicketPolicy | None = None,
) -> datetime:
    """The moment due when somebody must see a 고충민원 on the spot for `days` working days.

    Raises TermRefused for another kind of petition and for more than 14 days; UnknownYear.
    """
    if petition != INVESTIGATED or not 1 <= days <= INVESTIGATION_DAYS:
        raise TermRefused(
            f"Only a grievance is investigated on the spot, in 1 to {INVESTIGATION_DAYS} days."
        )
    policy = policy or ticket_policy()
    return after(due_at, days * _day_of_work(policy), calendar=calendar, policy=policy)


def after(
    moment: datetime,
    work: timedelta,
    *,
    calendar: Calendar | None = None,
    policy: TicketPolicy | None = None,
) -> datetime:
    """The first moment at which `work` of working time has passed since `moment`.

    What is due by `after(now, timedelta(hours=8))` has a day of work left. Raises UnknownYear.
    """
    left, start = work, moment.astimezone(SEOUL)
    if left <= timedelta():
        return start
    for opens, closes in _stretches(
        start.date(), calendar or known_calendar(), policy or ticket_policy()
    ):
        begins = max(opens, start)
        if begins >= closes:
            continue
        if begins + left <= closes:
            return begins + left
        left -= closes - begins
    raise AssertionError("working days never end")


def working_time(
    start: datetime,
    end: datetime,
    *,
    calendar: Calendar | None = None,
    policy: TicketPolicy | None = None,
) -> timedelta:
    """How much working time lies between two moments; none when `end` is not later.

    Raises UnknownYear.
    """
    start, end = start.astimezone(SEOUL), end.astimezone(SEOUL)
    worked = timedelta()
    if end <= start:
        return worked
    for opens, closes in _stretches(
        start.date(), calendar or known_calendar(), policy or ticket_policy()
    ):
        if opens >= end:
            break
        worked += max(timedelta(), min(closes, end) - max(opens, start))
    return worked


def _term(petition: str, policy: TicketPolicy) -> Term:
    if (term := policy.petitions.get(petition)) is None:
        raise UnknownPetition(f"No term is known for the kind of petition {petition!r}.")
    return term


def _working_time_of(term: Term, policy: TicketPolicy) -> timedelta:
    if (hours := term.working_hours) is not None:
        return timedelta(hours=hours)
    assert term.days is not None
    return term.days * _day_of_work(policy)


def _day_of_work(policy: TicketPolicy) -> timedelta:
    anyday = date.min
    lengths = (
        datetime.combine(anyday, closes) - datetime.combine(anyday, opens)
        for opens, closes in policy.working_hours
    )
    return sum(lengths, timedelta())


def _stretches(
    first: date, calendar: Calendar, policy: TicketPolicy
) -> Iterator[tuple[datetime, datetime]]:
    """Stretches of working time from the day `first` on."""
    for day in calendar.working_days(first):
        for opens, closes in policy.working_hours:
            yield datetime.combine(day, opens, SEOUL), datetime.combine(day, closes, SEOUL)


def _last_of_days(first: date, count: int, calendar: Calendar, policy: TicketPolicy) -> datetime:
    for number, day in enumerate(calendar.working_days(first), start=1):
        if number == count:
            return datetime.combine(day, policy.working_hours[-1][1], SEOUL)
    raise AssertionError("working days never end")
