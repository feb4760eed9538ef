"""Decisions about personal data, read from data/policy/personal_data.yml."""

import re
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from bot import yaml_files


class PolicyError(Exception):
    """The policy file cannot be read; the message says which file and why."""


class Cues(BaseModel):
    """Words that tell what a number near them is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    account: list[str]
    card: list[str]
    phone: list[str]
    resident: list[str]
    foreigner: list[str]
    resident_tail: list[str]
    passport: list[str]
    driver_license: list[str]
    vehicle: list[str]
    other_number: list[str]
    corporate: list[str]


class Policy(BaseModel):
    """What counts as personal data. The file explains each field."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    public_phones: list[str]
    home_area_code: str
    banks: list[str]
    bank_words: list[str]
    account_shapes: list[str]
    cues: Cues
    mail_services: list[str]
    mail_endings: list[str]
    road_names: list[str]
    quantity_words: list[str]

    @classmethod
    def load(cls, path: Path) -> "Policy":
        """Read `path`. Raises PolicyError when it is missing or malformed."""
        try:
            return cls.model_validate(yaml_files.read(path))
        except (OSError, yaml.YAMLError, ValidationError) as error:
            raise PolicyError(f"The personal data policy {path} is unusable: {error}") from error


def any_of(words: list[str]) -> str:
    """A regular expression for any of `words`, longest first.

    A word of Latin letters matches as a whole word only: `tel` is not in `hotel`.
    """
    return "|".join(map(_as_pattern, sorted(words, key=len, reverse=True)))


def _as_pattern(word: str) -> str:
    pattern = re.escape(word)
    return rf"(?<![A-Za-z]){pattern}(?![A-Za-z])" if word.isascii() else pattern
