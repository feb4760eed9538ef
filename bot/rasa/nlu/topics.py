"""The whole way from a text to ranked intents, without Rasa: train, rank, keep, load."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple, Sequence

import numpy as np

from bot.rasa.nlu import linear
from bot.rasa.nlu.features import Features
from bot.rasa.nlu.linear import Calibration, Held, Linear
from bot.rasa.nlu.meaning import Meaning
from bot.rasa.nlu.vectors import Vectoriser, Vocabulary

# Weights of the blocks and liblinear's C, by cross-validation: docs/decisions/0003.
WEIGHTS = {
    "morphemes": 1.0,
    "syllables": 1.0,
    "jamo": 0.0,
    "words": 1.5,
    "letters": 1.2,
    "meaning": 1.0,
}
PENALTY = 2.0
_ARRAYS, _PARTS = "topics.npz", "topics.json"


class Ranked(NamedTuple):
    """An intent and how likely it is the right one (0 to 1)."""

    name: str
    confidence: float


class Topics:
    """A trained model of what messages are about."""

    def __init__(self, vectoriser: Vectoriser, model: Linear) -> None:
        self.vectoriser = vectoriser
        self.model = model

    @classmethod
    def train(
        cls,
        messages: Sequence[Features],
        labels: Sequence[str],
        weights: dict[str, float] = WEIGHTS,
        penalty: float = PENALTY,
        held: tuple[Sequence[Features], Sequence[str]] | None = None,
    ) -> Topics:
        """Learn from messages and their intents, and set confidences on those `held` out.

        Raises ValueError with fewer than two intents.
        """
        vectoriser = Vectoriser.fit(messages, weights)
        rows = vectoriser.rows(messages)
        judge = Held(vectoriser.rows(held[0]), held[1]) if held else None
        return cls(
            vectoriser,
            linear.fit_calibrated(rows, labels, penalty, vectoriser.counted, judge),
        )

    def rank(self, message: Features, longest: int = 10) -> list[Ranked]:
        """The likeliest intents, best first; none when nothing in the message was ever seen."""
        row = self.vectoriser.row(message)
        if not len(row.columns):
            return []
        chances = self.model.confidences(row)
        best = np.argsort(-chances)[:longest]
        return [Ranked(self.model.classes[at], float(chances[at])) for at in best]

    def save(self, folder: Path) -> None:
        """Write the model as plain arrays and JSON into an existing folder."""
        meaning = self.vectoriser.meaning
        arrays = {"weights": self.model.weights, "bias": self.model.bias}
        parts: dict[str, Any] = {
            "classes": self.model.classes,
            "calibration": self.model.calibration,
            "blocks": self.vectoriser.weights,
            "features": {},
            "meaning": None,
        }
        for block, words in self.vectoriser.blocks.items():
            parts["features"][block] = list(words.columns)
            arrays[f"idf_{block}"] = words.idf
        if meaning:
            arrays |= {"axes": meaning.axes, "centre": meaning.centre, "vectors": meaning.vectors}
            parts["meaning"] = {
                "anchors": meaning.anchors,
                "weights": list(meaning.weights.items()),
                "rare": meaning.rare,
            }
        # Rasa packs the whole model anyway.
        np.savez(folder / _ARRAYS, **arrays)  # type: ignore[arg-type]
        text = json.dumps(parts, ensure_ascii=False)
        (folder / _PARTS).write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Topics:
        """Read what `save` wrote. Raises FileNotFoundError when the folder holds no model."""
        parts = json.loads((folder / _PARTS).read_text(encoding="utf-8"))
        with np.load(folder / _ARRAYS, allow_pickle=False) as arrays:
            blocks = {
                block: Vocabulary({one: at for at, one in enumerate(names)}, arrays[f"idf_{block}"])
                for block, names in parts["features"].items()
            }
            meaning = _meaning(parts["meaning"], arrays) if parts["meaning"] else None
            model = Linear(
                parts["classes"],
                arrays["weights"],
                arrays["bias"],
                Calibration(*parts["calibration"]),
            )
        return cls(Vectoriser(parts["blocks"], blocks, meaning), model)


def _meaning(part: dict[str, Any], arrays: np.lib.npyio.NpzFile) -> Meaning:
    return Meaning(
        part["anchors"],
        arrays["axes"],
        arrays["centre"],
        dict(part["weights"]),
        arrays["vectors"],
        part["rare"],
    )
