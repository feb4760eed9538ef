"""Learns the weights of `leaning` and `two_requests` in data/policy/dialogue.yml, and prints them.

    PYTHONPATH=. .venv-rasa/bin/python -m benchmarks.dialogue_weights

Material: data/dialogue (messages and follow-ups composed for this, by somebody who knew no rules),
and as messages with one request the held-out and some training messages. Uses the newest model.
The figures printed are of ten folds; nothing under tests/ or of an unseen set is learnt from.
"""

from __future__ import annotations

import csv
import random
import re
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict

from bot.paths import DATA, POLICY, ROOT
from bot.rasa.importer import read
from bot.rasa.nlu import leaning, pairs
from bot.rasa.nlu.decision import DialoguePolicy
from bot.rasa.nlu.features import Features
from bot.rasa.nlu.kiwi import morphemes
from bot.rasa.nlu.parts import within
from bot.rasa.nlu.topics import Topics

FOLDS = 10
FROM_TRAINING = 8
"""Messages of each intent that stand for one request."""


class Case(NamedTuple):
    """One thing to judge: its numbers, the truth, its weight, and the message it belongs to."""

    numbers: dict[str, float]
    is_true: bool
    weight: float
    message: int


def newest_model() -> Topics:
    """The classifier inside the newest trained model."""
    archive = max((ROOT / "models").glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    folder = tempfile.mkdtemp()
    with tarfile.open(archive) as packed:
        packed.extractall(folder)
    return Topics.load(next(Path(folder).rglob("topics.json")).parent)


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a tab-separated file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def ranked(topics: Topics, text: str) -> list[tuple[str, float]]:
    """The ranking as the decision sees it."""
    return [tuple(one) for one in topics.rank(Features(text))]


def follow_ups(topics: Topics, policy: DialoguePolicy) -> Iterator[tuple[str, str, str, set[str]]]:
    """The topic answered last, the message before, the message, and its right topics."""
    for row in rows(DATA / "dialogue" / "followups.tsv"):
        first, second = row["first_message"], row["second_message"]
        topic = next((one for one, _ in ranked(topics, first) if policy.is_catalogued(one)), "")
        right = {one.split(":")[0] for one in re.split(r"[|;]", row["expected"])}
        yield topic, first, second, right
    for path in sorted((DATA / "dialogue").glob("*.yml")):
        for before, turn in _turns(path):
            last, right_here = (_topics(one["expect"]) for one in (before, turn))
            if last and right_here and before.get("say") and turn.get("say"):
                yield last[-1], before["say"], turn["say"], set(right_here)


def _turns(path: Path) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each turn of the talks of a file with the one before it."""
    for talk in yaml.safe_load(path.read_text(encoding="utf-8")):
        yield from pairwise(talk["turns"])


def _topics(expected: dict[str, Any]) -> list[str]:
    named = expected.get("topic") or []
    return named if isinstance(named, list) else [named]


def leaning_cases(topics: Topics, policy: DialoguePolicy) -> Iterator[Case]:
    """Follow-ups: does a message stay with the topic answered before it?"""
    for at, (topic, first, second, right) in enumerate(follow_ups(topics, policy)):
        numbers = leaning.measured(
            second,
            topic,
            alone=ranked(topics, second),
            joined=ranked(topics, f"{first} {second}"),
            facet=policy.facet(second),
            policy=policy,
        )
        yield Case(dict(numbers), topic in right, 1.0, at)


def messages() -> list[tuple[str, frozenset[str]]]:
    """Messages and their two topics; fewer than two where there is one request."""
    found = [
        (row["text"], frozenset({row["topic1"], row["topic2"]} - {""}))
        for row in rows(DATA / "dialogue" / "two_requests.tsv")
    ]
    found += [
        (row["text"], frozenset({row["topic"]}))
        for row in rows(DATA / "nlu_held_out" / "calibration.tsv")
    ]
    random.seed(1)
    for path in sorted((DATA / "nlu").glob("*.yml")):
        of_intent: dict[str, list[str]] = {}
        for message in read(path):
            of_intent.setdefault(message.get("intent"), []).append(message.get("text"))
        for intent, texts in of_intent.items():
            drawn = random.sample(texts, min(FROM_TRAINING, len(texts)))
            found += [(text, frozenset({intent})) for text in drawn]
    return found


def pair_cases(topics: Topics, policy: DialoguePolicy) -> Iterator[Case]:
    """Ways to part a message: is it two requests, parted there?"""
    for at, (text, right) in enumerate(messages()):
        found = morphemes(text)
        guesses = []
        for split in policy.borders.splits(text, found):
            halves = [
                topics.rank(Features(text[slice(*span)], within(found, span)), 1)
                for span in (split.before, split.behind)
            ]
            if all(halves):
                guess = pairs.Guessed(split, tuple(halves[0][0]), tuple(halves[1][0]))
                if pairs.differ(guess, policy):
                    guesses.append(guess)
        whole = ranked(topics, text)
        for guess in guesses:
            numbers = pairs.measured(text, guess, whole, policy)
            is_right = {guess.before[0], guess.behind[0]} == right
            yield Case(dict(numbers), is_right, 1 / len(guesses), at)


def learn(cases: Sequence[Case]) -> tuple[dict[str, float], np.ndarray]:
    """The weights, and what ten folds say of each case."""
    names = list(cases[0].numbers)
    numbers = np.array([[case.numbers[name] for name in names] for case in cases])
    truth = np.array([case.is_true for case in cases])
    weights = np.array([case.weight for case in cases])
    model: Any = LogisticRegression(max_iter=5_000)
    unseen = cross_val_predict(
        model,
        numbers,
        truth,
        groups=[case.message for case in cases],
        cv=GroupKFold(FOLDS),
        fit_params={"sample_weight": weights},
        method="predict_proba",
    )[:, 1]
    model.fit(numbers, truth, sample_weight=weights)
    learnt = dict(zip(names, model.coef_[0].round(2).tolist(), strict=True))
    return {"bias": round(float(model.intercept_[0]), 2), **learnt}, unseen


def main() -> None:
    """Print both sets of weights and what they are worth."""
    policy, topics = DialoguePolicy.load(POLICY / "dialogue.yml"), newest_model()
    found = list(leaning_cases(topics, policy))
    weights, unseen = learn(found)
    right = sum((chance >= 0.5) == case.is_true for chance, case in zip(unseen, found, strict=True))
    print(f"leaning: {weights}\n# told apart in ten folds: {right} of {len(found)}")
    found = list(pair_cases(topics, policy))
    weights, unseen = learn(found)
    print(f"two_requests: {weights}")
    for least in (0.2, 0.3, 0.4, 0.5):
        best: dict[int, tuple[float, bool]] = {}
        for chance, case in zip(unseen, found, strict=True):
            best[case.message] = max(best.get(case.message, (0.0, False)), (chance, case.is_true))
        parted = [is_true for chance, is_true in best.values() if chance >= least]
        print(
            f"# at least {least}: {sum(parted)} parted rightly, {len(parted) - sum(parted)} wrongly"
        )


if __name__ == "__main__":
    main()
