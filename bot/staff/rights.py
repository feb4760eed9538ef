"""What a role may do (data/policy/roles.yml)."""

from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

import yaml
from pydantic import TypeAdapter, ValidationError

from bot import yaml_files
from bot.paths import POLICY

Role = Literal["counsellor", "officer", "editor", "supervisor", "administrator", "auditor"]
ROLES: tuple[Role, ...] = get_args(Role)
Right = Literal[
    "talks",
    "others_talks",
    "phone_desk",
    "tickets",
    "all_offices",
    "secrets",
    "export",
    "knowledge",
    "notices",
    "statistics",
    "switches",
    "rules",
    "people",
    "audit",
]
NO_RIGHTS: frozenset[Right] = frozenset()


class RolesUnusable(Exception):
    """data/policy/roles.yml is missing, or names a role or a right that there is not."""


def load(path: Path = POLICY / "roles.yml") -> dict[Role, frozenset[Right]]:
    """The rights of each role. Raises RolesUnusable, also when a role is missing."""
    try:
        read = yaml_files.read(path)
        rights = TypeAdapter(dict[Role, frozenset[Right]]).validate_python(read)
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise RolesUnusable(f"{path.name} cannot be used: {error}") from error
    if missing := set(ROLES) - set(rights):
        raise RolesUnusable(f"{path.name} lacks the roles {sorted(missing)}.")
    return rights


@lru_cache
def rights_of(role: str) -> frozenset[Right]:
    """What a role may do; nothing for one that is not known any more."""
    return {str(name): rights for name, rights in load().items()}.get(role, NO_RIGHTS)
