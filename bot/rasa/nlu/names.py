"""Names that stand for their kind: every city outside Jeju, every company (elsewhere.yml)."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Sequence

import yaml

from bot.paths import PLACES
from bot.rasa.nlu.kiwi import Morpheme


class Names:
    """The kind of a name, `@places` or `@companies`."""

    def __init__(self, table: dict[str, list[str]]) -> None:
        """`table`: names in lower case, by kind. Raises KeyError when a kind is missing."""
        self._after = frozenset(table["after_a_place"])
        self._kinds = {name: f"@{kind}" for kind in ("places", "companies") for name in table[kind]}

    @classmethod
    def load(cls, path: Path = PLACES / "elsewhere.yml") -> Names:
        """Read the data file. Raises FileNotFoundError when it is not there."""
        return cls(yaml.safe_load(path.read_text(encoding="utf-8")))

    def korean(self, found: Sequence[Morpheme], at: int) -> str:
        """The kind that the morpheme at `at` names, alone or with 시, 군, 구 … after it, or ''."""
        item = found[at]
        if not item.tag.startswith("NN"):
            return ""
        kind = self._kinds.get(item.form)
        if kind is None and at + 1 < len(found) and found[at + 1].form in self._after:
            kind = self._kinds.get(item.form + found[at + 1].form)
        return kind or ""

    def latin(self, words: Sequence[str]) -> list[str]:
        """The kinds that words in Latin letters name, alone or two together."""
        pairs = [f"{one} {two}" for one, two in pairwise(words)]
        return [self._kinds[word] for word in [*words, *pairs] if word in self._kinds]


@lru_cache(maxsize=1)
def names() -> Names:
    """The project's names, read once."""
    return Names.load()
