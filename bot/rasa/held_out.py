"""The classifier as such, on messages of whatever subject: learn one file, be judged on another.

    .venv-rasa/bin/python -m bot.rasa.held_out TRAIN TEST

Both files have a message and its intent on each line, a tab between, with or without a first line
that names the columns (text, and topic or intent). `oos` and `out_of_scope` are out of scope. No
Rasa server runs; a message goes through the same features and the same model.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np
from sklearn.metrics import matthews_corrcoef, roc_auc_score

from bot.rasa.nlu.features import Features, taken_apart
from bot.rasa.nlu.topics import Topics

OUT_OF_SCOPE = "out_of_scope"
_OUT_OF_SCOPE = frozenset((OUT_OF_SCOPE, "oos"))
_TEXT, _INTENT = "text", ("topic", "intent")
ROUNDS = 5
"""Rounds in which the threshold is sought: a fifth of the intents is unknown in each."""
STEPS = 201
"""Thresholds that are tried."""
BINS = 10
_EVERY = sys.maxsize


class BadFile(Exception):
    """A line of a file has no message or no intent; the sentence says which."""


class Labelled(NamedTuple):
    """Messages and their intents."""

    texts: List[str]
    intents: np.ndarray


class Guesses(NamedTuple):
    """What a model makes of messages, one entry a message.

    `best` is the likeliest intent in scope and `sure` its probability (0 to 1); `refused`, whether
    being out of scope is likelier still, which only a model that was taught it can say.
    """

    best: np.ndarray
    sure: np.ndarray
    refused: np.ndarray

    def at(self, threshold: float) -> np.ndarray:
        """The intents, out of scope where a guess is less sure than the threshold."""
        return np.where(self.refused | (self.sure < threshold), OUT_OF_SCOPE, self.best)


class Measured(NamedTuple):
    """Shares from 0 to 1, errors in points, seconds, and milliseconds a message.

    `in_scope` leaves out what is out of scope and knows no threshold; `in_scope_kept` is the same
    with the threshold, below which a message is refused. What needs messages out of scope is None
    without any.
    """

    messages: int
    out_of_scope: int
    intents: int
    in_scope: float
    threshold: float
    in_scope_kept: float
    recall: Optional[float]
    mcc: float
    auroc: Optional[float]
    error_in_scope: float
    error: float
    seconds: float
    milliseconds: float


def read(path: Path) -> Labelled:
    """The messages of a file. Raises OSError, UnicodeDecodeError or BadFile."""
    # Not splitlines: a message may hold signs that it takes for the end of a line.
    lines = path.read_text(encoding="utf-8-sig").rstrip("\n").split("\n")
    cells = [line.split("\t") for line in lines]
    text, intent, begin = _columns(cells[0])
    texts, intents = [], []
    for number, one in enumerate(cells[begin:], start=begin + 1):
        if not any(one):
            continue
        if len(one) <= max(text, intent) or not one[text].strip() or not one[intent].strip():
            raise BadFile(f"{path}: line {number} has no message or no intent.")
        label = one[intent].strip()
        texts.append(one[text].strip())
        intents.append(OUT_OF_SCOPE if label in _OUT_OF_SCOPE else label)
    if not texts:
        raise BadFile(f"{path} has no messages.")
    return Labelled(texts, np.array(intents, dtype=object))


def _columns(first: Sequence[str]) -> Tuple[int, int, int]:
    """Where the message and the intent stand, and how many lines name columns (0 or 1)."""
    names = [name.strip().lower() for name in first]
    intent = next((name for name in _INTENT if name in names), "")
    if _TEXT in names and intent:
        return names.index(_TEXT), names.index(intent), 1
    return 0, 1, 0


def guesses(model: Topics, messages: Sequence[Features]) -> Guesses:
    """What the model makes of messages; of one in which it knows nothing, it is not sure at all."""
    best, sure, refused = [], [], []
    for message in messages:
        ranked = model.rank(message, _EVERY)
        ours = [one for one in ranked if one.name != OUT_OF_SCOPE]
        best.append(ours[0].name if ours else OUT_OF_SCOPE)
        sure.append(ours[0].confidence if ours else 0.0)
        refused.append(bool(ranked) and ranked[0].name == OUT_OF_SCOPE)
    return Guesses(np.array(best, dtype=object), np.array(sure), np.array(refused, dtype=bool))


def threshold(messages: Sequence[Features], intents: np.ndarray, seed: int = 0) -> float:
    """The confidence under which to refuse, from training messages alone.

    In each round a fifth of the intents is left out of training whole, as what nobody taught, and
    a fifth of the messages of the others; over all rounds together the threshold with the best
    Matthews correlation coefficient is taken. Raises ValueError with fewer than three intents.
    """
    found, truths = [], []
    for learnt, held, truth in _rounds(intents, seed):
        model = Topics.train([messages[at] for at in learnt], list(intents[learnt]))
        found.append(guesses(model, [messages[at] for at in held]))
        truths.append(truth)
    pooled = Guesses(*(np.concatenate(parts) for parts in zip(*found, strict=True)))
    truth = np.concatenate(truths)
    # Where confidences lie, and not evenly from 0 to 1: most may lie above 0.9.
    steps = np.unique(np.quantile(pooled.sure, np.linspace(0.0, 1.0, STEPS)))
    return float(max(steps, key=lambda step: _correlation(truth, pooled.at(step))))


def _rounds(intents: np.ndarray, seed: int) -> Iterator[Tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Places to learn from, places held out, and what the held ones then are, round by round."""
    draw = np.random.default_rng(seed)
    kinds = np.array(sorted(set(intents) - {OUT_OF_SCOPE}), dtype=object)
    kind_round = dict(zip(draw.permutation(kinds), np.arange(len(kinds)) % ROUNDS, strict=True))
    unknown = np.array([kind_round.get(one, -1) for one in intents])
    part = np.zeros(len(intents), dtype=int)
    for one in set(intents):
        places = draw.permutation(np.flatnonzero(intents == one))
        # Each intent begins elsewhere: intents of three messages would leave two rounds empty.
        part[places] = (np.arange(len(places)) + draw.integers(ROUNDS)) % ROUNDS
    for number in range(min(ROUNDS, len(kinds))):
        apart = (unknown == number) | (part == number)
        learnt, held = np.flatnonzero(~apart), np.flatnonzero(apart)
        taught = np.isin(intents[held], intents[learnt])
        yield learnt, held, np.where(taught, intents[held], OUT_OF_SCOPE)


