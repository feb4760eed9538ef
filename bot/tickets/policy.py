"""What was decided about tickets (data/policy/tickets.yml), read and checked."""

from datetime import time
from functools import lru_cache
from pathlib import Path
from typing import Self

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from bot.korean.places import CITIES
from bot.paths import POLICY
from bot.tickets.errors import PolicyError

HOURS_A_DAY = 8
DAYS_IN_HOURS = 5
"""A term of so many days or less counts in working hours (민원 처리에 관한 법률 제19조)."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Name(_Part):
    """A name in both languages."""

    ko: str
    en: str

    def text(self, language: str) -> str:
        """The name in `language`; Korean for any other than `en`."""
        return self.en if language == "en" else self.ko


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


class CheckCodeRule(_Part):
    """How many wrong check codes are borne, and the minutes that a lock lasts."""

    wrong_at_most: int
    locked_minutes: int


class TopicRule(_Part):
    """The kind of petition of a topic, and its departments by city."""

    petition: str
    departments: dict[str, Name] = {}
    eup_myeon: Name | None = None


class TicketPolicy(_Part):
    """The whole of tickets.yml."""

    petitions: dict[str, Term]
    working_hours: tuple[tuple[time, time], ...]
    states: dict[str, StateRule]
    check_code: CheckCodeRule
    desk: Name
    topics: dict[str, TopicRule]

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        for state, rule in self.states.items():
            if strange := set(rule.next) - set(self.states):
                raise ValueError(f"state {state} leads to unknown {sorted(strange)}")
        for topic, known in self.topics.items():
            if known.petition not in self.petitions:
                raise ValueError(f"topic {topic} has an unknown petition {known.petition}")
            if strange := set(known.departments) - set(CITIES):
                raise ValueError(f"topic {topic} has departments of unknown {sorted(strange)}")
        return self

    @property
    def open_states(self) -> tuple[str, ...]:
        """States in which somebody still has to act."""
        return tuple(state for state, rule in self.states.items() if rule.open)

    @classmethod
    def load(cls, path: Path) -> "TicketPolicy":
        """Read a policy file. Raises PolicyError when it is missing or makes no sense."""
        try:
            return cls.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        except (OSError, yaml.YAMLError, ValueError) as error:
            raise PolicyError(f"{path.name} cannot be used: {error}") from error


@lru_cache
def ticket_policy() -> TicketPolicy:
    """The policy of this installation."""
    return TicketPolicy.load(POLICY / "tickets.yml")
