"""How the phone desk is set up (data/policy/calls.yml), read and checked."""

from functools import lru_cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot import yaml_files
from bot.knowledge.schemas import FacetName
from bot.paths import POLICY

Positive = Annotated[int, Field(gt=0)]
Letter = Annotated[str, StringConstraints(pattern=r"^[a-z]$")]


class CallsPolicyError(Exception):
    """data/policy/calls.yml is missing or makes no sense; it says what is wrong."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Result(_Part):
    """A way in which a call may end."""

    topic: bool = False
    """Whether it needs what the call was about."""
    made: bool = False
    """Whether the desk writes it by itself."""


class WrongCodes(_Part):
    """How many wrong short codes end a person's looking, and for how long."""

    at_most: Positive
    minutes: Positive


class CallsPolicy(_Part):
    """The whole of calls.yml."""

    results: dict[str, Result]
    facet_keys: dict[FacetName, Letter]
    answers: Positive
    untaught: float = Field(gt=0, le=1)
    least_letters: Positive
    most_letters: Positive
    longest_call_hours: Positive
    wrong_codes: WrongCodes
    unused_chat_minutes: Positive
    callback_soon_minutes: Positive
    callbacks: Positive

    @property
    def chosen(self) -> dict[str, Result]:
        """The results that a person chooses."""
        return {name: one for name, one in self.results.items() if not one.made}

    @classmethod
    def load(cls, path: Path = POLICY / "calls.yml") -> "CallsPolicy":
        """Read a policy file. Raises CallsPolicyError."""
        try:
            return cls.model_validate(yaml_files.read(path))
        except (OSError, yaml.YAMLError, ValidationError) as error:
            raise CallsPolicyError(f"{path.name} cannot be used: {error}") from error


@lru_cache
def calls_policy() -> CallsPolicy:
    """The policy of this installation."""
    return CallsPolicy.load()
