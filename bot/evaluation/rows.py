"""Labelled messages, read from a tab-separated file."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

OUT_OF_SCOPE = "out_of_scope"


class BadFile(Exception):
    """The file of messages cannot be read; `missing` columns, or the `line` without a value."""

    def __init__(self, *, missing: Sequence[str] = (), line: int = 0) -> None:
        super().__init__(f"missing columns: {missing}" if missing else f"line {line} is incomplete")
        self.missing = missing
        self.line = line


@dataclass(frozen=True)
class Row:
    """A labelled message: its topic, and every topic that is a right answer."""

    text: str
    topic: str
    right: frozenset[str]
    style: str | None = None


def read(path: Path) -> list[Row]:
    """The messages of a tab-separated file with the columns text, topic, accept and style.

    Columns are found by name; accept (other right answers) and style may be missing. Raises
    BadFile, OSError or UnicodeDecodeError.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        table = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        names = [name.strip().lower() for name in table.fieldnames or []]
        table.fieldnames = names
        if missing := [name for name in ("text", "topic") if name not in names]:
            raise BadFile(missing=missing)
        return [_row(line, cells) for line, cells in enumerate(table, start=2)]


def _row(line: int, cells: dict[str, str | None]) -> Row:
    text, topic = (str(cells[name] or "").strip() for name in ("text", "topic"))
    if not text or not topic:
        raise BadFile(line=line)
    others = re.split(r"[,;\s]+", cells.get("accept") or "")
    style = (cells.get("style") or "").strip() if "style" in cells else None
    return Row(text, topic, frozenset({topic, *filter(None, others)}), style)
