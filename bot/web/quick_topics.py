"""What citizens ask much at this time of the year (data/policy/quick_topics.yml)."""

from datetime import datetime
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from bot import yaml_files
from bot.hours import SEOUL
from bot.paths import POLICY

MONTHS = range(1, 13)
MOST = 4


class QuickTopicsError(Exception):
    """data/policy/quick_topics.yml is missing or makes no sense; the message says what is wrong."""


def load(path: Path = POLICY / "quick_topics.yml") -> dict[int, list[str]]:
    """Topics by month. Raises QuickTopicsError."""
    try:
        read = yaml_files.read(path)
        topics = TypeAdapter(dict[int, list[str]]).validate_python(read)
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise QuickTopicsError(f"{path.name} cannot be read: {error}") from error
    if sorted(topics) != list(MONTHS):
        raise QuickTopicsError(f"{path.name} must name the months 1 to 12, each once")
    if long := [month for month, each in topics.items() if len(each) > MOST]:
        raise QuickTopicsError(f"{path.name} names more than {MOST} topics in month {long[0]}")
    return topics


def of(now: datetime) -> list[str]:
    """The topics of the month of `now` (aware), in Asia/Seoul."""
    return _topics()[now.astimezone(SEOUL).month]


@lru_cache
def _topics() -> dict[int, list[str]]:
    return load()
