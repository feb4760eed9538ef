"""The two contestants that are Rasa: this project's pipeline, and the one of `rasa init`."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from benchmarks.side_by_side import stock
from benchmarks.understanding.task import Failed, Guess, Missing, Outcome, Task
from bot import model
from bot.paths import ROOT

FALLBACK = "nlu_fallback"
BEGINS, ENDS = "Starting to train component", "Finished training component"
"""What Rasa logs (rasa/engine/training/hooks.py)."""


@dataclass(frozen=True)
class Bot:
    """A Rasa project: its folder, the commands that train it, and how it is asked.

    `learner` is the component whose training is the fit.
    """

    folder: Path
    before: Sequence[Sequence[str]]
    rasa: Sequence[str]
    config: Mapping[str, Any]
    domain: Path
    learner: str
    environment: Mapping[str, str]
    asking: Sequence[str] = field(default=())


def ours(task: Task) -> Outcome:
    """config.yml, started as the project starts it; confidences from the same messages too.

    `calibration` names messages that the others are not given, so it is taken out: the classifier
    then sets aside a fifth of the training messages for it.
    """
    folder = _emptied(task.folder / "ours")
    config = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))
    spacy = (folder / "ko_jeju").relative_to(ROOT).as_posix()
    for part in config["pipeline"]:
        part.pop("calibration", None)
        if "model" in part:
            part["model"] = spacy
    bot = Bot(
        folder=folder,
        before=[["-m", "bot.rasa.nlu.spacy_model", spacy]],
        rasa=["-m", "bot.rasa.launch"],
        config=config,
        domain=ROOT / "domain.yml",
        learner="TopicClassifier",
        environment=model.environment(),
        asking=["--without-tensorflow"],
    )
    return _enter(bot, task)


def stock_bot(task: Task) -> Outcome:
    """The pipeline that `rasa init` writes, with so many epochs, started by plain Rasa."""
    folder = _emptied(task.folder / "stock")
    domain = folder / "domain.yml"
    _write(domain, {"version": "3.1", "intents": task.intents})
    config = {key: value for key, value in stock.config(task.epochs).items() if key != "policies"}
    bot = Bot(
        folder=folder,
        before=[],
        rasa=["-m", "rasa"],
        config=config,
        domain=domain,
        learner="DIETClassifier",
        environment={**stock.environment(), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
    )
    return _enter(bot, task)


def _enter(bot: Bot, task: Task) -> Outcome:
    if not model.PYTHON.exists():
        raise Missing("the Rasa environment is missing: make setup")
    _write(bot.folder / "config.yml", bot.config)
    _write(bot.folder / "nlu.yml", _nlu(task))
    began = time.perf_counter()
    fit = 0.0
    for arguments in [*bot.before, _training(bot)]:
        fit = _run(bot, arguments, "train.log")
    whole = time.perf_counter() - began
    answers = _ask(bot, task)
    guesses = [_guess(one) for one in answers["parses"]]
    return Outcome(f"Rasa {answers['version']}", guesses, fit, whole)


def _training(bot: Bot) -> list[str]:
    return [
        *(*bot.rasa, "train", "nlu", "--fixed-model-name", "bot", "--out", str(bot.folder)),
        *("--config", str(bot.folder / "config.yml"), "--nlu", str(bot.folder / "nlu.yml")),
        *("--domain", str(bot.domain)),
    ]


def _run(bot: Bot, arguments: Sequence[str], log_name: str) -> float:
    """Run Rasa's Python and log what it prints; seconds that the learner trained, by its log."""
    log = bot.folder / log_name
    # Rasa's own cache would skip what an earlier run has trained.
    cache = {"RASA_CACHE_DIRECTORY": str(bot.folder / "cache")}
    began = seconds = 0.0
    with log.open("a", encoding="utf-8") as file:
        process = subprocess.Popen(
            [str(model.PYTHON), *arguments],
            cwd=ROOT,
            env={**os.environ, **bot.environment, **cache},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        try:
            for line in process.stdout or ():
                file.write(line)
                if f"{BEGINS} '{bot.learner}'" in line:
                    began = time.perf_counter()
                elif f"{ENDS} '{bot.learner}'" in line:
                    seconds = time.perf_counter() - began
            status = process.wait()
        except BaseException:
            process.kill()
            process.wait()
            raise
    if status:
        raise Failed(f"{' '.join(arguments[:4])} broke off, see {log.relative_to(ROOT)}")
    return seconds


def _ask(bot: Bot, task: Task) -> dict[str, Any]:
    questions, answers = bot.folder / "questions.json", bot.folder / "answers.json"
    asked = {"warm_up": task.warm_up, "texts": task.texts}
    questions.write_text(json.dumps(asked, ensure_ascii=False), encoding="utf-8")
    program = ["-m", "benchmarks.understanding.rasa_parse", *bot.asking]
    paths = [str(bot.folder / "bot.tar.gz"), str(questions), str(answers)]
    _run(bot, [*program, *paths], "parse.log")
    found: dict[str, Any] = json.loads(answers.read_text(encoding="utf-8"))
    return found


def _guess(parse: Mapping[str, Any]) -> Guess:
    ranking = tuple(name for name in parse["ranking"] if name != FALLBACK)
    return Guess(ranking, parse["intent"] == FALLBACK, parse["ms"])


def _nlu(task: Task) -> dict[str, Any]:
    examples: dict[str, str] = {}
    for one in task.training:
        examples[one.intent] = f"{examples.get(one.intent, '')}- {one.text}\n"
    parts = [{"intent": intent, "examples": lines} for intent, lines in examples.items()]
    return {"version": "3.1", "nlu": parts}


def _write(path: Path, value: Any) -> None:
    path.write_text(yaml.safe_dump(value, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    print(f"{folder.name}: training", file=sys.stderr)
    return folder
