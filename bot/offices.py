"""Who is in charge and what to call (data/policy/offices.yml): each body once, named by its id.

In an article's text `{jeju120}` stands for the phone of the office `jeju120`.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter

from bot import yaml_files
from bot.paths import POLICY

FILE = POLICY / "offices.yml"
MENTION = re.compile(r"\{([a-z0-9_]+)\}")


class Office(BaseModel):
    """A body that citizens may turn to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ko: str
    en: str
    phone: str | None = None
    note: str | None = None
    """For staff: where the number comes from, when that is no official page of this year."""

    def name(self, language: str) -> str:
        """The English name for `en`, the Korean one for anything else."""
        return self.en if language == "en" else self.ko


def load(path: Path = FILE) -> dict[str, Office]:
    """The offices of a file, by id. Raises FileNotFoundError or pydantic's ValidationError."""
    return TypeAdapter(dict[str, Office]).validate_python(yaml_files.read(path))


@lru_cache(maxsize=1)
def offices() -> dict[str, Office]:
    """The offices of this process."""
    return load()


def names(ids: Sequence[str], language: str) -> str:
    """The offices' names in one line."""
    return ", ".join(offices()[one].name(language) for one in ids if one in offices())


def phones(ids: Sequence[str]) -> str:
    """The offices' numbers in one line, none twice."""
    known = (offices()[one].phone for one in ids if one in offices())
    return ", ".join(dict.fromkeys(number for number in known if number))


def with_phones(text: str) -> str:
    """A text with the number of each office that it mentions; an unknown mention stays."""

    def number(mention: re.Match[str]) -> str:
        office = offices().get(mention[1])
        return office.phone if office and office.phone else mention[0]

    return MENTION.sub(number, text)


def mentioned(text: str) -> list[str]:
    """The ids that a text mentions, in its order."""
    return MENTION.findall(text)
