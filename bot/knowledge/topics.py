"""The topics of the catalogue (data/policy/topics.yml): what each is called and what answers it."""

from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter

from bot import yaml_files
from bot.knowledge.schemas import Bilingual, Kind
from bot.paths import POLICY

FILE = POLICY / "topics.yml"


class Topic(BaseModel):
    """What is known of a topic beside its article."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    category: str
    kind: Kind
    title: Bilingual
    """Plain words, short enough for a button."""


def load(path: Path = FILE) -> dict[str, Topic]:
    """The topics of a file, by id. Raises FileNotFoundError or pydantic's ValidationError."""
    return TypeAdapter(dict[str, Topic]).validate_python(yaml_files.read(path))


@lru_cache(maxsize=1)
def topics() -> dict[str, Topic]:
    """The topics of this process."""
    return load()


def title(topic: str, language: str) -> str | None:
    """The title of a topic in plain words, or None when the catalogue has no such topic."""
    found = topics().get(topic)
    return found.title.in_language(language) if found else None
