"""How well a contestant understood: the same counting for all."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.understanding.task import Guess
from bot.evaluation.figures import Ratio
from bot.evaluation.rows import OUT_OF_SCOPE, Row

FIRST = 3


@dataclass(frozen=True)
class Verdict:
    """The figures of one contestant.

    The first four count by the ranking alone, where «not understood» is no guess. The last two
    count as well what was not understood: there the contestant refuses too.
    """

    top1: Ratio
    top3: Ratio
    in_scope_top1: Ratio
    recall: Ratio
    refused: Ratio
    recall_with_fallback: Ratio
    refused_with_fallback: Ratio
    p50: float
    p95: float

    @property
    def errors(self) -> int:
        """Messages whose first guess is wrong."""
        return self.top1.of - self.top1.hits


def judge(rows: Sequence[Row], guesses: Sequence[Guess]) -> Verdict:
    """Judge one guess a row, in the same order; a row is right by its topic or `accept`."""
    pairs = list(zip(rows, guesses, strict=True))
    ours = [pair for pair in pairs if pair[0].topic != OUT_OF_SCOPE]
    others = [pair for pair in pairs if pair[0].topic == OUT_OF_SCOPE]
    # A message that `accept` lets pass as out of scope is not wrongly refused.
    answerable = [pair for pair in ours if OUT_OF_SCOPE not in pair[0].right]
    times = sorted(guess.ms for guess in guesses)
    return Verdict(
        top1=_among(pairs, 1),
        top3=_among(pairs, FIRST),
        in_scope_top1=_among(ours, 1),
        recall=_refused(others),
        refused=_refused(answerable, of=len(ours)),
        recall_with_fallback=_refused(others, fallback=True),
        refused_with_fallback=_refused(answerable, of=len(ours), fallback=True),
        p50=_quantile(times, 0.50),
        p95=_quantile(times, 0.95),
    )


def _among(pairs: Sequence[tuple[Row, Guess]], first: int) -> Ratio:
    right = sum(not row.right.isdisjoint(guess.ranking[:first]) for row, guess in pairs)
    return Ratio(right, len(pairs))


def _refused(
    pairs: Sequence[tuple[Row, Guess]], *, of: int | None = None, fallback: bool = False
) -> Ratio:
    count = sum(
        guess.ranking[:1] == (OUT_OF_SCOPE,) or (fallback and guess.fell_back) for _, guess in pairs
    )
    return Ratio(count, len(pairs) if of is None else of)


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    if not ordered:
        return math.nan
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
