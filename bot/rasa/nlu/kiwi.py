"""The one Kiwi of the process: morphemes of a text, and the text cut along them."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from kiwipiepy import Kiwi

# Mends wrong vowels and finals (되/돼, 낳아요) and sounds run together (할께요, 일거).
TYPOS = "basic_with_continual"


class Morpheme(NamedTuple):
    """One morpheme of an analysed text; `start` and `end` count characters of that text.

    `id` is its number in Kiwi's own model.
    """

    form: str
    tag: str
    id: int
    known: bool
    start: int
    end: int


class Piece(NamedTuple):
    """A stretch of the text that one token covers; a blank one has the tag `_SP`."""

    text: str
    lemma: str
    tag: str


@lru_cache(maxsize=1)
def kiwi() -> Kiwi:
    """The shared analyser, loaded at the first call (about 2 s and 500 MB with typo mending).

    Kiwi's own Jeju mode stays off: it costs 1 GB and 13 s more and gained one point
    (docs/decisions/0003-intent-classifier.md); `bot.korean.jeju` stands in.
    """
    # One worker: Rasa parses one message at a time, and idle threads cost memory.
    return Kiwi(num_workers=1)


def morphemes(text: str) -> list[Morpheme]:
    """Kiwi's best analysis, misspellings mended, with offsets into `text`."""
    return [
        Morpheme(token.form, token.tag, token.id, not token.oov, token.start, token.end)
        for token in kiwi().tokenize(text, typos=TYPOS)
    ]


def _groups(found: list[Morpheme]) -> list[list[Morpheme]]:
    """Morphemes that share a character put together: 나왔 is 나오 and 었."""
    groups: list[list[Morpheme]] = []
    end = 0
    for item in found:
        if groups and (item.start < end or item.start == item.end):
            groups[-1].append(item)
        else:
            groups.append([item])
        end = max(end, item.end)
    return groups


def _gap(text: str) -> list[Piece]:
    """What Kiwi left out between two tokens: white space and signs it does not know."""
    pieces = []
    bare = text.strip()
    before, _, after = text.partition(bare) if bare else (text, "", "")
    for part, tag in ((before, "_SP"), (bare, "SW"), (after, "_SP")):
        if part:
            pieces.append(Piece(part, part, tag))
    return pieces


def pieces(text: str, found: list[Morpheme]) -> list[Piece]:
    """The whole of `text` cut where Kiwi's morphemes allow it.

    Joined, the pieces are `text`, blanks included; a piece made of several morphemes has the lemma
    나+었 and the tag VV+EP.
    """
    cut: list[Piece] = []
    at = 0
    for group in _groups(found):
        start, end = max(at, group[0].start), max(item.end for item in group)
        if end <= start:
            continue
        cut += _gap(text[at:start])
        lemma = "+".join(item.form for item in group)
        cut.append(Piece(text[start:end], lemma, "+".join(item.tag for item in group)))
        at = end
    return cut + _gap(text[at:])
