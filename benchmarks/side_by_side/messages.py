"""The training messages of both bots, and the talks that are sent to them."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from bot.paths import DATA

PER_TALK = 5
"""Messages of one conversation; then the next conversation begins, as with citizens."""
SEED = 120


def training(topics: Sequence[str], folder: Path = DATA / "nlu") -> dict[str, list[str]]:
    """The training messages of each topic of `topics`, entity marks included."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.yml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            if block.get("intent") in topics:
                lines = block["examples"].splitlines()
                found.setdefault(block["intent"], []).extend(
                    line.removeprefix("- ").strip() for line in lines if line.strip()
                )
    return found


def talks(messages: Mapping[str, Sequence[str]], count: int, seed: int) -> list[list[str]]:
    """`count` messages, the topics in turn, cut into talks of at most PER_TALK messages."""
    chance = random.Random(seed)
    topics = sorted(messages)
    picked = [chance.choice(messages[topics[place % len(topics)]]) for place in range(count)]
    chance.shuffle(picked)
    return [picked[start : start + PER_TALK] for start in range(0, count, PER_TALK)]
