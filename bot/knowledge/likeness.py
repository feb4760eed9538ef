"""How alike a text and an article are: what the scores of BM25, which have no end, do not tell."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.knowledge.counting import Counted, Floats, Numbers
from bot.knowledge.index import Index

# How much of it is the whole article's; the rest is that of the question most like the text.
ARTICLE_SHARE = 0.4


@dataclass(frozen=True)
class Heard:
    """A text as the index knows it: its tokens by number, and the weights of unknown ones."""

    numbers: Numbers
    unknown: Floats
    unknown_lemmas: Floats

    def has_lemmas(self, index: Index) -> bool:
        """Whether whoever asks gave lemmas."""
        known = index.weights[self.numbers] != index.plain[self.numbers]
        return len(self.unknown_lemmas) > 0 or bool(known.any())


def likeness(index: Index, heard: Heard, places: Sequence[int]) -> Floats:
    """How alike the text and each article are, from 0 to 1; 1 for a question of its own.

    Most of it is the cosine of the text and the question (or title) that is most like it, which
    is low for a long story that shares one word; the rest is the part of the text that stands
    anywhere in the article. Lemmas count where both sides have them.
    """
    counted = [index.counted(place) for place in places]
    all_lemmas = np.array([one.lemmas for one in counted])
    either = np.zeros(len(counted))
    for has in (True, False):
        some = np.flatnonzero(all_lemmas == has)
        if len(some):
            either[some] = _likeness(index, heard, [counted[at] for at in some], has)
    return either


def _likeness(index: Index, heard: Heard, counted: Sequence[Counted], lemmas: bool) -> Floats:
    spoken = np.zeros(len(index.weights))
    spoken[heard.numbers] = index.weights[heard.numbers]
    unknown = np.concatenate([heard.unknown, heard.unknown_lemmas])
    weights = index.weights
    if not (lemmas and heard.has_lemmas(index)):
        spoken[heard.numbers] = index.plain[heard.numbers]
        unknown, weights = heard.unknown, index.plain
    known = spoken[heard.numbers]
    length = float(np.sqrt((known**2).sum() + (unknown**2).sum())) or 1.0
    total = float(known.sum() + unknown.sum()) or 1.0
    parts = np.add.reduceat(
        spoken[np.concatenate([one.tokens for one in counted])],
        _begins([len(one.tokens) for one in counted]),
    )
    cosines = _cosines(weights, spoken, counted) / length
    return np.asarray((1 - ARTICLE_SHARE) * cosines + ARTICLE_SHARE * parts / total)


def _cosines(weights: Floats, spoken: Floats, counted: Sequence[Counted]) -> Floats:
    """The cosine of the best question of each article, times the length of the text."""
    asked = np.concatenate([one.asked for one in counted])
    begins = _begins([len(one.asked) for one in counted])
    starts = np.concatenate([one.starts[:-1] + at for one, at in zip(counted, begins, strict=True)])
    shared = np.add.reduceat(weights[asked] * spoken[asked], starts)
    lengths = np.sqrt(np.add.reduceat(weights[asked] ** 2, starts))
    cosines = np.divide(shared, lengths, out=np.zeros(len(shared)), where=lengths > 0)
    return np.asarray(
        np.maximum.reduceat(cosines, _begins([len(one.starts) - 1 for one in counted]))
    )


def _begins(sizes: Sequence[int]) -> Numbers:
    """Where each of so many rows of these sizes begins when they stand in one."""
    return np.cumsum([0, *sizes[:-1]], dtype=np.int32)
