"""Lists of features as sparse rows: one tf-idf block a kind of feature, and the dense block."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple, Sequence

import numpy as np
import scipy.sparse as sparse

from bot.rasa.nlu.features import BLOCKS, Features
from bot.rasa.nlu.meaning import Meaning

Rows = sparse.csr_matrix
# Features that stand in one message only teach nothing when they are stretches of letters.
_SEEN_TWICE = frozenset(("syllables", "jamo", "letters"))


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

    def rows(self, messages: Sequence[list[str]]) -> Rows:
        """Unit rows of (1 + ln count) × idf; a message without a known feature is a zero row."""
        columns: list[int] = []
        values: list[np.ndarray] = []
        ends = [0]
        for message in messages:
            counts = Counter(self.columns[one] for one in message if one in self.columns)
            found = np.fromiter(counts.keys(), dtype=np.int32, count=len(counts))
            times = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
            value = (1 + np.log(times)) * self.idf[found]
            values.append(value / (float(np.linalg.norm(value)) or 1.0))
            columns.extend(counts)
            ends.append(len(columns))
        data = np.concatenate(values) if values else np.zeros(0, dtype=np.float32)
        return sparse.csr_matrix((data, columns, ends), shape=(len(messages), len(self.columns)))


def _unit(rows: Rows) -> Rows:
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    lengths[lengths == 0] = 1
    return sparse.diags((1 / lengths).astype(np.float32)).dot(rows).tocsr()


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
        blocks = {
            block: Vocabulary.fit(
                [one.blocks[block] for one in messages], 2 if block in _SEEN_TWICE else 1
            )
            for block in BLOCKS
            if weights.get(block)
        }
        wanted = weights.get("meaning")
        return cls(weights, blocks, Meaning.fit([one.content for one in messages]) if wanted else None)

    def rows(self, messages: Sequence[Features]) -> Rows:
        """One row a message."""
        parts = [
            words.rows([one.blocks[block] for one in messages]) * self.weights[block]
            for block, words in self.blocks.items()
        ]
        if self._read:
            dense = np.array([self._read(one.content) for one in messages], dtype=np.float32)
            parts.append(sparse.csr_matrix(dense * self.weights["meaning"]))
        return _unit(sparse.hstack(parts).tocsr())
