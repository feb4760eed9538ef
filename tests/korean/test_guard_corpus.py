"""How many cries the emergency guard hears, and how often it is alarmed for nothing.

The floors keep what was reached (docs/emergency-guard.md). Of the blind set only counts may be
seen: no message of it stands in an error. `pytest -s` shows the counts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import yaml

from benchmarks.guard import NONE, Row, report, rows, wilson
from bot.korean.guard import Guard

ROOT = Path(__file__).parents[2]
POLICY = ROOT / "data" / "policy"
EXAMPLES = POLICY / "emergency_examples.tsv"
BLIND = ROOT / "tests" / "data" / "emergency_blind.tsv"
CRY_INTENTS = {"emergency", "crisis_counseling"}

# Shares of the examples that the scale was learnt from.
LEAST_EXAMPLES_HEARD = 0.99
MOST_EXAMPLE_ALARMS = 0.005
# Of 200 cries and 200 messages that only sound like one, by somebody who saw no pattern.
LEAST_BLIND_HEARD = 194
MOST_BLIND_ALARMS = 14
# Of some 31,000 training messages about everything else.
MOST_TRAINING_ALARMS = 0.003
# Of the messages of the dev set about everything else, which nothing was learnt from.
MOST_DEV_ALARMS = 0.02

_ENTITY = re.compile(r"\[([^\]]+)\](?:\{[^}]*\}|\([^)]*\))")


@pytest.fixture(scope="module")
def guard() -> Guard:
    return Guard.load(POLICY / "emergency.yml")


def _heard(guard: Guard, messages: Sequence[Row]) -> Counter[bool]:
    """How many cries (True) and how many other messages (False) raise an alarm."""
    return Counter(row.kind != NONE for row in messages if guard.check(row.text) is not None)


def _training_messages() -> Iterator[str]:
    for path in sorted((ROOT / "data" / "nlu").glob("*.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            if "intent" not in entry or entry["intent"].split("/")[0] in CRY_INTENTS:
                continue
            for line in entry["examples"].splitlines():
                yield _ENTITY.sub(r"\1", line.removeprefix("- ").strip())


def test_the_examples_are_learnt(guard: Guard) -> None:
    messages = rows(EXAMPLES)
    heard = _heard(guard, messages)
    cries = sum(row.kind != NONE for row in messages)
    print(f"examples: {heard[True]} of {cries}, {heard[False]} of {len(messages) - cries}")
    assert heard[True] >= LEAST_EXAMPLES_HEARD * cries
    assert heard[False] <= MOST_EXAMPLE_ALARMS * (len(messages) - cries)


def test_no_example_stands_twice_and_none_in_the_blind_set() -> None:
    texts = [row.text for row in rows(EXAMPLES)]
    twice = [text for text, times in Counter(texts).items() if times > 1]
    assert twice == []
    # Counted first: an assertion on the sets would print what nobody may read.
    in_both = len({*texts} & {row.text for row in rows(BLIND)})
    assert in_both == 0


def test_the_blind_set_is_heard_as_well_as_before(guard: Guard) -> None:
    heard = _heard(guard, rows(BLIND))
    print(f"blind: {heard[True]} of 200 cries, {heard[False]} of 200 others")
    assert heard[True] >= LEAST_BLIND_HEARD
    assert heard[False] <= MOST_BLIND_ALARMS


def test_training_messages_about_other_matters_stay_quiet(guard: Guard) -> None:
    messages = [message for message in _training_messages() if message]
    alarms = [message for message in messages if guard.check(message) is not None]
    print(f"training messages: {len(alarms)} alarms in {len(messages)}")
    assert len(messages) > 2_000
    assert len(alarms) <= MOST_TRAINING_ALARMS * len(messages), alarms


def test_messages_that_nothing_was_learnt_from_stay_quiet(guard: Guard) -> None:
    lines = (ROOT / "tests" / "data" / "dev.tsv").read_text(encoding="utf-8").splitlines()[1:]
    cells = [line.split("\t") for line in lines]
    texts = [cell[0] for cell in cells if not CRY_INTENTS & {*cell[1].split("+"), cell[2]}]
    alarms = sum(guard.check(text) is not None for text in texts)
    print(f"dev set: {alarms} alarms in {len(texts)}")
    assert len(texts) > 500
    assert alarms <= MOST_DEV_ALARMS * len(texts)


def test_the_report_counts_and_shows_no_message(guard: Guard, tmp_path: Path) -> None:
    path = tmp_path / "some.tsv"
    path.write_text("text\tkind\n집에 불났어요\tfire\n여권 사진 크기\tnone\n", encoding="utf-8")
    lines = list(report(guard, rows(path)))
    assert lines[0] == "cries heard: 1 of 1 (100.0 %, 20.7 to 100.0)"
    assert lines[1:3] == ["  fire: 1 of 1", "false alarms: 0 of 1 (0.0 %, 0.0 to 79.3)"]
    assert not any("불났" in line or "여권" in line for line in lines)


def test_wilson_s_interval_is_the_published_one() -> None:
    low, high = wilson(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)  # Newcombe (1998), table I


def test_a_line_without_a_kind_is_named(tmp_path: Path) -> None:
    path = tmp_path / "some.tsv"
    path.write_text("text\tkind\n집에 불났어요\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"some\.tsv, line 2"):
        rows(path)
