"""Make the two environments that everything else runs in: `.venv-app` and `.venv-rasa`.

Runs on any Python from 3.8 on, with nothing installed, so its sentences stand here and not in
data/wording. uv is taken from PATH, or installed with pip into `.venv-uv`. uv brings the
Pythons that the machine lacks. An environment whose lock file has not changed is left alone.

    python3 scripts/bootstrap.py            both environments
    python3 scripts/bootstrap.py --app      only the application's
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV_AT_LEAST = (0, 13)
"""The oldest uv that this lock file was checked with."""

# The only place that says how the environments are made.
ENVIRONMENTS = {
    "app": [".venv-app", "--locked", "--python", "3.12"],
    "rasa": [".venv-rasa", "--locked", "--only-group", "rasa", "--python", "3.10"],
}
STAMP = ".ilsa-locked"
NO_VENV = """\
Python cannot make a virtual environment here: its 'venv' or 'ensurepip' module is missing.
Do one of these, then run make again:
  Debian, Ubuntu:  sudo apt install python3-venv
  anywhere:        install uv (https://docs.astral.sh/uv/getting-started/installation/)"""

NOT_PREPARED = """\
uv could not prepare the %s environment; its message stands above.
uv fetches packages from PyPI, and a Python that the machine lacks from GitHub. Where GitHub cannot
be reached, install Python 3.12 and Python 3.10 yourself (pyenv does), then run make again."""


class SetupError(Exception):
    """The environments cannot be made; the message says what to do."""


def say(text: str) -> None:
    """Print a line at once, also into a pipe."""
    print(text, flush=True)


def uv_version(uv: str) -> "tuple[int, ...]":
    """The version of the program `uv`; (0,) when it does not run."""
    try:
        result = subprocess.run([uv, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return (0,)
    found = re.search(r"(\d+)\.(\d+)", result.stdout)
    return (int(found.group(1)), int(found.group(2))) if found else (0,)


def find_uv() -> str:
    """The path of a recent enough uv, installing one when there is none. Raises SetupError."""
    own = ROOT / ".venv-uv" / "bin" / "uv"
    for candidate in (shutil.which("uv"), str(own)):
        if candidate and uv_version(candidate) >= UV_AT_LEAST:
            return candidate
    return install_uv(own)


def install_uv(own: Path) -> str:
    """Install uv with pip into its own environment and return its path. Raises SetupError."""
    say("Installing uv into .venv-uv")
    folder = own.parent.parent
    at_least = ".".join(str(number) for number in UV_AT_LEAST)
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=False)
    if made.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        raise SetupError(NO_VENV)
    python = str(own.parent / "python")
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    installed = subprocess.run([*command, "uv>=" + at_least], check=False)
    if installed.returncode or not own.exists():
        raise SetupError("pip could not install uv; its message stands above.")
    return str(own)


def digest() -> str:
    """What the environments depend on: the lock file, the requirements and this file."""
    whole = hashlib.sha256()
    for name in ("pyproject.toml", "uv.lock", "scripts/bootstrap.py"):
        whole.update((ROOT / name).read_bytes())
    return whole.hexdigest()


def is_current(folder: Path) -> bool:
    """Whether the environment was made from the present lock file and still runs."""
    stamp = folder / STAMP
    if not stamp.exists() or stamp.read_text(encoding="ascii") != digest():
        return False
    return os.access(str(folder / "bin" / "python"), os.X_OK)


def pyenv_folders() -> "list[str]":
    """Folders of the Pythons that pyenv installed; its shims hide those that it was not told."""
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    return sorted(str(folder) for folder in versions.glob("3.1[02].*/bin"))


def synchronise(uv: str, name: str) -> None:
    """Make or mend one environment with uv. Raises SetupError."""
    folder, *options = ENVIRONMENTS[name]
    say(
        "Preparing the %s environment in %s (the first time it downloads packages)" % (name, folder)
    )
    began = time.monotonic()
    # An activated environment must not be taken for ours.
    environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    environment["UV_PROJECT_ENVIRONMENT"] = folder
    environment["PATH"] = os.pathsep.join([environment.get("PATH", ""), *pyenv_folders()])
    result = subprocess.run([uv, "sync", *options], cwd=str(ROOT), env=environment, check=False)
    if result.returncode:
        raise SetupError(NOT_PREPARED % name)
    (ROOT / folder / STAMP).write_text(digest(), encoding="ascii")
    say("The %s environment is ready (%.0f s)" % (name, time.monotonic() - began))


def main(arguments: "list[str]") -> int:
    """Prepare what is asked for, by default everything; return the exit status."""
    wanted = [name for name in ENVIRONMENTS if "--" + name in arguments] or list(ENVIRONMENTS)
    stale = [name for name in wanted if not is_current(ROOT / ENVIRONMENTS[name][0])]
    try:
        if stale:
            uv = find_uv()
            for name in stale:
                synchronise(uv, name)
    except SetupError as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
