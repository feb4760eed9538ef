"""Whether the NLU's confidence means what it says."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.evaluation.judging import Judged

BINS = 10


@dataclass(frozen=True)
class Bin:
    """The messages whose confidence lies from `low` up to, but not at, `high` (1 is in the last).

    `confidence` is their mean and `right` the share whose first guess is right; None of nothing.
    """

    low: float
    high: float
    count: int
    confidence: float | None
    right: float | None


@dataclass(frozen=True)
class Reliability:
    """The bins, and the expected calibration error in points (0 to 100)."""

    bins: tuple[Bin, ...]
    error: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {"bins": [asdict(one) for one in self.bins], "ece_points": self.error}


def reliability(judged: Sequence[Judged]) -> Reliability:
    """The reliability table of every message, those out of scope included.

    The expected calibration error is the mean distance of a bin's confidence from its share of
    right guesses, weighed by its messages (Naeini et al. 2015).
    """
    filed: list[list[Judged]] = [[] for _ in range(BINS)]
    for one in judged:
        filed[min(BINS - 1, int(one.confidence * BINS))].append(one)
    bins = tuple(_bin(place, some) for place, some in enumerate(filed))
    apart = sum(
        one.count * abs(one.confidence - one.right)
        for one in bins
        if one.confidence is not None and one.right is not None
    )
    return Reliability(bins, round(100 * apart / max(1, len(judged)), 2))


def _bin(place: int, some: Sequence[Judged]) -> Bin:
    low, high = place / BINS, (place + 1) / BINS
    if not some:
        return Bin(low, high, 0, None, None)
    sure = sum(one.confidence for one in some) / len(some)
    right = sum(one.is_right for one in some) / len(some)
    return Bin(low, high, len(some), round(sure, 4), round(right, 4))
