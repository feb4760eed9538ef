"""Parses messages with a trained model inside Rasa's own environment; run by rasa_bots.

python -m benchmarks.understanding.rasa_parse [--without-tensorflow] MODEL QUESTIONS ANSWERS

QUESTIONS is JSON: `warm_up` and `texts`. ANSWERS becomes JSON: Rasa's `version`, and `parses`,
one a text: `intent`, `ranking` (names, likeliest first) and `ms`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from pathlib import Path
from typing import Any


def main() -> None:
    """Load the model, parse, and write what was found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.understanding.rasa_parse")
    parser.add_argument("--without-tensorflow", action="store_true")
    parser.add_argument("model")
    parser.add_argument("questions", type=Path)
    parser.add_argument("answers", type=Path)
    chosen = parser.parse_args()
    if chosen.without_tensorflow:
        from bot.rasa import without_tensorflow

        without_tensorflow.install()
    asked = json.loads(chosen.questions.read_text(encoding="utf-8"))
    found = asyncio.run(_parse(chosen.model, asked["warm_up"], asked["texts"]))
    chosen.answers.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")


async def _parse(model: str, warm_up: list[str], texts: list[str]) -> dict[str, Any]:
    _log_as_rasa_does()
    import rasa
    from rasa.core.agent import Agent

    agent = Agent.load(model)
    for text in warm_up:
        await agent.parse_message(text)
    parses = []
    for text in texts:
        began = time.perf_counter()
        parse = await agent.parse_message(text)
        milliseconds = 1000 * (time.perf_counter() - began)
        ranking = [one["name"] for one in parse["intent_ranking"] if one["name"]]
        intent = parse["intent"]["name"]
        parses.append({"intent": intent, "ranking": ranking, "ms": milliseconds})
    return {"version": rasa.__version__, "parses": parses}


def _log_as_rasa_does() -> None:
    """The two calls of rasa/__main__.py: logging is part of what a parse costs."""
    from rasa.utils.common import configure_logging_and_warnings
    from rasa.utils.log_utils import configure_structlog

    configure_logging_and_warnings(warn_only_once=True, filter_repeated_logs=True)
    configure_structlog(None)


if __name__ == "__main__":
    main()
