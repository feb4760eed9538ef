"""What more training messages are worth: the classifier on a quarter, half and all of them.

    PYTHONPATH=. .venv-rasa/bin/python -m benchmarks.learning_curve [messages.tsv]

Learns from the first quarter, half and all of each intent's messages in `data/nlu`, shuffled once,
so that each share holds the one before. Judges the NLU alone on a file with the columns text,
topic, accept and style (tests/data/dev.tsv unless one is named), and prints Markdown.
"""

from __future__ import annotations

import csv
import math
import re
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.classifiers import messages
from bot.korean.text import language
from bot.paths import ROOT
from bot.rasa.nlu.features import Features, taken_apart
from bot.rasa.nlu.topics import Topics

SHARES = (0.25, 0.5, 1.0)
WORST = 15
SEED = 0
OUT_OF_SCOPE = "out_of_scope"
DEV = ROOT / "tests" / "data" / "dev.tsv"


class Row(NamedTuple):
    """A labelled message and the topics that are right answers."""

    text: str
    topic: str
    right: frozenset[str]


class Guessed(NamedTuple):
    """A message and the first three guesses about it."""

    row: Row
    three: list[str]

    @property
    def is_right(self) -> bool:
        """Whether the first guess is a right answer."""
        return self.three[:1] != [] and self.three[0] in self.row.right


def read(path: Path) -> list[Row]:
    """The messages of a tab-separated file. Raises OSError, or KeyError without its columns."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [
            Row(
                one["text"],
                one["topic"],
                frozenset(filter(None, [one["topic"], *re.split(r"[,;\s]+", one["accept"] or "")])),
            )
            for one in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        ]


def nested(intents: Sequence[str], share: float, seed: int = SEED) -> list[int]:
    """Places of a share of each intent's messages, one at least; a larger share holds a smaller."""
    draw = np.random.default_rng(seed)
    labels = np.array(intents)
    taken = []
    for intent in sorted(set(intents)):
        places = draw.permutation(np.flatnonzero(labels == intent))
        taken += [int(place) for place in places[: max(1, math.ceil(share * len(places)))]]
    return sorted(taken)


def figures(guessed: Sequence[Guessed]) -> list[str]:
    """Top-1, top-3, then top-1 in scope, out of scope and in English, in per cent."""
    kinds = [
        [one.is_right for one in guessed],
        [bool(one.row.right & set(one.three)) for one in guessed],
        [one.is_right for one in guessed if one.row.topic != OUT_OF_SCOPE],
        [one.is_right for one in guessed if one.row.topic == OUT_OF_SCOPE],
        [one.is_right for one in guessed if language(one.row.text) == "en"],
    ]
    return [f"{100 * np.mean(some):.1f}" if some else "–" for some in kinds]


def worst(guessed: Iterable[Guessed], most: int = WORST) -> list[str]:
    """The topics with the smallest share right, as `topic right/all`."""
    found: dict[str, list[bool]] = {}
    for one in guessed:
        found.setdefault(one.row.topic, []).append(one.is_right)
    ordered = sorted(found.items(), key=lambda item: (np.mean(item[1]), -len(item[1]), item[0]))
    return [f"{topic} {sum(right)}/{len(right)}" for topic, right in ordered[:most]]


def main(arguments: Sequence[str]) -> None:
    """Print one row a share, then the worst topics of each."""
    rows = read(Path(arguments[0]) if arguments else DEV)
    data = messages()
    taken, asked = taken_apart(data.texts), [Features(row.text) for row in rows]
    print(f"{len(data.texts)} training messages, {len(rows)} to judge by\n")
    print("| share | messages | top-1 | top-3 | in scope | out of scope | English | seconds |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    lists = []
    for share in SHARES:
        places = nested(data.intents, share)
        began = time.perf_counter()
        model = Topics.train([taken[at] for at in places], [str(data.intents[at]) for at in places])
        seconds = time.perf_counter() - began
        guessed = [
            Guessed(row, [one.name for one in model.rank(message, 3)])
            for row, message in zip(rows, asked, strict=True)
        ]
        cells = " | ".join([str(len(places)), *figures(guessed), f"{seconds:.0f}"])
        print(f"| {share:.0%} | {cells} |", flush=True)
        lists.append(f"{share:.0%}: {', '.join(worst(guessed))}")
    print(f"\nWorst {WORST} topics (first guess right, of all):\n")
    print("\n".join(f"- {line}" for line in lists))


if __name__ == "__main__":
    main(sys.argv[1:])
