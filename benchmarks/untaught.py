"""Topics that nobody is trained on: how many of their messages an article finds by itself.

    .venv-app/bin/python -m benchmarks.untaught [messages.tsv]

Each article in turn is taken for one whose topic is not trained. Its messages in the file should
find it; all others should not. Prints both shares at thresholds of `Hit.share`, over all articles,
with and without lemmas.
"""

import csv
import dataclasses
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.lemmas import keep_lemmas, lemmas_of
from bot.database import Database, utc_now
from bot.knowledge import index, search, service
from bot.migrating import upgrade
from bot.paths import KNOWLEDGE, ROOT

THRESHOLDS = [at / 100 for at in range(16, 62, 2)]


class Row(NamedTuple):
    """A message of the file and the topics that are right for it."""

    text: str
    topic: str
    right: frozenset[str]


def read(path: Path) -> list[Row]:
    """The messages of a file with the columns text, topic and, if there is one, accept."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        Row(
            row["text"],
            row["topic"],
            frozenset({row["topic"], *(row.get("accept") or "").split(",")}),
        )
        for row in rows
    ]


def loaded(folder: Path, *, with_lemmas: bool) -> index.Index:
    """The index of all articles, with their lemmas or without."""
    url = f"sqlite:///{folder / f'lemmas-{with_lemmas}.db'}"
    upgrade(url)
    database = Database(url)
    with database.writing() as session:
        service.load(session, KNOWLEDGE, utc_now())
        if with_lemmas:
            keep_lemmas(session)
        made = index.current(session)
    database.dispose()
    return made


def shares(whole: index.Index, rows: Sequence[Row], words: dict[str, list[str]]) -> np.ndarray:
    """The share of each message (row) for each topic (column) as the only one not trained."""
    found = np.zeros((len(rows), len(whole.entries)))
    tokens = [search.all_tokens(row.text, words.get(row.text, [])) for row in rows]
    for place in range(len(whole.entries)):
        alone = np.zeros(len(whole.entries), dtype=np.bool_)
        alone[place] = True
        one = dataclasses.replace(whole, untaught=alone)
        for at in range(len(rows)):
            hits = search.nearest_untaught(one, tokens[at], 1)
            found[at, place] = hits[0].share if hits else 0.0
    return found


def trade_off(title: str, found: np.ndarray, rows: Sequence[Row], topics: Sequence[str]) -> None:
    """Print what thresholds give."""
    own = np.array([[row.topic == topic for topic in topics] for row in rows])
    other = np.array([[topic not in row.right for topic in topics] for row in rows])
    refused = np.array([row.topic == "out_of_scope" for row in rows])
    print(f"\n{title}: {own.sum()} messages of an article, {other.sum()} of others")
    print("share  found  by others' messages  by messages out of scope")
    for least in THRESHOLDS:
        above = found >= least
        print(
            f"{least:5.2f} {above[own].mean():6.1%} {above[other].mean():21.2%}"
            f" {above[refused].mean():25.2%}"
        )


def main() -> None:
    """Measure on the file of the first argument, or on the dev set."""
    rows = read(Path(sys.argv[1] if sys.argv[1:] else ROOT / "tests" / "data" / "dev.tsv"))
    words = lemmas_of(list({row.text for row in rows}))
    with tempfile.TemporaryDirectory() as folder:
        read_ones = loaded(Path(folder), with_lemmas=True)
        unread = loaded(Path(folder), with_lemmas=False)
    for title, whole, heard in (
        ("Lemmas on both sides", read_ones, words),
        ("The article not read yet", unread, words),
    ):
        topics = [whole.topic(place) for place in range(len(whole.entries))]
        trade_off(title, shares(whole, rows, heard), rows, topics)


if __name__ == "__main__":
    main()
