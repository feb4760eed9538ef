"""The training messages of data/nlu, all of them or so many of each intent."""

import random
from pathlib import Path

import yaml

from benchmarks.understanding.task import Taught
from bot.paths import NLU

SEED = 120
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def training(sample: int = 0, folder: Path = NLU) -> tuple[Taught, ...]:
    """At most `sample` messages of each intent, drawn the same way every time; 0 takes all."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.yml")):
        for part in yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)["nlu"]:
            lines = part["examples"].splitlines()
            texts = [line.strip().removeprefix("-").strip() for line in lines if line.strip()]
            found.setdefault(part["intent"], []).extend(texts)
    chance = random.Random(SEED)
    chosen = {
        intent: chance.sample(texts, sample) if 0 < sample < len(texts) else texts
        for intent, texts in sorted(found.items())
    }
    return tuple(Taught(text, intent) for intent, texts in chosen.items() for text in texts)
