"""Where one message may be two: the places at which a clause, a sentence or a list goes on."""

from __future__ import annotations

import re
from typing import Any, Iterator, NamedTuple, Sequence

from bot.korean.text import squeeze
from bot.rasa.nlu.kiwi import Morpheme

# A part says at least this much, in squeezed characters.
_SHORTEST = 2
# In a long story most borders are none between requests.
_MOST = 8
# How much of a part is its beginning.
_BEGINS = 25


class Split(NamedTuple):
    """A message cut in two, and by what: `sentence`, `and`, `list`, `go_on` or `clause`."""

    before: tuple[int, int]
    behind: tuple[int, int]
    by: str


class Borders:
    """The words and signs of data/policy/dialogue.yml (`borders`) at which a message may part."""

    def __init__(self, data: dict[str, Any]) -> None:
        """Raises KeyError when a part is missing, re.error when one is no pattern."""
        self._sentence = re.compile(data["sentence"])
        self._and = re.compile(data["and"], re.IGNORECASE)
        self._list = frozenset(data["list"])
        self._go_on = frozenset(data["go_on"])
        self._also = re.compile(data["also"])

    def splits(self, text: str, found: Sequence[Morpheme]) -> list[Split]:
        """Every way to read `text` as two, in its order; `found` is Kiwi's analysis of it."""
        made: dict[tuple[int, int], Split] = {}
        for end, start, by in self._borders(text, found):
            before, behind = _bare(text, 0, end), _bare(text, start, len(text))
            if min(_says(text, before), _says(text, behind)) >= _SHORTEST:
                made.setdefault((end, start), Split(before, behind, by))
        return [made[at] for at in sorted(made)][:_MOST]

    def says_also(self, text: str) -> bool:
        """Whether a part begins with one thing more («여권도 …»)."""
        return bool(self._also.search(text[:_BEGINS]))

    def _borders(self, text: str, found: Sequence[Morpheme]) -> Iterator[tuple[int, int, str]]:
        """End of what stands before, start of what stands behind, and the kind of border."""
        for match in self._sentence.finditer(text):
            yield match.start(), match.end(), "sentence"
        for match in self._and.finditer(text):
            yield match.start(), match.end(), "and"
        for item, behind in zip(found, [*found[1:], None], strict=True):
            if item.tag.startswith("J") and item.form in self._list:
                yield item.start, item.end, "list"
            elif (
                item.tag in ("EC", "EF") and behind and not behind.tag.startswith(("VX", "E", "S"))
            ):
                # 버려야 / 돼요, 따져 / 주세요: an auxiliary says nothing by itself.
                if item.tag == "EF":
                    yield item.end, item.end, "sentence"
                else:
                    go_on = item.form in self._go_on
                    yield item.end, item.end, "go_on" if go_on else "clause"


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    part = text[start:end]
    left = len(part) - len(part.lstrip())
    return start + left, start + left + len(part.strip())


def _says(text: str, span: tuple[int, int]) -> int:
    return len(squeeze(text[span[0] : span[1]]))


def within(found: Sequence[Morpheme], span: tuple[int, int]) -> list[Morpheme]:
    """The morphemes inside a span, counted from its start."""
    start, end = span
    return [
        item._replace(start=item.start - start, end=item.end - start)
        for item in found
        if start <= item.start and item.end <= end
    ]
