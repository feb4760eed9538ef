"""The guard's second ear: a linear scale that tells a cry for help from everyday talk.

Where patterns (bot/korean/guard.py) know wordings, this adds up what runs of characters, words and
pairs of words weigh. The weights were learnt from messages (benchmarks/guard_ear.py) and are data
(data/policy/emergency_ear.tsv); nothing but a dictionary is needed to use them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from bot.korean import jamo
from bot.korean.text import shorten

Kind = Literal["fire", "medical", "crime", "violence", "child", "suicide", "sea", "gas"]

LONGEST_RUN = 3
# How many words behind a word still make a pair with it.
PAIRED_WITH = 6
# What is asked for stands at the end: so many words are weighed there once more.
LAST_WORDS = 4
# A longer message is weighed in stretches of so many words, each half over the one before.
STRETCH = 40
# Without it a long message would weigh much by its length alone.
LENGTH_POWER = 0.7
# Weights are written as whole numbers: so many of them are one on the scale.
UNIT = 100

# Two rows of the file that are no runs: the scale's zero, and a pattern that hit.
BIAS, HIT = "<bias>", "<hit>"

_KINDS: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}
_LOOSE_JAMO = re.compile("[ㄱ-ㆎ\u1100-\u11ff]+")
_HANGUL = re.compile("[가-힣]+")
_LATIN = re.compile(r"[a-z]+|\.")
_WORD = re.compile("[가-힣]+|[a-z]+")


class EarDataError(ValueError):
    """The file of weights cannot be used; the sentence says what is at fault."""


def squeezed_form(spaced: str) -> str:
    """A message without blanks, brought to one spelling by ear."""
    tight = jamo.compose(jamo.plain_araea(spaced.replace(" ", "")))
    return jamo.sound(shorten(_LOOSE_JAMO.sub("", tight)))


def _runs(squeezed: str) -> Iterator[str]:
    text = f"^{squeezed}$"
    for length in range(1, LONGEST_RUN + 1):
        for at in range(len(text) - length + 1):
            yield text[at : at + length]


def _beginnings(words: list[str]) -> Iterator[str]:
    for word in words:
        for length in range(1, LONGEST_RUN + 1):
            yield f"_{word[:length]}"


def _pairs(words: list[str]) -> Iterator[str]:
    heads = [word[:2] for word in words]
    for at, head in enumerate(heads):
        for other in heads[at + 1 : at + 1 + PAIRED_WITH]:
            if other != head:
                yield f"{min(head, other)}|{max(head, other)}"


def _english(spaced: str) -> Iterator[str]:
    words = _LATIN.findall(spaced)
    yield from words
    for at in range(len(words) - 1):
        yield f"{words[at]} {words[at + 1]}"


def _last(spaced: str) -> Iterator[str]:
    for word in _WORD.findall(spaced)[-LAST_WORDS:]:
        sound = jamo.sound(word)
        yield f">{sound[:2]}"
        yield f">{sound[:3]}"


def features(spaced: str) -> set[str]:
    """What the scale looks at in a message.

    In: words apart by blanks, lower case, ` . ` for each end of a sentence, Jeju words in standard
    Korean. Out: runs of one to three characters without blanks (`^` begins, `$` ends the message),
    the beginnings of words (`_불이`) and of the last words (`>신청`), pairs of the heads of near
    words (`남편|때려`), English words and pairs of them.
    """
    found = {*_english(spaced), *_last(spaced)}
    if not _HANGUL.search(spaced):
        return found
    found.update(_runs(squeezed_form(spaced)))
    for sentence in spaced.split("."):
        words = [jamo.sound(word) for word in _HANGUL.findall(sentence)]
        found.update(_beginnings(words))
        found.update(_pairs(words))
    return found


def stretches(spaced: str) -> list[str]:
    """A message in stretches that are weighed apart; most messages are one."""
    words = spaced.split()
    if len(words) <= STRETCH:
        return [spaced]
    step = STRETCH // 2
    starts = range(0, len(words) - step, step)
    return [" ".join(words[start : start + STRETCH]) for start in starts]


@dataclass(frozen=True)
class Ear:
    """The learnt weights; safe to share between threads."""

    cry: Mapping[str, int]
    """What a feature adds to the scale on which cries lie high."""
    kinds: Mapping[str, tuple[tuple[Kind, int], ...]]
    """What a feature says about the kind of help, for those that say anything."""

    @classmethod
    def load(cls, path: Path) -> Ear:
        """The scale of a file of weights; each line is a feature, its weight, its kinds.

        Raises EarDataError when the file is missing or a line cannot be read.
        """
        try:
            lines = path.read_text(encoding="utf-8").split("\n")[1:-1]
        except FileNotFoundError as error:
            raise EarDataError(
                f"{path.name} is missing; benchmarks.guard_ear writes it."
            ) from error
        cry: dict[str, int] = {}
        kinds: dict[str, tuple[tuple[Kind, int], ...]] = {}
        for number, line in enumerate(lines, start=2):
            try:
                feature, weight, about = line.split("\t")
                cry[feature] = int(weight)
                if about:
                    kinds[feature] = _kinds(about)
            except (KeyError, ValueError) as error:
                raise EarDataError(f"{path.name}, line {number} cannot be read.") from error
        return cls(cry, kinds)

    def score(self, spaced: str, *, hit: bool) -> float:
        """How much a message is like a cry, from about -3 to 3; the highest of its stretches.

        In: what `features` takes, and whether a pattern hit.
        """
        return max(self._score(features(part), hit) for part in stretches(spaced))

    def _score(self, found: set[str], hit: bool) -> float:
        weights = self.cry
        total = sum(weights[each] for each in found if each in weights)
        total += weights.get(HIT, 0) if hit else 0
        length: float = max(len(found) + hit, 1) ** LENGTH_POWER
        return (total / length + weights.get(BIAS, 0)) / UNIT

    def kind(self, spaced: str) -> Kind:
        """The kind of help that the words of a message speak for most."""
        sums: dict[Kind, float] = dict.fromkeys(_KINDS.values(), 0.0)
        sums.update(self.kinds.get(BIAS, ()))
        found = features(spaced)
        length: float = max(len(found), 1) ** LENGTH_POWER
        for each in found:
            for kind, weight in self.kinds.get(each, ()):
                sums[kind] += weight / length
        return max(sums, key=lambda kind: sums[kind])


def _kinds(about: str) -> tuple[tuple[Kind, int], ...]:
    pairs = [each.split(":") for each in about.split(" ")]
    return tuple((_KINDS[kind], int(weight)) for kind, weight in pairs)
