"""This project's pipeline, a stock Rasa bot and nlp.js, taught and tested on the same messages.

    make bench-understanding
    .venv-app/bin/python -m benchmarks.understanding --sample 40 --epochs 30

Prints Markdown. benchmarks/README.md tells how it is measured.
"""

import argparse
import sys
from pathlib import Path

from benchmarks.side_by_side.stock import EPOCHS_OF_RASA_INIT
from benchmarks.understanding.judge import Verdict, judge
from benchmarks.understanding.material import training
from benchmarks.understanding.nlpjs import nlpjs
from benchmarks.understanding.rasa_bots import ours, stock_bot
from benchmarks.understanding.table import OURS, machine, table
from benchmarks.understanding.task import Contestant, Failed, Missing, Outcome, Task
from bot.evaluation.rows import OUT_OF_SCOPE, BadFile, Row, read
from bot.paths import ROOT

FOLDER = ROOT / "build" / "bench" / "understanding"
STOCK = "stock"
DEV = ROOT / "tests" / "data" / "dev.tsv"
CONTESTANTS = (
    Contestant(OURS, "ours", ours),
    Contestant(STOCK, "stock Rasa", stock_bot),
    Contestant("nlpjs", "nlp.js", nlpjs),
)
Results = list[tuple[Contestant, Outcome, Verdict]]


def arguments() -> argparse.Namespace:
    """The command line."""
    keys = ",".join(one.key for one in CONTESTANTS)
    parser = argparse.ArgumentParser(prog="python -m benchmarks.understanding")
    parser.add_argument("--file", type=Path, default=DEV, help="labelled messages to test on")
    parser.add_argument("--sample", type=int, default=0, help="messages an intent (0: all)")
    parser.add_argument("--epochs", type=int, default=EPOCHS_OF_RASA_INIT, help="of DIET")
    parser.add_argument("--only", default=keys, help=f"contestants, of {keys}")
    chosen = parser.parse_args()
    chosen.only = chosen.only.split(",")
    if unknown := set(chosen.only) - {one.key for one in CONTESTANTS}:
        parser.error(f"unknown contestants: {', '.join(sorted(unknown))}")
    if chosen.sample < 0 or chosen.epochs < 1:
        parser.error("--sample is 0 or more, --epochs 1 or more")
    return chosen


def main() -> int:
    """Train and ask one after another, and print; the exit status."""
    chosen = arguments()
    try:
        rows = read(chosen.file)
    except (OSError, UnicodeDecodeError, BadFile) as error:
        print(f"{chosen.file}: {error}", file=sys.stderr)
        return 1
    texts = tuple(row.text for row in rows)
    task = Task(training(chosen.sample), texts, chosen.epochs, FOLDER)
    results: Results = []
    notes: list[str] = []
    for contestant in CONTESTANTS:
        if contestant.key not in chosen.only:
            continue
        try:
            outcome = contestant.enter(task)
        except (Missing, Failed) as error:
            notes.append(f"{contestant.title}: {error}")
            continue
        results.append((contestant, outcome, judge(rows, outcome.guesses)))
    report(chosen, task, rows, results, notes)
    return 0 if results else 1


def report(
    chosen: argparse.Namespace, task: Task, rows: list[Row], results: Results, notes: list[str]
) -> None:
    """Print what was measured, the table, and who did not take part."""
    outside = sum(row.topic == OUT_OF_SCOPE for row in rows)
    print("# Taught the same messages, asked the same messages\n")
    print(f"- {machine()}")
    each = f"at most {chosen.sample} an intent" if chosen.sample else "all of them"
    print(f"- training: {len(task.training)} messages, {len(task.intents)} intents ({each})")
    print(f"- test: {chosen.file.name}, {len(rows)} messages, {outside} of them out of scope")
    if any(contestant.key == STOCK for contestant, _, _ in results):
        print(f"- DIET: {task.epochs} epochs{_fewer(task.epochs)}")
    if results:
        print(f"\n{table(results)}")
    for note in notes:
        print(f"\n**{note}**")


def _fewer(epochs: int) -> str:
    if epochs >= EPOCHS_OF_RASA_INIT:
        return ""
    return f" (REDUCED from {EPOCHS_OF_RASA_INIT}: it understands less than with all)"


if __name__ == "__main__":
    sys.exit(main())
