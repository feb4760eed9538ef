"""How the staff desk is set up (data/policy/desk.yml), read and checked."""

from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot import yaml_files
from bot.paths import POLICY


class DeskPolicyError(Exception):
    """data/policy/desk.yml or canned.yml is missing or makes no sense; it says what is wrong."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AbuseRule(_Part):
    """Which intents fold a message, warnings before closing, and how long a shift is."""

    intents: frozenset[str]
    warnings: int = Field(ge=1)
    shift_hours: int = Field(ge=1, le=24)


class DeskPolicy(_Part):
    """The whole of desk.yml."""

    channels: tuple[str, ...]
    reasons: tuple[str, ...]
    ages: tuple[int, ...]
    close_reasons: tuple[str, ...] = Field(min_length=1)
    abuse: AbuseRule
    mask_kinds: dict[str, str]
    viewer_seconds: int = Field(gt=0)
    typing_seconds: int = Field(gt=0)

    @classmethod
    def load(cls, path: Path = POLICY / "desk.yml") -> "DeskPolicy":
        """Read a policy file. Raises DeskPolicyError."""
        try:
            return cls.model_validate(yaml_files.read(path))
        except (OSError, yaml.YAMLError, ValidationError) as error:
            raise DeskPolicyError(f"{path.name} cannot be used: {error}") from error


@lru_cache
def desk_policy() -> DeskPolicy:
    """The policy of this installation."""
    return DeskPolicy.load()
