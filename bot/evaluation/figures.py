"""How well a set of messages was understood: ratios with their intervals."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.evaluation.judging import Judged
from bot.evaluation.rows import OUT_OF_SCOPE

Z95 = 1.959963984540054
"""Standard normal quantile of a two-sided 95 % interval."""
RATIOS = ("top1", "top3", "out_of_scope_recall", "in_scope_refused")


@dataclass(frozen=True)
class Ratio:
    """So many of so many."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        """The ratio from 0 to 1, None of nothing."""
        return round(self.hits / self.of, 4) if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Its 95 % Wilson score interval (Wilson 1927), None of nothing."""
        if not self.of:
            return None
        share, square = self.hits / self.of, Z95**2
        centre = share + square / (2 * self.of)
        spread = Z95 * math.sqrt(share * (1 - share) / self.of + square / (4 * self.of**2))
        whole = 1 + square / self.of
        return (
            round(max(0.0, (centre - spread) / whole), 4),
            round(min(1.0, (centre + spread) / whole), 4),
        )


@dataclass(frozen=True)
class Figures:
    """How well a set of messages was understood."""

    n: int
    n_in_scope: int
    top1: Ratio
    top3: Ratio
    out_of_scope_recall: Ratio
    in_scope_refused: Ratio

    def ratios(self) -> dict[str, Ratio]:
        """The ratios by name, in the order in which they are shown."""
        return {name: getattr(self, name) for name in RATIOS}

    def as_dict(self) -> dict[str, Any]:
        """Plain values; `intervals` holds the 95 % interval of each ratio."""
        ratios = self.ratios()
        return {
            "n": self.n,
            "n_in_scope": self.n_in_scope,
            "n_out_of_scope": self.n - self.n_in_scope,
            **{name: ratio.value for name, ratio in ratios.items()},
            "intervals": {name: ratio.interval for name, ratio in ratios.items()},
        }


def figures(judged: Iterable[Judged]) -> Figures:
    """The figures over `judged`."""
    every = list(judged)
    ours = [one for one in every if one.in_scope]
    others = [one for one in every if not one.in_scope]
    return Figures(
        n=len(every),
        n_in_scope=len(ours),
        top1=Ratio(sum(one.is_right for one in every), len(every)),
        top3=Ratio(sum(bool(one.row.right & set(one.three)) for one in every), len(every)),
        out_of_scope_recall=Ratio(sum(one.first == OUT_OF_SCOPE for one in others), len(others)),
        in_scope_refused=Ratio(sum(one.refused for one in ours), len(ours)),
    )
