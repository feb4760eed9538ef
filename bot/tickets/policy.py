"""What was decided about tickets (data/policy/tickets.yml), read and checked."""

from datetime import time
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Self, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, PositiveInt, model_validator

from bot import yaml_files
from bot.paths import POLICY
from bot.tickets.errors import PolicyError
from bot.tickets.models import State

HOURS_A_DAY = 8
DAYS_IN_HOURS = 5
"""A term of so many days or less counts in working hours (민원 처리에 관한 법률 제19조)."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Term(_Part):
    """A legal term, in working days or in working hours: one of the two."""

    days: int | None = None
    hours: int | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.days is None) == (self.hours is None) or (self.days or self.hours or 0) < 1:
            raise ValueError("a term is in days or in hours, at least one")
        return self

    @property
    def working_hours(self) -> int | None:
        """The term in working hours, or None when the law counts it in days."""
        if self.hours is not None:
            return self.hours
        assert self.days is not None
        return self.days * HOURS_A_DAY if self.days <= DAYS_IN_HOURS else None


class StateRule(_Part):
    """A state: whether somebody still has to act, and where a ticket may go from it."""

    open: bool
    next: tuple[str, ...]
    by_hand: bool = True
    """Whether staff may choose it; otherwise a change of its own leads to it."""
    returning: bool = False
    """Whether the citizen may have the ticket taken up again from here."""


class CheckCodeRule(_Part):
    """How many wrong check codes are borne, and the minutes that a lock lasts."""

    wrong_at_most: int
    locked_minutes: int


class Likeness(_Part):
    """What counts as the same place for a topic."""

    metres: PositiveInt
    whole_district: bool = False
    """Whether two tickets of one 읍, 면 or 동 are alike, whatever the spot."""


class Duplicates(_Part):
    """How near two tickets of one topic are to be the same."""

    metres: PositiveInt
    topics: dict[str, Likeness] = {}

    def of(self, topic: str) -> Likeness:
        """What holds for a topic."""
        return self.topics.get(topic) or Likeness(metres=self.metres)


class IncidentRule(_Part):
    """From how many citizens of one area within how many minutes tickets begin an incident."""

    count: Annotated[int, Field(ge=2)]
    minutes: PositiveInt


class TicketPolicy(_Part):
    """The whole of tickets.yml."""

    petitions: dict[str, Term]
    working_hours: tuple[tuple[time, time], ...]
    states: dict[str, StateRule]
    reopening_days: PositiveInt
    soon_hours: PositiveInt
    check_code: CheckCodeRule
    duplicates: Duplicates
    incidents: dict[str, IncidentRule]
    agencies: dict[str, tuple[str, ...]]
    local_offices: tuple[str, ...]
    unpublished: frozenset[str] = frozenset()
    """Topics whose reports from a talk nobody outside reads: they are about people or firms."""

    @model_validator(mode="after")
    def _states_exist(self) -> Self:
        if strange := set(get_args(State)) ^ set(self.states):
            raise ValueError(f"states missing or unknown to the program: {sorted(strange)}")
        for state, rule in self.states.items():
            if strange := set(rule.next) - set(self.states):
                raise ValueError(f"state {state} leads to unknown {sorted(strange)}")
        return self

    @property
    def open_states(self) -> tuple[str, ...]:
        """States in which somebody still has to act."""
        return tuple(state for state, rule in self.states.items() if rule.open)

    def agency(self, office: str, city: str | None) -> str:
        """The agency that an office belongs to; `city` tells that of a 읍, 면 or 동."""
        if any(fnmatchcase(office, pattern) for pattern in self.local_offices):
            return city or office
        for agency, patterns in self.agencies.items():
            if any(fnmatchcase(office, pattern) for pattern in patterns):
                return agency
        return office

    @classmethod
    def load(cls, path: Path) -> "TicketPolicy":
        """Read a policy file. Raises PolicyError when it is missing or makes no sense."""
        try:
            return cls.model_validate(yaml_files.read(path))
        except (OSError, yaml.YAMLError, ValueError) as error:
            raise PolicyError(f"{path.name} cannot be used: {error}") from error


@lru_cache
def ticket_policy() -> TicketPolicy:
    """The policy of this installation."""
    return TicketPolicy.load(POLICY / "tickets.yml")
