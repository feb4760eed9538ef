"""The linear model behind the classifier, and confidences that mean what they say."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import NamedTuple, Sequence

import numpy as np
import scipy.sparse as sparse
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit, logsumexp
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from bot.rasa.nlu.vectors import Row, Rows

FOLDS = 5
# How loud `evidence` may speak beside the support vectors, and what an unseen word counts as.
SHARES = (0.0, 0.15, 0.3, 0.45, 0.6)
_SMOOTHING = 0.02
WORKERS = os.cpu_count() or 1
_REST = -1
# Looser than liblinear's own 1e-4, with the same accuracy on held-out messages.
_TOLERANCE = 0.1
# Confidences stay this far from 0 and 1, where the logit has no value.
_EDGE = 1e-6


class Calibration(NamedTuple):
    """How scores become confidences; learnt on messages held out.

    `sharpness` multiplies the scores before the softmax (temperature scaling). The first guess
    then gets the logit `slope` × logit + `offset` (Platt scaling) and the others share the rest:
    one temperature alone claimed 0.98 where 0.93 was true, and 0.35 where 0.45 was.
    """

    sharpness: float = 1.0
    slope: float = 1.0
    offset: float = 0.0

    def confidences(self, scores: np.ndarray) -> np.ndarray:
        """Rows of scores as rows of probabilities that sum to 1."""
        chances = softmax(self.sharpness * scores)
        first = chances.argmax(axis=-1)[..., None]
        was = np.take_along_axis(chances, first, axis=-1).clip(_EDGE, 1 - _EDGE)
        now = expit(self.slope * logit(was) + self.offset)
        shared = chances * ((1 - now) / (1 - was))
        # Never below the second guess: the order of the ranking is the order of the scores.
        np.put_along_axis(shared, first, 0.0, axis=-1)
        now = np.maximum(now, shared.max(axis=-1, keepdims=True))
        np.put_along_axis(shared, first, now, axis=-1)
        return shared / shared.sum(axis=-1, keepdims=True)


class Linear(NamedTuple):
    """One weight vector a class, and how far its scores are to be trusted."""

    classes: list[str]
    weights: np.ndarray
    bias: np.ndarray
    calibration: Calibration = Calibration()

    def score(self, row: Row) -> np.ndarray:
        """Distance of one message to each class's boundary."""
        # Only the weights in use are widened from half precision.
        return row.values @ self.weights[row.columns].astype(np.float32) + self.bias

    def scores(self, rows: Rows) -> np.ndarray:
        """`score` of every row of a matrix: one row a message, one column a class."""
        ends = pairwise(rows.indptr)
        each = (self.score(Row(rows.indices[a:b], rows.data[a:b])) for a, b in ends)
        return np.array([*each], dtype=np.float32)

    def confidences(self, row: Row) -> np.ndarray:
        """Probabilities, summing to 1: of answers given at 0.8, eight in ten are right."""
        return self.calibration.confidences(self.score(row))


def softmax(scores: np.ndarray) -> np.ndarray:
    """Scores as probabilities, along the last axis."""
    return np.exp(scores - logsumexp(scores, axis=-1, keepdims=True))


class Fitted(NamedTuple):
    """What support vectors learnt, and what the words by themselves say (`evidence`)."""

    classes: np.ndarray
    vectors: np.ndarray
    bias: np.ndarray
    evidence: np.ndarray

    def linear(self, share: float) -> Linear:
        """Both as one model, the evidence weighed by `share`; not yet calibrated."""
        weights = self.vectors.copy()
        weights[: len(self.evidence)] += share * self.evidence
        return Linear(
            self.classes.tolist(), weights.astype(np.float16), self.bias.astype(np.float32)
        )


def fit(
    rows: Rows, labels: Sequence[str] | np.ndarray, penalty: float = 1.0, counted: int = 0
) -> Fitted:
    """One-vs-rest support vectors (`penalty` is liblinear's C), and evidence.

    The first `counted` columns are weighed occurrences, from which evidence is learnt. Raises
    ValueError when fewer than two classes are given.
    """
    classes, truth = np.unique(np.array(labels), return_inverse=True)
    if len(classes) < 2:
        raise ValueError("fewer than two classes")
    # As liblinear wants it, before several threads share it.
    rows = sparse.csr_matrix(rows, dtype=np.float64)
    rows.sort_indices()
    groups = np.array_split(np.arange(len(classes)), min(WORKERS, len(classes)))
    # liblinear works outside Python's lock, so every core takes some of the classes.
    with ThreadPoolExecutor(len(groups)) as pool:
        parts = list(pool.map(lambda group: _against_the_rest(rows, truth, group, penalty), groups))
    vectors = np.vstack([part for part, _ in parts]).T.astype(np.float32)
    bias = np.concatenate([part for _, part in parts])
    return Fitted(classes, vectors, bias, evidence(rows[:, :counted], truth))


