"""Finding animals, countries, days, times, amounts, numbers and placeholders in a text."""

from __future__ import annotations

import re
from typing import Any, Callable, Iterable, Iterator, NamedTuple, Pattern, Sequence

from bot.korean import amounts, moments
from bot.rasa.nlu.kiwi import Morpheme

_NAMED = ("animal", "country")
# Placeholders and receipt numbers are never part of anything else.
_FIRST = ("receipt", "phone", "email", "plate", "personal")
_VALUES: dict[str, Callable[[str], str | None]] = {
    "date": moments.day,
    "time": moments.clock,
    "amount": amounts.won,
}
_PART = re.compile(r"<([a-z_]+)>")


class Span(NamedTuple):
    """Something recognised: its kind, its value, and where it stands in the text."""

    label: str
    value: str
    start: int
    end: int


class Spotter:
    """The names and patterns of data/policy/entities.yml, ready to search with."""

    def __init__(self, table: dict[str, Any]) -> None:
        """`table`: the parsed file. Raises KeyError when one of its parts is missing."""
        self._patterns = {
            label: [re.compile(one) for one in rules] for label, rules in patterns(table).items()
        }
        self._closed = {
            label: re.compile("|".join(rules)) for label, rules in table["pattern_not_in"].items()
        }
        self._values: dict[str, dict[str, str]] = {}
        self._names: dict[str, Pattern[str]] = {}
        self._not_in: dict[str, Pattern[str]] = {}
        self._short: dict[str, dict[str, str]] = {}
        for label in _NAMED:
            self._learn(label, table[label], table[f"{label}_not_in"])

    def _learn(self, label: str, names: dict[str, list[str]], not_in: list[str]) -> None:
        values = {name.lower(): value for value, some in names.items() for name in some}
        self._values[label] = values
        self._short[label] = {name: value for name, value in values.items() if len(name) == 1}
        self._names[label] = _alternatives(name for name in values if len(name) > 1)
        self._not_in[label] = _alternatives(not_in)

    def find(self, text: str, found: Sequence[Morpheme] = ()) -> list[Span]:
        """Everything recognised in `text`, without overlap, in order.

        `found`: Kiwi's analysis of the same text; without it names of one syllable are missed.
        """
        spans = [*self._by_pattern(text)]
        for label in _NAMED:
            spans += self._by_name(label, text, found)
        return apart(spans)

    def _by_pattern(self, text: str) -> Iterator[Span]:
        for label, rules in self._patterns.items():
            closed = self._closed_to(label, text)
            read = _VALUES.get(label)
            for rule in rules:
                for match in rule.finditer(text):
                    value = read(match.group()) if read else match.group()
                    if value is not None and not _touches(match.span(), closed):
                        yield Span(label, value, match.start(), match.end())

    def _closed_to(self, label: str, text: str) -> list[tuple[int, int]]:
        pattern = self._closed.get(label)
        return [match.span() for match in pattern.finditer(text)] if pattern else []

    def _by_name(self, label: str, text: str, found: Sequence[Morpheme]) -> Iterator[Span]:
        closed = [match.span() for match in self._not_in[label].finditer(text)]
        for match in self._names[label].finditer(text):
            if not _inside(match.span(), closed):
                yield Span(label, self._values[label][match.group().lower()], *match.span())
        for item in found:
            value = self._short[label].get(item.form) if item.tag == "NNG" else None
            exact = text[item.start : item.end] == item.form
            if value and exact and not _inside((item.start, item.end), closed):
                yield Span(label, value, item.start, item.end)


def _alternatives(names: Iterable[str]) -> Pattern[str]:
    # Longest first: 앵무새 before 앵무. A Latin name stands alone; a Korean one takes particles.
    parts = []
    for name in sorted(names, key=len, reverse=True):
        escaped = re.escape(name)
        parts.append(rf"(?<![a-z]){escaped}(?![a-z])" if name[0].isascii() else escaped)
    return re.compile("|".join(parts) or r"(?!)", re.IGNORECASE)


def patterns(table: dict[str, Any]) -> dict[str, list[str]]:
    """The regular expressions of the parsed file, their <parts> filled in."""

    def filled(rule: str) -> str:
        parts = table["part"]
        while _PART.search(rule):
            rule = _PART.sub(lambda name: parts.get(name[1]) or _unknown(name[1]), rule)
        return rule

    return {label: [filled(rule) for rule in rules] for label, rules in table["pattern"].items()}


def _unknown(part: str) -> str:
    raise KeyError(f"No pattern has the part <{part}>.")


def _inside(span: tuple[int, int], closed: Iterable[tuple[int, int]]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in closed)


def _touches(span: tuple[int, int], closed: Iterable[tuple[int, int]]) -> bool:
    return any(start < span[1] and span[0] < end for start, end in closed)


def apart(spans: Iterable[Span]) -> list[Span]:
    """Of spans that overlap, numbers and placeholders first, then the longest; in text order."""
    kept: list[Span] = []
    order = sorted(spans, key=lambda one: (one.label not in _FIRST, one.start - one.end, one.start))
    for one in order:
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.start)
