"""How people step in (data/policy/people.yml), read and checked."""

from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from bot import yaml_files
from bot.paths import POLICY


class PeoplePolicyError(Exception):
    """data/policy/people.yml is missing or makes no sense; the message says what is wrong."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CodeRule(_Part):
    """Length and life of a short code, and how many wrong ones are borne in how many minutes:
    in one talk, and in all together.
    """

    digits: int = Field(ge=6, le=12)
    minutes: int = Field(gt=0)
    tries: int = Field(gt=0)
    tries_of_all: int = Field(gt=0)
    tries_minutes: int = Field(gt=0)


class SilentRule(_Part):
    """Minutes after a person's last words until a silent citizen is asked, then let go."""

    ask_minutes: int = Field(gt=0)
    close_minutes: int = Field(gt=0)


class PeoplePolicy(_Part):
    """The whole of people.yml."""

    capacity: int = Field(gt=0)
    presence_seconds: int = Field(gt=0)
    assign: Literal["pull", "round_robin"]
    usual_minutes: int = Field(gt=0)
    usual_from: int = Field(gt=0)
    longest_minutes: int = Field(gt=0)
    code: CodeRule
    silent: SilentRule
    platform_hours: int = Field(gt=0)
    """Hours without a word after which a talk that a messenger's console holds is the bot's."""

    @classmethod
    def load(cls, path: Path = POLICY / "people.yml") -> "PeoplePolicy":
        """Read a policy file. Raises PeoplePolicyError."""
        try:
            return cls.model_validate(yaml_files.read(path))
        except (OSError, yaml.YAMLError, ValueError) as error:
            raise PeoplePolicyError(f"{path.name} cannot be used: {error}") from error


@lru_cache
def people_policy() -> PeoplePolicy:
    """The policy of this installation."""
    return PeoplePolicy.load()
