"""The messages that the guard's second ear learns from (benchmarks/guard_ear.py)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import yaml

from bot.paths import DATA, NLU, POLICY

EXAMPLES = POLICY / "emergency_examples.tsv"

NONE = "none"
# Who wrote what nobody wrote as an example.
EVERYDAY, TALK, PIECES = "everyday", "talk", "pieces"
CRY_INTENTS = frozenset({"emergency", "crisis_counseling"})
CRIES = CRY_INTENTS | {"crisis"}

_ENTITY = re.compile(r"\[([^\]]+)\](?:\{[^}]*\}|\([^)]*\))")


class Message(NamedTuple):
    """A message, its kind of help or `none`, and who wrote it."""

    text: str
    kind: str
    author: str


def examples() -> Iterator[Message]:
    """The written examples: cries of all kinds, and messages that only sound like them."""
    for line in EXAMPLES.read_text(encoding="utf-8").splitlines()[1:]:
        yield Message(*line.split("\t"))


def everyday() -> Iterator[Message]:
    """The training messages about other matters."""
    for path in sorted(NLU.glob("*.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            if "intent" not in entry or entry["intent"].split("/")[0] in CRY_INTENTS:
                continue
            for line in entry["examples"].splitlines():
                text = _ENTITY.sub(r"\1", line.removeprefix("- ").strip())
                if text:
                    yield Message(text, NONE, EVERYDAY)


def in_talks() -> Iterator[Message]:
    """What citizens say in the middle of a talk: fragments, which no training message is."""
    with (DATA / "dialogue" / "followups.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            yield Message(row["second_message"], NONE, TALK)
    for path in sorted((DATA / "dialogue").glob("*.yml")):
        for talk in yaml.safe_load(path.read_text(encoding="utf-8")):
            for turn in talk["turns"]:
                expected = turn["expect"]
                meant = {*_listed(expected.get("act")), *_listed(expected.get("topic"))}
                if "say" in turn and not meant & CRIES:
                    yield Message(turn["say"], NONE, TALK)


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value] if value else []


def pieces(messages: Iterable[Message]) -> Iterator[Message]:
    """The first or last one to four words of everyday talk, as people answer a question."""
    for number, message in enumerate(messages):
        words, taken = message.text.split(), 1 + number % 4
        if len(words) > taken:
            some = words[-taken:] if number // 4 % 2 else words[:taken]
            yield Message(" ".join(some), NONE, PIECES)
