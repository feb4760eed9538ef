"""The figures that a later version must not fall behind (tests/data/recorded.json)."""

import json
from pathlib import Path

from bot.evaluation.figures import RATIOS, Figures

NAME = "recorded.json"
SLACK = 0.01
"""A figure may be one point worse than the recorded one, and by one message where one message is
more than a point: other machines round differently."""
_LESS_IS_BETTER = frozenset({"in_scope_refused"})

Recorded = dict[str, float | None]


def record(path: Path, found: Figures) -> None:
    """Write the ratios of `found`, 0 to 1; null where there was nothing to count."""
    values = {name: ratio.value for name, ratio in found.ratios().items()}
    path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


def read_recorded(path: Path) -> Recorded:
    """What `record` wrote. Raises OSError, or KeyError when a ratio is missing."""
    values = json.loads(path.read_text(encoding="utf-8"))
    return {name: values[name] for name in RATIOS}


def fallen_behind(recorded: Recorded, found: Figures) -> dict[str, tuple[float, float]]:
    """The ratios more than SLACK and one message worse than recorded: what was, and what is."""
    behind = {}
    for name, ratio in found.ratios().items():
        was, now = recorded[name], ratio.value
        if was is None or now is None:
            continue
        worse = now - was if name in _LESS_IS_BETTER else was - now
        if round(worse, 4) > round(max(SLACK, 1 / ratio.of), 4):
            behind[name] = (was, now)
    return behind