def _against_the_rest(
    rows: Rows, truth: np.ndarray, group: np.ndarray, penalty: float
) -> tuple[np.ndarray, np.ndarray]:
    """Weights and bias of each class of `group` against all other classes."""
    ours = np.where(np.isin(truth, group), truth, _REST)
    machine = LinearSVC(C=penalty, tol=_TOLERANCE, random_state=0).fit(rows, ours)
    if len(machine.classes_) == 2:
        # Two classes give one boundary, whose positive side is the second of them.
        sign = np.where(group == machine.classes_[1], 1.0, -1.0)
        return sign[:, None] * machine.coef_, sign * machine.intercept_
    kept = machine.classes_ != _REST
    return machine.coef_[kept], machine.intercept_[kept]


def evidence(rows: Rows, truth: np.ndarray) -> np.ndarray:
    """How much each column speaks for each class, one row a column (complement naive Bayes).

    From the messages of all other classes together (Rennie et al. 2003, «Tackling the Poor
    Assumptions of Naive Bayes Text Classifiers»). It holds up where support vectors, which look
    at the border of a class only, have seen a word too seldom; it needs many messages a class.
    """
    ones = np.ones(len(truth), dtype=np.float32)
    members = sparse.csr_matrix((ones, (truth, np.arange(len(truth)))))
    inside = np.asarray((members @ rows).todense(), dtype=np.float32)
    outside = inside.sum(axis=0) - inside + _SMOOTHING
    says = np.log(outside.sum(axis=1, keepdims=True)) - np.log(outside)
    # What speaks for every class alike changes no ranking, and half precision is short.
    return np.ascontiguousarray((says - says.mean(axis=0)).T)


def sharpness(scores: np.ndarray, truth: np.ndarray) -> float:
    """The factor on the scores that makes the true classes likeliest (temperature scaling)."""

    def loss(log_factor: float) -> float:
        scaled = np.exp(log_factor) * scores
        right = scaled[np.arange(len(truth)), truth]
        return float(np.mean(logsumexp(scaled, axis=1) - right))

    return float(np.exp(minimize_scalar(loss, bounds=(-2.0, 4.0), method="bounded").x))


def calibrate(scores: np.ndarray, truth: np.ndarray) -> Calibration:
    """Learn a calibration from held-out scores and the column of each message's true class."""
    factor = sharpness(scores, truth)
    chances = softmax(factor * scores)
    right = chances.argmax(axis=1) == truth
    if right.all() or not right.any():
        return Calibration(factor)
    claimed = logit(chances.max(axis=1).astype(np.float64).clip(_EDGE, 1 - _EDGE))
    line = LogisticRegression(C=1e3).fit(claimed[:, None], right)
    return Calibration(factor, float(line.coef_[0, 0]), float(line.intercept_[0]))


class Held(NamedTuple):
    """Messages that a model never saw, by which its confidences are set."""

    rows: Rows
    labels: Sequence[str] | np.ndarray


def fit_calibrated(
    rows: Rows,
    labels: Sequence[str],
    penalty: float = 1.0,
    counted: int = 0,
    held: Held | None = None,
) -> Linear:
    """A model of all messages, its confidences set on `held`.

    Without `held` they are set on a part of the messages that a twin did not see.
    """
    truth = np.array(labels)
    whole = fit(rows, truth, penalty, counted)
    if held is not None:
        model = whole.linear(best_share(whole, held))
        return model._replace(calibration=judged(model, held))
    learnt, apart = _apart(truth)
    twin = fit(rows[learnt], truth[learnt], penalty, counted)
    rest = Held(rows[apart], truth[apart])
    share = best_share(twin, rest)
    return whole.linear(share)._replace(calibration=judged(twin.linear(share), rest))


def best_share(fitted: Fitted, held: Held) -> float:
    """The weight of the evidence, of SHARES, that makes the held labels likeliest."""
    rows, truth = _known(fitted.classes, held)
    vectors = rows @ fitted.vectors + fitted.bias
    says = rows[:, : len(fitted.evidence)] @ fitted.evidence

    def unlikely(share: float) -> float:
        scores = vectors + share * says
        chances = softmax(sharpness(scores, truth) * scores)[np.arange(len(truth)), truth]
        return -float(np.log(chances.clip(_EDGE)).mean())

    return min(SHARES, key=unlikely)


def judged(model: Linear, held: Held) -> Calibration:
    """What a model's scores are worth, from messages that it never saw."""
    rows, truth = _known(np.array(model.classes), held)
    return calibrate(model.scores(rows), truth)


def _known(classes: np.ndarray, held: Held) -> tuple[Rows, np.ndarray]:
    """The messages of classes that a model knows, with the columns of those classes."""
    labels = np.array(held.labels)
    known = np.isin(labels, classes)
    return held.rows[np.flatnonzero(known)], np.searchsorted(classes, labels[known])


def _apart(truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows to learn from, and rows held out: one in FOLDS of every class, if it has so many."""
    folds = max(2, min(FOLDS, int(np.unique(truth, return_counts=True)[1].min())))
    parts = StratifiedKFold(folds, shuffle=True, random_state=0).split(truth, truth)
    learnt, held = next(iter(parts))
    return learnt, held
