"""Words that the door of the messengers knows: commands of its own, and typed numbers."""

import re
from functools import lru_cache

from pydantic import BaseModel, ConfigDict

from bot import yaml_files
from bot.paths import POLICY


class Commands(BaseModel):
    """Whole messages that are commands, without blanks and in lower case."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    delete: frozenset[str]
    start: frozenset[str]


@lru_cache
def _file() -> dict[str, object]:
    content: dict[str, object] = yaml_files.read(POLICY / "channels.yml")
    return content


@lru_cache
def commands() -> Commands:
    """The commands of data/policy/channels.yml."""
    return Commands.model_validate(_file()["commands"])


@lru_cache
def _number_reply() -> re.Pattern[str]:
    return re.compile(str(_file()["number_reply"]), re.IGNORECASE)


def is_command(text: str, words: frozenset[str]) -> bool:
    """Whether the whole of `text` is one of `words`."""
    return "".join(text.split()).lower().rstrip(".!") in words


def number_in(text: str) -> int | None:
    """The number that a reply such as «1» or «1번» picks; None for any other text."""
    found = _number_reply().match(text) if len(text) <= 20 else None
    return int(found[1]) if found else None
