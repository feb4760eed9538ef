"""The trained Rasa model: which one belongs to the present sources, and making it.

A model's file name holds a digest of everything that it was made from, so that one look tells
whether it is fresh, and going back to an older state of the sources finds its model again.
"""

import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.paths import DATA, POLICY, ROOT

PYTHON = ROOT / ".venv-rasa" / "bin" / "python"
MODELS = ROOT / "models"
SPACY_FOLDER = ROOT / "build" / "ko_jeju"
"""The spaCy pipeline that config.yml names; built before training, read again when serving."""
STAMP = SPACY_FOLDER.with_suffix(".digest")
"""Which model's sources that pipeline was built from."""
KEEP = 3

IN_THE_MODEL = ("english.yml", "entities.yml", "jeju_words.yml")
"""Decisions that training reads; any other is read when serving and never costs a training."""
ONLY_SERVED_PLACES = frozenset({"regions.yml", "shapes.json"})
ASKED = re.compile(r"^(?:topic|questions):.*\n(?:[ -].*\n)*", re.MULTILINE)
"""What training reads of an article; correcting its text must not cost a training."""
ONLY_SERVING = frozenset(
    {
        *("decision.py", "ear.py", "faster.py", "foreign.py", "guard.py", "held_out.py"),
        *("in_form.py", "launch.py", "leaning.py", "pairs.py", "parts.py", "place_regions.py"),
        *("place_shapes.py", "resolve.py", "tracker_store.py", "view.py", "weighing.py"),
    }
)
"""Modules of bot/rasa and bot/korean that leave no trace in a model."""
PACKAGES = (
    *("rasa", "spacy", "kiwipiepy", "kiwipiepy-model", "scikit-learn", "numpy"),
    "snowballstemmer",
)
"""Packages whose version a model depends on; they are read from uv.lock."""


class TrainingFailed(Exception):
    """Training did not end well; `log` is the file that tells why, `tail` its last lines."""

    def __init__(self, log: Path, tail: str) -> None:
        super().__init__(f"training failed, see {log}")
        self.log = log
        self.tail = tail


class NoRasa(Exception):
    """The Rasa environment has not been made (`make setup`)."""


def sources() -> list[Path]:
    """Every file that the model is made from."""
    files = [ROOT / "config.yml", ROOT / "domain.yml"]
    for folder in (DATA / "nlu", DATA / "nlu_held_out", DATA / "rules", DATA / "places"):
        files += [path for path in folder.rglob("*") if path.is_file()]
    files = [path for path in files if path.name not in ONLY_SERVED_PLACES]
    files += [POLICY / name for name in IN_THE_MODEL]
    for folder in (ROOT / "bot" / "rasa", ROOT / "bot" / "korean"):
        files += [path for path in folder.rglob("*.py") if path.name not in ONLY_SERVING]
    return sorted(files)


def digest() -> str:
    """Twelve hexadecimal digits that change when any source of the model changes."""
    whole = hashlib.sha256()
    for path in sources():
        whole.update(f"\n{path.relative_to(ROOT).as_posix()}\n".encode())
        whole.update(path.read_bytes())
    for article in sorted((DATA / "knowledge").rglob("*.md")):
        matter = article.read_text(encoding="utf-8").partition("\n---\n")[0]
        whole.update("".join(ASKED.findall(f"{matter}\n")).encode())
    whole.update("\n".join(_versions()).encode())
    return whole.hexdigest()[:12]


def _versions() -> list[str]:
    lock = (ROOT / "uv.lock").read_text(encoding="utf-8")
    found = re.findall(r'^name = "([^"]+)"\nversion = "([^"]+)"', lock, flags=re.MULTILINE)
    return [f"{name} {version}" for name, version in found if name in PACKAGES]


def path() -> Path:
    """Where the model of the present sources is, or would be."""
    return MODELS / f"ilsa-{digest()}.tar.gz"


def is_fresh() -> bool:
    """Whether the model of the present sources is there, and the pipeline that it loads."""
    return path().exists() and STAMP.exists() and STAMP.read_text(encoding="ascii") == digest()


def train(log: Path, *, force: bool = False) -> Path:
    """Train unless the model is fresh (or `force`); return the model's path.

    What Rasa prints goes to `log`. Raises NoRasa or TrainingFailed.
    """
    if not PYTHON.exists():
        raise NoRasa
    with _alone():
        if is_fresh() and not force:
            path().touch()
            return path()
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_bytes(b"")
        model, made_from = path(), digest()
        STAMP.unlink(missing_ok=True)
        _run(["-m", "bot.rasa.nlu.spacy_model", str(SPACY_FOLDER)], log)
        _run(_training(model), log)
        if not model.exists():
            raise TrainingFailed(log, _tail(log))
        STAMP.write_text(made_from, encoding="ascii")
        _tidy()
        return model


def _training(model: Path) -> list[str]:
    # Rasa's cache does not see changes in modules that a component imports, hence --force.
    return [
        # The tests check data and rules; Rasa's own validation would read everything twice.
        *("-m", "bot.rasa.launch", "train", "--force", "--skip-validation"),
        *("--config", "config.yml", "--domain", "domain.yml"),
        *("--data", "data/nlu", "data/rules", "data/knowledge"),
        *("--out", str(MODELS), "--fixed-model-name", model.name.removesuffix(".tar.gz")),
    ]


def environment() -> dict[str, str]:
    """Environment variables of every process in the Rasa environment."""
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "RASA_TELEMETRY_ENABLED": "false",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "LOG_LEVEL_LIBRARIES": "ERROR",
        # endpoints.yml is read in training too; nothing is called or opened there.
        "ACTION_URL": os.environ.get("ACTION_URL", "http://127.0.0.1:8121/webhook"),
        "TRACKER_DATABASE_URL": os.environ.get("TRACKER_DATABASE_URL", "sqlite://"),
    }


def _run(arguments: list[str], log: Path) -> None:
    with log.open("ab") as file:
        process = subprocess.Popen(
            [str(PYTHON), *arguments],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
        try:
            status = process.wait()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
    if status:
        raise TrainingFailed(log, _tail(log))


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


@contextmanager
def _alone() -> Iterator[None]:
    """Let only one process train at a time; the next one then finds the model made."""
    MODELS.mkdir(exist_ok=True)
    with (MODELS / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _tidy() -> None:
    """Keep the last few models, and drop what an interrupted training left behind."""
    models = sorted(MODELS.glob("ilsa-*.tar.gz"), key=lambda one: one.stat().st_mtime)
    for old in models[:-KEEP]:
        old.unlink(missing_ok=True)
    day_ago = time.time() - 86_400
    for left in MODELS.glob("tmp*"):
        if left.stat().st_mtime < day_ago:
            shutil.rmtree(left, ignore_errors=True)
