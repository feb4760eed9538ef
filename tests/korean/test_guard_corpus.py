"""How many cries the emergency guard hears, and how often it is alarmed for nothing.

Odd rows may be read when patterns are changed; even rows are held out (docs/emergency-guard.md).
The floors stand slightly below what the even rows reach. `pytest -s` shows the counts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import yaml

from bot.korean.guard import Guard

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "tests" / "data"
CRY_INTENTS = {"emergency", "crisis_counseling"}

# Out of 100 held-out cries; the blind measurement before had 73 of them (152 of all 200).
LEAST_HEARD_EVEN = 82
LEAST_HEARD_ALL = 175
# Out of 100 held-out traps, and of all 200; the blind measurement had 9 of 200.
MOST_ALARMS_EVEN = 7
MOST_ALARMS_ALL = 8
# Of some 31,000 training messages about everything else, harder wording than the 3,000 of which
# three raised an alarm: 329 did when they came, about one in a hundred. It must not get worse.
MOST_TRAINING_ALARMS = 0.0106

_ENTITY = re.compile(r"\[([^\]]+)\](?:\{[^}]*\}|\([^)]*\))")

Row = tuple[str, str]


@pytest.fixture(scope="module")
def guard() -> Guard:
    return Guard.load(ROOT / "data" / "policy" / "emergency.yml")


def _rows(name: str) -> list[Row]:
    """The data rows of a corpus file as (text, kind); traps have the kind `trap`."""
    lines = (CORPUS / name).read_text(encoding="utf-8").splitlines()[1:]
    cells = [line.split("\t") for line in lines if line]
    return [(cell[0], cell[1] if len(cell) > 1 else "trap") for cell in cells]


def _count(guard: Guard, rows: Sequence[Row], label: str) -> int:
    """How many rows raise an alarm of whatever kind; prints the count of each kind."""
    total = Counter(kind for _, kind in rows)
    heard = Counter(kind for text, kind in rows if guard.check(text) is not None)
    by_kind = "  ".join(f"{kind} {heard[kind]}/{total[kind]}" for kind in sorted(total))
    print(f"{label}: {heard.total()}/{len(rows)}  {by_kind}")
    return heard.total()


def _training_messages() -> Iterator[str]:
    for path in sorted((ROOT / "data" / "nlu").glob("*.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            if "intent" not in entry or entry["intent"].split("/")[0] in CRY_INTENTS:
                continue
            for line in entry["examples"].splitlines():
                yield _ENTITY.sub(r"\1", line.removeprefix("- ").strip())


def test_cries_for_help_are_heard(guard: Guard) -> None:
    rows = _rows("emergency_cries.tsv")
    _count(guard, rows[0::2], "cries, odd rows")
    even = _count(guard, rows[1::2], "cries, even rows")
    assert _count(guard, rows, "cries, all rows") >= LEAST_HEARD_ALL
    assert even >= LEAST_HEARD_EVEN


def test_messages_that_only_sound_like_cries_seldom_raise_an_alarm(guard: Guard) -> None:
    rows = _rows("emergency_traps.tsv")
    _count(guard, rows[0::2], "traps, odd rows")
    even = _count(guard, rows[1::2], "traps, even rows")
    assert _count(guard, rows, "traps, all rows") <= MOST_ALARMS_ALL
    assert even <= MOST_ALARMS_EVEN


def test_training_messages_about_other_matters_stay_quiet(guard: Guard) -> None:
    messages = [message for message in _training_messages() if message]
    alarms = [message for message in messages if guard.check(message) is not None]
    print(f"training messages: {len(alarms)} alarms in {len(messages)}")
    assert len(messages) > 2_000
    assert len(alarms) <= MOST_TRAINING_ALARMS * len(messages), alarms
