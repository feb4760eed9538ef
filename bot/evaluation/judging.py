"""What was made of one message, as the citizen sees it and by the NLU alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.evaluation.rows import OUT_OF_SCOPE, Row

FIRST = 3
"""Guesses that count for `top3`."""


@dataclass(frozen=True)
class Judged:
    """One message and what was made of it: the first guess and the first three."""

    row: Row
    first: str | None
    three: tuple[str, ...]
    refused: bool
    """Whether the citizen is told that it is not ours, with no right topic to press instead."""
    confidence: float = 0.0
    """How sure the NLU is of its first guess, 0 to 1; 0 of what the citizen sees."""
    answered: bool = True
    """Whether anything came back at all."""

    @property
    def in_scope(self) -> bool:
        """Whether the message is ours to answer."""
        return self.row.topic != OUT_OF_SCOPE

    @property
    def is_right(self) -> bool:
        """Whether the first guess is a right answer."""
        return self.first in self.row.right


def as_seen(row: Row, topics: Sequence[str | None], offered: Sequence[str]) -> Judged:
    """What the citizen sees: the topics of the replies in order, then those of the buttons.

    The first guess is the first reply's topic: a question what was meant has none, so it is wrong
    at first, and right among three when one of the first three buttons is.
    """
    first = topics[0] if topics else None
    shown = list(dict.fromkeys([*filter(None, topics), *offered]))
    instead = [topic for topic in shown if topic != OUT_OF_SCOPE]
    return Judged(
        row=row,
        first=first,
        three=tuple(shown[:FIRST]),
        refused=_says_no(row, first) and not row.right & set(instead),
        answered=bool(topics),
    )


def alone(row: Row, ranking: Sequence[tuple[str, float]]) -> Judged:
    """What the NLU alone ranks first, and among the first three; a ranking has confidences."""
    first, confidence = ranking[0] if ranking else (None, 0.0)
    three = tuple(name for name, _sure in ranking[:FIRST])
    return Judged(row, first, three, _says_no(row, first), confidence, bool(ranking))


def _says_no(row: Row, first: str | None) -> bool:
    return first == OUT_OF_SCOPE and OUT_OF_SCOPE not in row.right
