"""Counts how many cries of a file the emergency guard hears, and its false alarms.

    .venv-app/bin/python -m benchmarks.guard FILE

FILE has a heading and lines `text<TAB>kind…`; the kind `none` marks a message that is no cry. Only
counts are printed, never a message, so that a file that nobody may read stays unread.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from math import sqrt
from pathlib import Path
from typing import NamedTuple

from bot.korean.guard import Guard
from bot.paths import POLICY

NONE = "none"
# 95 %, two-sided.
Z = 1.96


class Row(NamedTuple):
    """A message and the kind that its author gave it."""

    text: str
    kind: str


def rows(path: Path) -> list[Row]:
    """The messages of a file. Raises ValueError when a line has no kind."""
    found = []
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split("\t")
        if len(cells) < 2:
            raise ValueError(f"{path.name}, line {number} has no kind.")
        found.append(Row(cells[0], cells[1]))
    return found


def wilson(part: int, whole: int) -> tuple[float, float]:
    """The 95 % interval of a share, as Wilson (1927) has it; the whole is more than nothing."""
    share, square = part / whole, Z * Z
    middle = (share + square / (2 * whole)) / (1 + square / whole)
    spread = Z * sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
    spread /= 1 + square / whole
    return max(0.0, middle - spread), min(1.0, middle + spread)


def share(part: int, whole: int) -> str:
    """`180 of 200 (90.0 %, 85.1 to 93.4)`."""
    if not whole:
        return "none"
    low, high = (100 * end for end in wilson(part, whole))
    return f"{part} of {whole} ({100 * part / whole:.1f} %, {low:.1f} to {high:.1f})"


def report(guard: Guard, messages: Sequence[Row]) -> Iterator[str]:
    """The lines of the report: cries heard in all and by kind, false alarms, time of a check."""
    total = Counter(row.kind for row in messages)
    started = time.process_time()
    heard = Counter(row.kind for row in messages if guard.check(row.text) is not None)
    taken = time.process_time() - started
    cries = total.total() - total[NONE]
    yield f"cries heard: {share(heard.total() - heard[NONE], cries)}"
    for kind in sorted(total.keys() - {NONE}):
        yield f"  {kind}: {heard[kind]} of {total[kind]}"
    yield f"false alarms: {share(heard[NONE], total[NONE])}"
    yield f"a check takes {1000 * taken / max(len(messages), 1):.2f} ms"


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python -m benchmarks.guard FILE")
    guard = Guard.load(POLICY / "emergency.yml")
    print("\n".join(report(guard, rows(Path(sys.argv[1])))))


if __name__ == "__main__":
    main()
