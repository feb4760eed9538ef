"""Learns the weights of the guard's second ear (bot/korean/ear.py) and says what they are worth.

    PYTHONPATH=. .venv-rasa/bin/python -m benchmarks.guard_ear [--only-measure]

Learns from the messages of benchmarks/guard_messages.py. First it measures: each author of the
examples in turn, and a tenth of the everyday talk, is kept out of learning and then heard with the
weights that the others gave. Then it learns from everything and writes
data/policy/emergency_ear.tsv. Takes some minutes.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, get_args

import numpy as np
import yaml
from scipy.sparse import csr_matrix, diags
from sklearn.svm import LinearSVC

from benchmarks.guard_messages import (
    EVERYDAY,
    NONE,
    PIECES,
    Message,
    everyday,
    examples,
    in_talks,
    pieces,
)
from bot.korean import ear
from bot.korean.ear import Ear, Kind
from bot.korean.guard import Guard
from bot.paths import POLICY

PATTERNS = POLICY / "emergency.yml"
WEIGHTS = POLICY / "emergency_ear.tsv"

OTHERS = (EVERYDAY, PIECES)
HELD_OUT = ("1", "2", "3")
# What one message counts beside one of everyday talk, of which there is most.
EXAMPLE_WEIGHT = 12.0
EVERYDAY_WEIGHT = 4.0
PENALTY = 2.0
KEPT = 57_000
KIND_PENALTY = 20.0
KIND_WEIGHTS_KEPT = 20_000
# A feature of fewer cries tells no kinds apart.
KIND_SEEN = 3
# A feature's weight is fitted times its rarity, squared: common runs say little.
RARITY_UNIT = 8.0
FALSE_ALARMS = (0.01, 0.02, 0.03, 0.04, 0.06)


class Material(NamedTuple):
    """Messages with what the ear sees of them: reading, whether a pattern hit, features."""

    messages: list[Message]
    spaced: list[str]
    hit: np.ndarray
    counts: Any
    names: np.ndarray

    @property
    def cries(self) -> np.ndarray:
        return np.array([message.kind != NONE for message in self.messages])

    @property
    def authors(self) -> np.ndarray:
        return np.array([message.author for message in self.messages])


def material(guard: Guard, messages: Sequence[Message]) -> Material:
    """Every message as the ear will see it; a pattern that hit is one more feature."""
    heard = [guard.by_pattern(message.text) for message in messages]
    found = [ear.features(each.spaced) for each in heard]
    hit = np.array([each.alarm is not None for each in heard])
    numbers: dict[str, int] = {ear.HIT: 0}
    columns: list[int] = []
    ends = [0]
    for each, rung in zip(found, hit, strict=True):
        columns += [numbers.setdefault(name, len(numbers)) for name in sorted(each)]
        columns += [0] if rung else []
        ends.append(len(columns))
    shape = (len(messages), len(numbers))
    counts = csr_matrix((np.ones(len(columns)), columns, ends), shape=shape)
    return Material(
        list(messages), [each.spaced for each in heard], hit, counts, np.array([*numbers])
    )


def unhit(guard: Guard, messages: Iterable[Message]) -> Iterator[Message]:
    """Those in which no pattern hits: what was cut out of its sentence may well be a cry."""
    return (message for message in messages if guard.by_pattern(message.text).alarm is None)


class Rows(NamedTuple):
    """A matrix to fit, the columns of the material in it, and what undoes its scaling."""

    values: Any
    columns: np.ndarray
    rarity: np.ndarray
    seen: np.ndarray


def rows(data: Material, among: np.ndarray, columns: np.ndarray | None = None) -> Rows:
    """The chosen messages: features by rarity, over the length as `Ear.score` takes it."""
    chosen = data.counts[among]
    seen = np.asarray(chosen.sum(axis=0)).ravel()
    kept = np.flatnonzero(seen) if columns is None else columns
    rarity = (np.log(chosen.shape[0] / np.maximum(seen[kept], 1)) / RARITY_UNIT) ** 2
    length = np.maximum(np.asarray(chosen.sum(axis=1)).ravel(), 1) ** -ear.LENGTH_POWER
    return Rows(diags(length) @ chosen[:, kept] @ diags(rarity), kept, rarity, seen[kept])


def learn_cry(data: Material, among: np.ndarray, kept: int = KEPT) -> dict[str, int]:
    """The weights of the scale: fitted with every feature, then again with those that matter."""
    labels = data.cries[among]
    others = np.isin(data.authors[among], OTHERS)
    weights = np.where(others, EVERYDAY_WEIGHT, EXAMPLE_WEIGHT)
    every = rows(data, among)
    first = LinearSVC(C=PENALTY, random_state=0).fit(every.values, labels, sample_weight=weights)
    worth = np.abs(first.coef_[0]) * every.rarity * np.sqrt(every.seen)
    columns = np.union1d(every.columns[np.argsort(-worth, kind="stable")[:kept]], [0])
    some = rows(data, among, columns)
    machine = LinearSVC(C=PENALTY, random_state=0).fit(some.values, labels, sample_weight=weights)
    whole = np.rint(machine.coef_[0] * some.rarity * ear.UNIT).astype(int)
    learnt = {data.names[at]: int(weight) for at, weight in zip(columns, whole, strict=True)}
    return {ear.BIAS: round(machine.intercept_[0] * ear.UNIT), **learnt}


def learn_kinds(data: Material, among: np.ndarray) -> dict[str, tuple[tuple[Kind, int], ...]]:
    """The weights that tell the kinds of cries apart, the heaviest of them."""
    cries = np.flatnonzero(data.cries & among)
    seen = np.asarray(data.counts[cries].sum(axis=0)).ravel()
    common = np.flatnonzero((seen >= KIND_SEEN) & (data.names != ear.HIT))
    chosen = rows(data, cries, common)
    machine = LinearSVC(C=KIND_PENALTY, class_weight="balanced", max_iter=5_000, random_state=0)
    machine.fit(chosen.values, [data.messages[at].kind for at in cries])
    weights = np.rint(machine.coef_ * chosen.rarity * ear.UNIT).astype(int)
    worth = np.abs(weights) * np.sqrt(chosen.seen)
    least = np.sort(worth, axis=None)[-KIND_WEIGHTS_KEPT:][0]
    weights[worth < least] = 0
    zero = np.rint(machine.intercept_ * ear.UNIT).astype(int)
    learnt = {ear.BIAS: _about(machine.classes_, zero)}
    for column in np.flatnonzero(weights.any(axis=0)):
        name = data.names[chosen.columns[column]]
        learnt[name] = _about(machine.classes_, weights[:, column])
    return learnt


def _about(kinds: np.ndarray, weights: np.ndarray) -> tuple[tuple[Kind, int], ...]:
    return tuple((kind, int(weight)) for kind, weight in zip(kinds, weights, strict=True) if weight)


def learn(data: Material, among: np.ndarray) -> Ear:
    """Both scales of the messages chosen."""
    return Ear(learn_cry(data, among), learn_kinds(data, among))


def write(learnt: Ear) -> None:
    """The file of weights, in the order of the alphabet so that changes can be read."""
    lines = ["feature\tweight\tkinds"]
    for name in sorted({*learnt.cry, *learnt.kinds}):
        about = " ".join(f"{kind}:{weight}" for kind, weight in learnt.kinds.get(name, ()))
        weight = learnt.cry.get(name, 0)
        if weight or about:
            lines.append(f"{name}\t{weight}\t{about}")
    WEIGHTS.write_text("\n".join(lines) + "\n", encoding="utf-8")


class Scores(NamedTuple):
    """Scores of messages that were not learnt from."""

    cries: np.ndarray
    traps: np.ndarray
    everyday: np.ndarray
    pieces: np.ndarray
    right_kinds: float


def measure(data: Material, author: str) -> Scores:
    """Learn without one author and a tenth of the everyday talk, then hear them."""
    tenth = np.arange(len(data.messages)) % 10 == 0
    unheard = (data.authors == author) | (np.isin(data.authors, OTHERS) & tenth)
    learnt = learn(data, ~unheard)

    def scores(chosen: np.ndarray) -> np.ndarray:
        at = np.flatnonzero(chosen)
        return np.array([learnt.score(data.spaced[i], hit=bool(data.hit[i])) for i in at])

    own = data.authors == author
    cries = np.flatnonzero(own & data.cries)
    right = [learnt.kind(data.spaced[at]) == data.messages[at].kind for at in cries]
    return Scores(
        scores(own & data.cries),
        scores(own & ~data.cries),
        scores(unheard & (data.authors == EVERYDAY)),
        scores(unheard & (data.authors == PIECES)),
        float(np.mean(right)),
    )


def table(measured: dict[str, Scores], in_use: float) -> Iterator[str]:
    """What each threshold gives, the one in use among them, as a Markdown table."""
    yield (
        "| threshold | "
        + " | ".join(f"author {author}" for author in measured)
        + " | all | false alarms in traps | in everyday talk | in pieces of it |"
    )
    yield "| --- " * (len(measured) + 5) + "|"
    traps = np.concatenate([each.traps for each in measured.values()])
    cries = np.concatenate([each.cries for each in measured.values()])
    others = np.concatenate([each.everyday for each in measured.values()])
    short = np.concatenate([each.pieces for each in measured.values()])
    some = {round(float(np.quantile(traps, 1 - share)), 2) for share in FALSE_ALARMS}
    for threshold in sorted(some | {in_use}, reverse=True):
        heard = [each.cries for each in measured.values()] + [cries]
        cells = [f"{np.mean(each >= threshold):.1%}" for each in [*heard, traps, others, short]]
        yield f"| {threshold:.2f} | " + " | ".join(cells) + " |"


def main() -> None:
    policy = yaml.safe_load(PATTERNS.read_text(encoding="utf-8"))
    guard = Guard(policy)
    talk = list(everyday())
    messages = [*examples(), *talk, *in_talks(), *unhit(guard, pieces(talk))]
    kinds = Counter(message.kind for message in messages)
    print(f"{len(messages)} messages: {dict(kinds)}")
    assert set(kinds) == {NONE, *get_args(Kind)}
    data = material(guard, messages)
    measured = {author: measure(data, author) for author in HELD_OUT}
    for author, scores in measured.items():
        print(f"author {author}: {scores.right_kinds:.1%} of the cries of the right kind")
    print("\n".join(table(measured, policy["ear"]["threshold"])))
    if "--only-measure" not in sys.argv:
        write(learn(data, np.ones(len(messages), dtype=bool)))
        print(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
