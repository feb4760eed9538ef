"""Compares ways to classify the training messages, by five-fold cross-validation.

    PYTHONPATH=. .venv-rasa/bin/python -m benchmarks.classifiers [part of a row's name …]

Looks at A_TOPIC messages of each intent. Prints one Markdown row a way: first guess right, among
the first three, expected calibration error (ECE, in points: how far confidences are from how often
they are right), and the first guess apart for Korean, English, and messages whose intent is a
topic. Vocabularies, vectors and confidences are learnt inside each fold, so that nothing of a
held-out message is known. Takes some minutes.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from bot.korean.text import language
from bot.paths import DATA
from bot.rasa.nlu import english, features, linear
from bot.rasa.nlu.features import Features
from bot.rasa.nlu.linear import Linear
from bot.rasa.nlu.topics import PENALTY, WEIGHTS
from bot.rasa.nlu.vectors import Rows, Vectoriser

FOLDS = 5
_NO_TOPICS = ("conversation.yml", "out_of_scope.yml")
A_TOPIC = 40
Fit = Callable[[Rows, Sequence[str], int], Linear]


class Messages(NamedTuple):
    """The training messages, their intents, and which of those are topics."""

    texts: list[str]
    intents: np.ndarray
    is_topic: np.ndarray


def messages(folder: Path = DATA / "nlu") -> Messages:
    """Read every message of the NLU files."""
    texts: list[str] = []
    intents: list[str] = []
    topics: list[bool] = []
    for path in sorted(folder.glob("*.yml")):
        for part in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            for line in part.get("examples", "").splitlines() if "intent" in part else ():
                texts.append(line.strip()[2:].strip())
                intents.append(part["intent"])
                topics.append(path.name not in _NO_TOPICS)
    kept = sample(intents)
    return Messages(
        [texts[at] for at in kept], np.array(intents)[kept], np.array(topics, dtype=bool)[kept]
    )


def sample(intents: Sequence[str]) -> np.ndarray:
    """A_TOPIC messages of each intent, always the same, so that ten ways take minutes."""
    order = np.random.default_rng(1).permutation(len(intents))
    taken: dict[str, int] = {}
    kept = []
    for at in order:
        taken[intents[at]] = taken.get(intents[at], 0) + 1
        if taken[intents[at]] <= A_TOPIC:
            kept.append(at)
    return np.sort(np.array(kept))


def logistic(rows: Rows, labels: Sequence[str], _counted: int) -> Linear:
    """Multinomial logistic regression, which brings its own confidences."""
    machine = LogisticRegression(C=20, max_iter=60, solver="lbfgs", tol=1e-3)
    with warnings.catch_warnings():
        # Sixty rounds are what a comparison is worth; the last digits are not reached.
        warnings.simplefilter("ignore", ConvergenceWarning)
        machine.fit(rows, np.array(labels))
    return Linear(
        list(machine.classes_),
        machine.coef_.T.astype(np.float16),
        machine.intercept_.astype(np.float32),
    )


def support(rows: Rows, labels: Sequence[str], _counted: int) -> Linear:
    """Support vectors alone."""
    return linear.fit_calibrated(rows, labels, 1.0)


def shipped(rows: Rows, labels: Sequence[str], counted: int) -> Linear:
    """Support vectors, and what the words by themselves say."""
    return linear.fit_calibrated(rows, labels, PENALTY, counted)


class Way(NamedTuple):
    """One row of the table."""

    name: str
    weights: dict[str, float]
    fit: Fit = support
    jeju: bool = True
    glossary: bool = True
    whole_words: bool = False


class _NoGlossary:
    def korean(self, stems: Sequence[str]) -> list:
        return []


def extract(texts: Sequence[str], jeju: bool, glossary: bool) -> list[Features]:
    """Take messages apart, with or without the Jeju table and the English glossary."""
    kept = features.standardise, features.glossary
    if not jeju:
        features.standardise = lambda text: text
    if not glossary:
        features.glossary = _NoGlossary
    try:
        return [Features(text) for text in texts]
    finally:
        features.standardise, features.glossary = kept


def as_whole_words(texts: Sequence[str]) -> list[Features]:
    """What a whitespace tokenizer gives, filed under `words`."""
    made = []
    for text in texts:
        one = Features.__new__(Features)
        one.content = []
        one.blocks = {block: [] for block in features.BLOCKS} | {"words": text.lower().split()}
        made.append(one)
    return made


def held_out(way: Way, taken: list[Features], labels: np.ndarray) -> np.ndarray:
    """Probabilities that every message gets from a model that never saw it."""
    classes = np.unique(labels)
    chances = np.zeros((len(labels), len(classes)), dtype=np.float32)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=1)
    for learnt, held in folds.split(labels, labels):
        vectoriser = Vectoriser.fit([taken[at] for at in learnt], way.weights)
        model = way.fit(
            vectoriser.rows([taken[at] for at in learnt]), labels[learnt], vectoriser.counted
        )
        scores = model.scores(vectoriser.rows([taken[at] for at in held]))
        chances[np.ix_(held, np.searchsorted(classes, model.classes))] = (
            model.calibration.confidences(scores)
        )
    return chances


def calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error over equally wide bins, 0 to 1."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(confidence[place == one].mean() - right[place == one].mean()) * (place == one).mean()
        for one in np.unique(place)
    ]
    return float(sum(gaps))


def figures(chances: np.ndarray, data: Messages, tongues: np.ndarray) -> list[float]:
    """Top-1, top-3, ECE, then top-1 of Korean, English and topics, in per cent."""
    truth = np.unique(data.intents, return_inverse=True)[1]
    own = chances[np.arange(len(truth)), truth]
    place = (chances > own[:, None]).sum(axis=1)
    first = (place == 0) & (own > 0)
    found = [
        first.mean(),
        ((place < 3) & (own > 0)).mean(),
        calibration_error(chances.max(axis=1), first),
        first[tongues == "ko"].mean(),
        first[tongues == "en"].mean(),
        first[data.is_topic].mean(),
    ]
    return [100 * float(one) for one in found]


def ways() -> list[Way]:
    """The rows of the table, each adding to the one before until the product's own."""
    none = dict.fromkeys(WEIGHTS, 0.0)
    letters = {**none, "syllables": 1.0, "letters": 1.0}
    kiwi = {**letters, "morphemes": 1.0, "words": 1.0}
    jamo = {**kiwi, "jamo": WEIGHTS["jamo"] or 0.5}
    bare = {"jeju": False, "glossary": False}
    return [
        Way("whole words + SVM", {**none, "words": 1.0}, whole_words=True, **bare),
        Way("characters + SVM", letters, **bare),
        Way("+ Kiwi morphemes, typos mended", kiwi, **bare),
        Way("+ Jeju table", kiwi, glossary=False),
        Way("+ jamo", jamo, glossary=False),
        Way("+ meaning (Nyström)", {**jamo, "meaning": WEIGHTS["meaning"]}, glossary=False),
        Way("+ English glossary", {**jamo, "meaning": WEIGHTS["meaning"]}),
        Way("**as shipped**: + the words by themselves", WEIGHTS, shipped),
        Way("as shipped, logistic regression", WEIGHTS, logistic),
    ]


def main(asked: Sequence[str]) -> None:
    """Print the table, or only the rows whose name holds one of the words asked for."""
    data = messages()
    tongues = np.array([language(text) for text in data.texts])
    english.glossary()
    print(f"{len(data.texts)} messages, {len(set(data.intents))} intents, {FOLDS} folds\n")
    print("| way | top-1 | top-3 | ECE | Korean | English | topics | seconds |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    kept: dict[tuple[bool, bool, bool], list[Features]] = {}
    for way in ways():
        if asked and not any(word in way.name for word in asked):
            continue
        kind = way.whole_words, way.jeju, way.glossary
        if kind not in kept:
            kept[kind] = (
                as_whole_words(data.texts)
                if way.whole_words
                else extract(data.texts, way.jeju, way.glossary)
            )
        began = time.perf_counter()
        found = figures(held_out(way, kept[kind], data.intents), data, tongues)
        cells = " | ".join(f"{one:.1f}" for one in found)
        print(f"| {way.name} | {cells} | {time.perf_counter() - began:.0f} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
