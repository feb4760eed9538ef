"""`make test`: every check in order, the quick ones first; goes on after a failure and sums up.

    python scripts/check.py             everything
    python scripts/check.py lint        ruff, mypy and the layer contracts
    python scripts/check.py unit        all but the tests that need the running service
    python scripts/check.py rasa        only the tests of the Rasa environment

Tests that need nothing of each other run side by side, those of the running service one by one.
The last part is a pytest, so that its closing line ends the output; the parts before it are listed
above that line (tests/conftest.py).
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / ".venv-app" / "bin"
RASA_PYTHON = ROOT / ".venv-rasa" / "bin" / "python"
RASA_TESTS = ("tests/rasa", "tests/korean")


@dataclass(frozen=True)
class Part:
    """One check: its name, its command, and which selections it belongs to."""

    name: str
    command: list[str]
    selections: frozenset[str]


def parts() -> list[Part]:
    """Every check, in the order in which they run."""
    lint, rasa = frozenset({"lint", "unit", "all"}), frozenset({"rasa", "unit", "all"})
    # Rasa's dependencies warn about each other; nothing of ours is in those warnings.
    quiet = ["-q", "--disable-warnings"]
    return [
        Part("ruff check", [str(APP / "ruff"), "check", "--quiet", "."], lint),
        Part("ruff format", [str(APP / "ruff"), "format", "--check", "--quiet", "."], lint),
        Part("mypy", [str(APP / "mypy")], lint),
        Part("layers", [str(APP / "lint-imports"), "--no-logo"], lint),
        Part(
            "pytest, Rasa environment",
            [str(RASA_PYTHON), "-m", "pytest", *quiet, *RASA_TESTS],
            rasa,
        ),
        # A file's tests stay together: they share what is slow to make.
        Part(
            "pytest, unit",
            [str(APP / "pytest"), "-n", "auto", "--dist", "loadfile", "-m", "not real"],
            frozenset({"unit", "all"}),
        ),
        Part(
            "pytest, with the running service",
            [str(APP / "pytest"), "-m", "real"],
            frozenset({"all"}),
        ),
    ]


def run(part: Part, before: list[str]) -> tuple[bool, str]:
    """Run one check; return whether it passed, and its line of the summary."""
    print(f"\n=== {part.name}", flush=True)
    began = time.monotonic()
    # One order of sets in every process, so that all of them collect the same tests.
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
    if part.command[0] == str(APP / "pytest"):
        environment["ILSA_STAGES"] = "\n".join(before)
    status = subprocess.run(part.command, cwd=ROOT, env=environment, check=False).returncode
    outcome = "passed" if status == 0 else "FAILED"
    return status == 0, f"{outcome}  {part.name} ({time.monotonic() - began:.0f} s)"


def main(arguments: list[str]) -> int:
    """Run the selected checks; return 1 when one of them failed."""
    selection = arguments[0] if arguments else "all"
    chosen = [part for part in parts() if selection in part.selections]
    if not chosen:
        print(f"There is no selection {selection}: choose lint, unit, rasa or all.")
        return 2
    passed = True
    lines: list[str] = []
    for part in chosen:
        is_fine, line = run(part, lines)
        passed &= is_fine
        lines.append(line)
    if "pytest" not in chosen[-1].name or selection == "rasa":
        print("\n" + "\n".join(lines))
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
