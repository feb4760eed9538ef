"""The linear model behind the classifier, and confidences that mean what they say."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import NamedTuple, Sequence

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit, logsumexp
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from bot.rasa.nlu.vectors import Row, Rows

FOLDS = 4
# Looser than liblinear's own 1e-4, with the same accuracy on held-out messages.
_TOLERANCE = 1e-2
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


def fit_calibrated(rows: Rows, labels: Sequence[str], penalty: float = 1.0) -> Linear:
    """A model of all messages whose confidences were set on messages held out."""
    scores = held_out_scores(rows, labels, penalty)
    _, truth = np.unique(np.array(labels), return_inverse=True)
    return fit(rows, labels, penalty)._replace(calibration=calibrate(scores, truth))
