"""The linear model behind the classifier, and confidences that mean what they say."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, Sequence

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from bot.rasa.nlu.vectors import Row, Rows

FOLDS = 4
# liblinear sheds its last digits for half the time; accuracy stays (benchmarks/classifiers.py).
_TOLERANCE = 1e-2


class Linear(NamedTuple):
    """One weight vector a class; `sharpness` turns scores into probabilities."""

    classes: list[str]
    weights: np.ndarray
    bias: np.ndarray
    sharpness: float = 1.0

    def score(self, row: Row) -> np.ndarray:
        """Distance of one message to each class's boundary."""
        # Only the weights in use are widened from half precision.
        return row.values @ self.weights[row.columns].astype(np.float32) + self.bias

    def scores(self, rows: Rows) -> np.ndarray:
        """`score` of every row of a matrix: one row a message, one column a class."""
        ends = zip(rows.indptr, rows.indptr[1:])
        each = (self.score(Row(rows.indices[a:b], rows.data[a:b])) for a, b in ends)
        return np.array([*each], dtype=np.float32)

    def confidences(self, row: Row) -> np.ndarray:
        """Probabilities, summing to 1: of answers given at 0.8, eight in ten are right."""
        return softmax(self.sharpness * self.score(row))


def softmax(scores: np.ndarray) -> np.ndarray:
    """Scores as probabilities, along the last axis."""
    return np.exp(scores - logsumexp(scores, axis=-1, keepdims=True))


def fit(rows: Rows, labels: Sequence[str], penalty: float = 1.0) -> Linear:
    """One-vs-rest support vectors; `penalty` is liblinear's C. Not yet calibrated.

    Raises ValueError when fewer than two classes are given.
    """
    machine = LinearSVC(C=penalty, tol=_TOLERANCE, random_state=0).fit(rows, np.array(labels))
    weights, bias = machine.coef_.T, machine.intercept_
    if weights.shape[1] == 1:
        weights, bias = np.hstack([-weights, weights]), np.array([-bias[0], bias[0]])
    return Linear(list(machine.classes_), weights.astype(np.float16), bias.astype(np.float32))


def held_out_scores(rows: Rows, labels: Sequence[str], penalty: float = 1.0) -> np.ndarray:
    """Scores that each message gets from a model trained without it."""
    truth = np.array(labels)
    classes, counts = np.unique(truth, return_counts=True)
    folds = StratifiedKFold(max(2, min(FOLDS, int(counts.min()))), shuffle=True, random_state=0)
    scores = np.full((len(truth), len(classes)), -1.0, dtype=np.float32)

    def score(fold: tuple[np.ndarray, np.ndarray]) -> None:
        learnt, held = fold
        model = fit(rows[learnt], truth[learnt], penalty)
        scores[np.ix_(held, np.searchsorted(classes, model.classes))] = model.scores(rows[held])

    # liblinear works outside Python's lock, so two folds use two cores.
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(score, folds.split(truth, truth)))
    return scores


def sharpness(scores: np.ndarray, truth: np.ndarray) -> float:
    """The factor on the scores that makes the true classes likeliest (temperature scaling)."""

    def loss(log_factor: float) -> float:
        scaled = np.exp(log_factor) * scores
        right = scaled[np.arange(len(truth)), truth]
        return float(np.mean(logsumexp(scaled, axis=1) - right))

    return float(np.exp(minimize_scalar(loss, bounds=(-2.0, 4.0), method="bounded").x))


def fit_calibrated(rows: Rows, labels: Sequence[str], penalty: float = 1.0) -> Linear:
    """A model of all messages whose confidences were set on messages held out."""
    scores = held_out_scores(rows, labels, penalty)
    _, truth = np.unique(np.array(labels), return_inverse=True)
    return fit(rows, labels, penalty)._replace(sharpness=sharpness(scores, truth))
