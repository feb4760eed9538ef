"""Lists of features as sparse rows: one tf-idf block a kind of feature, and the dense block."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple, Sequence, TypeAlias

import numpy as np
import scipy.sparse as sparse

from bot.rasa.nlu.features import BLOCKS, Features
from bot.rasa.nlu.meaning import Meaning

Rows: TypeAlias = sparse.csr_matrix
# A stretch of letters that stands in so few messages only teaches nothing (where it could).
_STRETCHES = frozenset(("syllables", "jamo", "letters"))
_LEAST, _MANY = 3, 2_000


class Row(NamedTuple):
    """The columns of one message that are not zero, and their values."""

    columns: np.ndarray
    values: np.ndarray


class Vocabulary(NamedTuple):
    """The features of one block, their column, and how rare they are."""

    columns: dict[str, int]
    idf: np.ndarray

    @classmethod
    def fit(cls, messages: Sequence[list[str]], least: int = 1) -> Vocabulary:
        """Learn the features that stand in at least `least` messages."""
        counts: Counter[str] = Counter()
        for message in messages:
            counts.update(set(message))
        kept = sorted(one for one, count in counts.items() if count >= least)
        total = max(1, len(messages))
        idf = np.array([1 + np.log(total / counts[one]) for one in kept], dtype=np.float32)
        return cls({one: at for at, one in enumerate(kept)}, idf)

    def row(self, message: list[str]) -> Row:
        """Unit row of (1 + ln count) × idf; empty when no feature of the message is known."""
        counts = Counter(self.columns[one] for one in message if one in self.columns)
        found = np.fromiter(counts.keys(), dtype=np.int32, count=len(counts))
        times = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
        return Row(found, _unit((1 + np.log(times)) * self.idf[found]))


def _unit(values: np.ndarray) -> np.ndarray:
    return values / (float(np.linalg.norm(values)) or 1.0)


class Vectoriser:
    """Messages as rows: every block weighed, side by side, the whole brought to unit length."""

    def __init__(
        self, weights: dict[str, float], blocks: dict[str, Vocabulary], meaning: Meaning | None
    ) -> None:
        self.weights = weights
        self.blocks = blocks
        self.meaning = meaning
        self._read = meaning.reader() if meaning else None

    @classmethod
    def fit(cls, messages: Sequence[Features], weights: dict[str, float]) -> Vectoriser:
        """Learn vocabularies and the space of meaning; a block of weight 0 is left out.

        `weights` has a number for each of `BLOCKS` and for `meaning`.
        """
        least = _LEAST if len(messages) > _MANY else _LEAST - 1
        blocks = {
            block: Vocabulary.fit(
                [one.blocks[block] for one in messages], least if block in _STRETCHES else 1
            )
            for block in BLOCKS
            if weights.get(block)
        }
        wanted = weights.get("meaning")
        meaning = Meaning.fit([one.content for one in messages]) if wanted else None
        return cls(weights, blocks, meaning)

    def row(self, message: Features) -> Row:
        """The row of one message; empty when nothing in it is known."""
        columns, values, start = [], [], 0
        for block, words in self.blocks.items():
            part = words.row(message.blocks[block])
            columns.append(part.columns + start)
            values.append(part.values * self.weights[block])
            start += len(words.columns)
        if self._read:
            dense = self._read(message.content)
            columns.append(np.arange(start, start + len(dense), dtype=np.int32))
            values.append(dense * self.weights["meaning"])
        row = Row(np.concatenate(columns), _unit(np.concatenate(values)))
        return row if row.values.any() else Row(row.columns[:0], row.values[:0])

    def rows(self, messages: Sequence[Features]) -> Rows:
        """One row a message, for training."""
        found = [self.row(one) for one in messages]
        ends = np.cumsum([0, *(len(one.columns) for one in found)])
        columns = np.concatenate([one.columns for one in found])
        values = np.concatenate([one.values for one in found])
        return sparse.csr_matrix((values, columns, ends), shape=(len(found), self.width))

    @property
    def width(self) -> int:
        """How many columns a row has."""
        dense = self.meaning.axes.shape[1] if self.meaning else 0
        return self.counted + dense

    @property
    def counted(self) -> int:
        """How many of them, the first ones, are weighed counts and not coordinates."""
        return sum(len(words.columns) for words in self.blocks.values())
