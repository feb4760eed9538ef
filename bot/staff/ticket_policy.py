"""How staff work with tickets (data/policy/desk_tickets.yml), read and checked."""

from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from bot import yaml_files
from bot.paths import POLICY


class DeskTicketsUnusable(Exception):
    """data/policy/desk_tickets.yml is missing or makes no sense; it says what is wrong."""


class DeskTickets(BaseModel):
    """The whole of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    extension_reasons: tuple[str, ...] = Field(min_length=1)
    bulk_at_most: PositiveInt
    figures_of: PositiveInt

    @classmethod
    def load(cls, path: Path = POLICY / "desk_tickets.yml") -> "DeskTickets":
        """Read a file. Raises DeskTicketsUnusable."""
        try:
            return cls.model_validate(yaml_files.read(path))
        except (OSError, yaml.YAMLError, ValidationError) as error:
            raise DeskTicketsUnusable(f"{path.name} cannot be used: {error}") from error


@lru_cache
def desk_tickets() -> DeskTickets:
    """The policy of this installation."""
    return DeskTickets.load()
