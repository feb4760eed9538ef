"""The same messages measured twice: what changed, and whether it could be chance."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from bot.evaluation.figures import Ratio
from bot.evaluation.judging import Judged


@dataclass(frozen=True)
class Paired:
    """First guesses before and after a change, over `n` messages."""

    n: int
    before: int
    after: int
    worse: int
    """Messages right before and wrong after."""
    better: int
    """Messages wrong before and right after."""

    @property
    def points(self) -> float:
        """The change of the share that is right, in points: negative is worse."""
        return round(100 * (self.after - self.before) / self.n, 2) if self.n else 0.0

    @property
    def p(self) -> float:
        """Two-sided p of McNemar's exact test: chance alone would split them so unevenly."""
        changed = self.worse + self.better
        ways = sum(math.comb(changed, k) for k in range(min(self.worse, self.better) + 1))
        # Whole numbers until the end: two to the power of thousands is no float.
        return float(min(Fraction(1), Fraction(2 * ways, 1 << changed)))

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "n": self.n,
            "top1_before": Ratio(self.before, self.n).value,
            "top1_after": Ratio(self.after, self.n).value,
            "points": self.points,
            "worse": self.worse,
            "better": self.better,
            "p": self.p,
        }


def paired(before: Sequence[Judged], after: Sequence[Judged]) -> Paired:
    """Compare message by message. Raises ValueError when there are not as many."""
    both = [(one.is_right, two.is_right) for one, two in zip(before, after, strict=True)]
    return Paired(
        n=len(both),
        before=sum(was for was, _ in both),
        after=sum(now for _, now in both),
        worse=sum(was and not now for was, now in both),
        better=sum(now and not was for was, now in both),
    )
