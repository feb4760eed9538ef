"""English words read as the Korean that means the same (data/policy/english.yml)."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Sequence

import snowballstemmer
import yaml

from bot.paths import POLICY
from bot.rasa.nlu.kiwi import Morpheme, morphemes

_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]+(?:['’][A-Za-z]+)?")
_stemmer = snowballstemmer.stemmer("english")

Phrase = tuple[str, ...]


def latin_words(text: str) -> list[str]:
    """The words in Latin letters, lower case."""
    return [word.lower().replace("’", "'") for word in _LATIN.findall(text)]


def without_latin(text: str) -> str:
    """The text with a blank for every word in Latin letters."""
    return _LATIN.sub(" ", text)


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A word without its endings: parking → park. For matching only."""
    return str(_stemmer.stemWord(word))


class Glossary:
    """Phrases of stems and the Korean morphemes that stand for them."""

    def __init__(self, table: dict[str, list[str]]) -> None:
        """`table`: Korean, and the English words and phrases with that meaning."""
        self._korean: dict[Phrase, list[Morpheme]] = {}
        for korean, phrases in table.items():
            found = morphemes(korean)
            for phrase in phrases:
                self._korean[tuple(stem(word) for word in latin_words(phrase))] = found
        self._longest = max(map(len, self._korean), default=0)

    @classmethod
    def load(cls, path: Path = POLICY / "english.yml") -> Glossary:
        """Read the data file. Raises FileNotFoundError when it is not there."""
        return cls(yaml.safe_load(path.read_text(encoding="utf-8")))

    def korean(self, stems: Sequence[str]) -> list[Morpheme]:
        """The Korean morphemes of the phrases in a list of stems; the longest phrase wins.

        Their offsets mean nothing in the message.
        """
        found: list[Morpheme] = []
        at = 0
        while at < len(stems):
            size = self._match(stems, at)
            if size:
                found += self._korean[tuple(stems[at : at + size])]
            at += size or 1
        return found

    def _match(self, stems: Sequence[str], at: int) -> int:
        for size in range(min(self._longest, len(stems) - at), 0, -1):
            if tuple(stems[at : at + size]) in self._korean:
                return size
        return 0


@lru_cache(maxsize=1)
def glossary() -> Glossary:
    """The project's glossary, read once."""
    return Glossary.load()