def _correlation(truth: np.ndarray, guessed: np.ndarray) -> float:
    """Matthews correlation coefficient over all intents and what is out of scope, −1 to 1."""
    return float(matthews_corrcoef(truth.astype(str), guessed.astype(str)))


def calibration_error(sure: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error over ten equally wide bins, in points (0 to 100)."""
    place = np.minimum((sure * BINS).astype(int), BINS - 1)
    apart = [
        abs(sure[place == one].mean() - right[place == one].mean()) * (place == one).mean()
        for one in np.unique(place)
    ]
    return 100 * float(sum(apart))


def measure(train: Labelled, test: Labelled) -> Measured:
    """Learn one set of messages and be judged on the other.

    Raises ValueError when there is too little to learn from.
    """
    Features("120")  # Kiwi takes seconds to load, once a process.
    began = time.perf_counter()
    taken = taken_apart(train.texts)
    model = Topics.train(taken, list(train.intents))
    seconds = time.perf_counter() - began
    limit = threshold(taken, train.intents)
    began = time.perf_counter()
    found = guesses(model, [Features(text) for text in test.texts])
    milliseconds = 1000 * (time.perf_counter() - began) / len(test.texts)
    return _judged(test.intents, found, limit, (seconds, milliseconds), len(set(train.intents)))


def _judged(
    truth: np.ndarray, found: Guesses, limit: float, times: Tuple[float, float], intents: int
) -> Measured:
    ours, guessed, kept = truth != OUT_OF_SCOPE, found.at(0.0), found.at(limit)
    both = ours.any() and not ours.all()
    right = found.best == truth
    return Measured(
        messages=len(truth),
        out_of_scope=int((~ours).sum()),
        intents=intents,
        in_scope=float((guessed == truth)[ours].mean()),
        threshold=limit,
        in_scope_kept=float((kept == truth)[ours].mean()),
        recall=float((kept == truth)[~ours].mean()) if both else None,
        mcc=_correlation(truth, kept),
        auroc=float(roc_auc_score(ours, found.sure)) if both else None,
        error_in_scope=calibration_error(found.sure[ours], right[ours]),
        error=calibration_error(found.sure, right),
        seconds=times[0],
        milliseconds=times[1],
    )


def table(found: Measured) -> str:
    """The figures as Markdown."""
    shown: Dict[str, str] = {
        "messages (out of scope)": f"{found.messages} ({found.out_of_scope})",
        "intents learnt": str(found.intents),
        "in-scope accuracy": _percent(found.in_scope),
        "threshold, from training messages": f"{found.threshold:.3f}",
        "in-scope accuracy at it": _percent(found.in_scope_kept),
        "out of scope refused at it": _percent(found.recall),
        "MCC at it": f"{found.mcc:.3f}",
        "AUROC of the confidence": "–" if found.auroc is None else f"{found.auroc:.3f}",
        "ECE in scope (every message)": f"{found.error_in_scope:.1f} ({found.error:.1f}) points",
        "seconds to train": f"{found.seconds:.1f}",
        "milliseconds a message": f"{found.milliseconds:.2f}",
    }
    width = max(map(len, shown))
    rows = [f"| {name:<{width}} | {value} |" for name, value in shown.items()]
    return "\n".join([f"| {'':<{width}} | figure |", f"| {'-' * width} | --- |", *rows])


def _percent(share: Optional[float]) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def main(arguments: Sequence[str]) -> int:
    """Print the figures; return the exit status."""
    if len(arguments) != 2 or not all(arguments):
        sys.stderr.write(f"{(__doc__ or '').strip()}\n")
        return 2
    try:
        train, test = (read(Path(one)) for one in arguments)
        print(table(measure(train, test)))  # noqa: T201
    except (OSError, ValueError, BadFile) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
