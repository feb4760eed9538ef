"""Messages as points in a space of meaning, made of Kiwi's own language model.

Kiwi tells how similar two morphemes are, but does not show its vectors. The Nyström method gets
them back: similarities to a set of anchors, brought to the axes of the anchors' own similarities.
Kiwi's space has 256 dimensions, so a few hundred anchors lose nothing of it.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import Callable, Iterable, NamedTuple, Sequence

import numpy as np

from bot.rasa.nlu.kiwi import Morpheme, kiwi

Key = tuple[str, str, int]
DIMENSIONS = 256
ANCHORS = 400
# Below this an axis is rounding, not meaning.
_SMALLEST = 1e-3


def key(item: Morpheme) -> Key:
    """How Kiwi's similarity is asked for a morpheme: form, tag and sense."""
    return item.form, item.tag, item.sense


def _known(one: Key) -> bool:
    try:
        kiwi().morpheme_similarity(one, one)
    except ValueError:
        return False
    return True


def _similarities(one: Key, anchors: Sequence[Key]) -> np.ndarray:
    compare = kiwi().morpheme_similarity
    return np.array([compare(one, anchor) for anchor in anchors], dtype=np.float32)


class Meaning(NamedTuple):
    """The trained space: anchors, their axes, the centre, and what each morpheme weighs."""

    anchors: list[Key]
    axes: np.ndarray
    centre: np.ndarray
    weights: dict[Key, float]
    rare: float

    @classmethod
    def fit(cls, messages: Sequence[Iterable[Morpheme]]) -> Meaning:
        """Learn the space from the content morphemes of the training messages.

        Anchors are the commonest morphemes that Kiwi knows; a morpheme weighs 1 + ln(N / n) when
        it stands in n of N messages.
        """
        counts: Counter[Key] = Counter()
        for message in messages:
            counts.update({key(item) for item in message if item.known})
        anchors = [one for one, _ in counts.most_common(2 * ANCHORS) if _known(one)][:ANCHORS]
        total = max(1, len(messages))
        weights = {one: 1 + float(np.log(total / count)) for one, count in counts.items()}
        axes, centre = _axes(anchors)
        return cls(anchors, axes, centre, weights, 1 + float(np.log(total)))

    def morpheme(self, one: Key) -> np.ndarray | None:
        """The unit vector of one morpheme, or None when Kiwi has none for it."""
        if not self.anchors or not _known(one):
            return None
        vector = _similarities(one, self.anchors) @ self.axes - self.centre
        length = float(np.linalg.norm(vector))
        return vector / length if length else None

    def reader(self) -> Callable[[Iterable[Morpheme]], np.ndarray]:
        """A function from content morphemes to the message's unit vector (zeros when unknown).

        It remembers the morphemes it met; a new one costs about a millisecond.
        """
        remembered = lru_cache(maxsize=20_000)(self.morpheme)

        def read(content: Iterable[Morpheme]) -> np.ndarray:
            total = np.zeros(self.axes.shape[1], dtype=np.float32)
            for item in content:
                vector = remembered(key(item)) if item.known else None
                if vector is not None:
                    total += self.weights.get(key(item), self.rare) * vector
            length = float(np.linalg.norm(total))
            return total / length if length else total

        return read


def _axes(anchors: Sequence[Key]) -> tuple[np.ndarray, np.ndarray]:
    """The map from similarities to coordinates, and the anchors' mean in those coordinates."""
    if not anchors:
        return np.zeros((0, 0), dtype=np.float32), np.zeros(0, dtype=np.float32)
    block = np.array([_similarities(one, anchors) for one in anchors], dtype=np.float64)
    values, vectors = np.linalg.eigh((block + block.T) / 2)
    largest = np.argsort(values)[::-1][:DIMENSIONS]
    largest = largest[values[largest] > _SMALLEST]
    axes = (vectors[:, largest] / np.sqrt(values[largest])).astype(np.float32)
    return axes, (block.astype(np.float32) @ axes).mean(axis=0)
