"""Messages as points in a space of meaning, made of Kiwi's own language model.

Kiwi tells how similar two morphemes are, but does not show its vectors. The Nyström method gets
them back: similarities to a set of anchors, brought to the axes of the anchors' own similarities.
Kiwi's space has 256 dimensions, so a few hundred anchors lose nothing of it; the 64 strongest of
its axes understand nearly as well in a third of the training time.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import Callable, Iterable, NamedTuple, Sequence

import numpy as np

from bot.rasa.nlu.kiwi import Morpheme, kiwi

DIMENSIONS = 64
ANCHORS = 400
# Below this an axis is rounding, not meaning.
_SMALLEST = 1e-3


def _known(one: int) -> bool:
    # A morpheme without a vector is not like itself.
    return abs(kiwi().morpheme_similarity(one, one) - 1) < 0.01


def _similarities(one: int, anchors: Sequence[int]) -> np.ndarray:
    compare = kiwi().morpheme_similarity
    return np.array([compare(one, anchor) for anchor in anchors], dtype=np.float32)


class Meaning(NamedTuple):
    """The trained space: anchors, their axes and centre, and the morphemes met in training.

    Morphemes are named by their number in Kiwi's model, so a space belongs to one version of it.
    `vectors` holds a unit row for each one of `weights`, in that order, in half precision.
    """

    anchors: list[int]
    axes: np.ndarray
    centre: np.ndarray
    weights: dict[int, float]
    vectors: np.ndarray
    rare: float

    @classmethod
    def fit(cls, messages: Sequence[Iterable[Morpheme]]) -> Meaning:
        """Learn the space from the content morphemes of the training messages.

        Anchors are the commonest morphemes that Kiwi knows; a morpheme weighs 1 + ln(N / n) when
        it stands in n of N messages.
        """
        counts: Counter[int] = Counter()
        for message in messages:
            counts.update({item.id for item in message if item.known})
        met = [one for one, _ in counts.most_common() if _known(one)]
        anchors, total = met[:ANCHORS], max(1, len(messages))
        axes, centre = _axes(anchors)
        vectors = [_vector(one, anchors, axes, centre) for one in met]
        weights = {one: 1 + float(np.log(total / counts[one])) for one in met}
        half = np.array(vectors, dtype=np.float16).reshape(len(met), axes.shape[1])
        return cls(anchors, axes, centre, weights, half, 1 + float(np.log(total)))

    def reader(self) -> Callable[[Iterable[Morpheme]], np.ndarray]:
        """A function from content morphemes to the message's unit vector (zeros when unknown).

        A morpheme not met in training costs under a millisecond and is remembered.
        """
        rows = {one: at for at, one in enumerate(self.weights)}

        @lru_cache(maxsize=5_000)
        def unmet(one: int) -> np.ndarray | None:
            if not self.anchors or not _known(one):
                return None
            return self.rare * _vector(one, self.anchors, self.axes, self.centre)

        def weighed(one: int) -> np.ndarray | None:
            if one not in rows:
                return unmet(one)
            return self.weights[one] * self.vectors[rows[one]].astype(np.float32)

        def read(content: Iterable[Morpheme]) -> np.ndarray:
            total = np.zeros(self.axes.shape[1], dtype=np.float32)
            for item in content:
                vector = weighed(item.id) if item.known else None
                if vector is not None:
                    total += vector
            length = float(np.linalg.norm(total))
            return total / length if length else total

        return read


def _vector(one: int, anchors: Sequence[int], axes: np.ndarray, centre: np.ndarray) -> np.ndarray:
    vector = _similarities(one, anchors) @ axes - centre
    return vector / (float(np.linalg.norm(vector)) or 1.0)


def _axes(anchors: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """The map from similarities to coordinates, and the anchors' mean in those coordinates."""
    if not anchors:
        return np.zeros((0, 0), dtype=np.float32), np.zeros(0, dtype=np.float32)
    block = np.array([_similarities(one, anchors) for one in anchors], dtype=np.float64)
    values, vectors = np.linalg.eigh((block + block.T) / 2)
    largest = np.argsort(values)[::-1][:DIMENSIONS]
    largest = largest[values[largest] > _SMALLEST]
    axes = (vectors[:, largest] / np.sqrt(values[largest])).astype(np.float32)
    return axes, (block.astype(np.float32) @ axes).mean(axis=0)
