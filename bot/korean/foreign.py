"""Which language a message is in that the service does not answer in, and the sentence for it."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from bot.korean.text import clean, even_width
from bot.paths import POLICY

FILE = POLICY / "languages.yml"
ENOUGH_WORDS = 2

_SCRIPTS = {
    "kana": "\u3040-\u30ff\uff66-\uff9d",
    "han": "\u3400-\u4dbf\u4e00-\u9fff",
    "thai": "\u0e00-\u0e7f",
    "cyrillic": "\u0400-\u052f",
    "khmer": "\u1780-\u17ff",
    "myanmar": "\u1000-\u109f",
    "devanagari": "\u0900-\u097f",
    "sinhala": "\u0d80-\u0dff",
    "bengali": "\u0980-\u09ff",
    "arabic": "\u0600-\u06ff",
    "latin": "a-z\u00c0-\u024f\u1e00-\u1eff",
}
_WORD = re.compile(r"[^\W\d_]+")


class Languages:
    """The languages of data/policy/languages.yml, in the order in which they are tried."""

    def __init__(self, table: dict[str, dict[str, Any]]) -> None:
        self._table = table
        # What tells more comes first: kana before Han, letters that only one language has before
        # the rest of their script, scripts before words.
        self._order = sorted(table, key=lambda code: self._rank(table[code]))

    @staticmethod
    def _rank(entry: dict[str, Any]) -> int:
        if entry["script"] == "kana":
            return 0
        tells_more = "only" in entry or (entry["script"] != "latin" and "words" in entry)
        return 1 + int(not tells_more) + 2 * int(entry["script"] == "latin")

    @classmethod
    def load(cls, path: Path = FILE) -> Languages:
        """Read the data file. Raises FileNotFoundError or KeyError."""
        return cls(yaml.safe_load(path.read_text(encoding="utf-8")))

    def which(self, text: str) -> str:
        """The code of the language that `text` is in, or '' when it is none of these."""
        folded = even_width(clean(text))
        words = _WORD.findall(folded)
        return next(
            (code for code in self._order if self._is(self._table[code], folded, words)), ""
        )

    @staticmethod
    def _is(entry: dict[str, Any], folded: str, words: list[str]) -> bool:
        if "only" in entry and any(letter in entry["only"] for letter in folded):
            return True
        if "words" in entry:
            known = set(entry["words"])
            enough = min(ENOUGH_WORDS, len(words))
            return bool(words) and sum(word in known for word in words) >= enough
        return "only" not in entry and bool(re.search(f"[{_SCRIPTS[entry['script']]}]", folded))

    def sentence(self, code: str) -> str:
        """The fixed sentence in the language `code`; '' when there is none."""
        return str(self._table[code]["says"]) if code in self._table else ""

    def __iter__(self) -> Any:
        return iter(self._table)


@lru_cache(maxsize=1)
def languages() -> Languages:
    """The project's languages, read once."""
    return Languages.load()
