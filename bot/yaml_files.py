"""Reading YAML files, by the C reader where there is one: it is ten times as fast."""

from pathlib import Path
from typing import Any

import yaml

_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(path: Path) -> Any:
    """What a file in UTF-8 holds; no tag makes an object. Raises OSError or yaml.YAMLError."""
    return yaml.load(path.read_text(encoding="utf-8"), _LOADER)  # noqa: S506  a safe one
