"""Talking to staff at a terminal: sentences of data/wording/cli.yml, and steps with their seconds.

The language follows the environment (LC_ALL, LC_MESSAGES, LANG): Korean when it begins with `ko`,
else English.
"""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from bot import yaml_files
from bot.paths import WORDING
from bot.wording import Language, Wording

FILE = "cli"
TICK_SECONDS = 1.0


def language() -> Language:
    """The language of the person at the terminal."""
    names = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    chosen = next((name for name in names if name), "")
    return "ko" if chosen.lower().startswith("ko") else "en"


@lru_cache
def _sentences() -> Wording:
    # Only this one file: reading the whole wording would slow down every command's start.
    texts = yaml_files.read(WORDING / f"{FILE}.yml")
    return Wording({f"{FILE}.{name}": sentence for name, sentence in texts.items()})


def sentence(key: str, **values: object) -> str:
    """The sentence `cli.<key>` in the terminal's language. Raises MissingWording."""
    texts = {name: str(value) for name, value in values.items()}
    return _sentences().text(f"{FILE}.{key}", language(), texts)


def say(key: str, **values: object) -> None:
    """Print a sentence at once, also into a pipe."""
    write(sentence(key, **values))


def complain(key: str, **values: object) -> None:
    """Print a sentence to standard error."""
    print(sentence(key, **values), file=sys.stderr, flush=True)  # noqa: T201


def write(text: str, end: str = "\n") -> None:
    """Print text that is not ours to word: a path, a table, an address."""
    print(text, end=end, flush=True)  # noqa: T201


@contextmanager
def step(key: str, **values: object) -> Iterator[None]:
    """Show a step while it runs, and its seconds when it ends well.

    At a terminal the seconds count up; into a file it is one line when it begins, one at its end.
    """
    label = sentence(key, **values)
    began = time.monotonic()
    live = sys.stdout.isatty()
    write(f"  {label} …", end="" if live else "\n")
    done = threading.Event()
    ticker = threading.Thread(target=_tick, args=(label, began, done), daemon=True)
    if live:
        ticker.start()
    try:
        yield
    except BaseException:
        _stop(done, ticker)
        if live:
            write("")
        raise
    _stop(done, ticker)
    seconds = sentence("seconds", seconds=f"{time.monotonic() - began:.1f}")
    write(f"\r\x1b[2K  {label}  {seconds}" if live else f"  {label}  {seconds}")


def _tick(label: str, began: float, done: threading.Event) -> None:
    while not done.wait(TICK_SECONDS):
        seconds = sentence("seconds", seconds=f"{time.monotonic() - began:.0f}")
        write(f"\r\x1b[2K  {label} … {seconds}", end="")


def _stop(done: threading.Event, ticker: threading.Thread) -> None:
    done.set()
    if ticker.is_alive():
        ticker.join()
