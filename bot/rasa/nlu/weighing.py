"""Small judgements by weighed numbers: the weights are data, so that a person can read them."""

from __future__ import annotations

import math
from typing import Mapping

_EDGE = 1e-4


def log_odds(probability: float) -> float:
    """The logit of a probability, kept away from 0 and 1."""
    kept = min(max(probability, _EDGE), 1 - _EDGE)
    return math.log(kept / (1 - kept))


def chance(weights: Mapping[str, float], numbers: Mapping[str, float]) -> float:
    """The logistic of the weighed sum and `bias`. Raises KeyError when a weight is missing."""
    total = weights["bias"] + sum(weights[name] * value for name, value in numbers.items())
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, total))))
