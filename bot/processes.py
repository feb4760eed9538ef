"""Child processes that are kept alive: started, watched, restarted with back-off, and stopped."""

import contextlib
import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.paths import ROOT

RESTARTS_PER_MINUTE = 5
BACK_OFF_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0)
LOG_BYTES = 10_000_000
"""A longer log is put aside (`.1`) when its program starts."""


class KeepsDying(Exception):
    """A program died more often than restarting can help; `log` tells why."""

    def __init__(self, name: str, log: Path) -> None:
        super().__init__(f"{name} keeps stopping, see {log}")
        self.name = name
        self.log = log


@dataclass(frozen=True)
class Program:
    """What to run, and how to see that it is ready."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    log: Path
    is_ready: Callable[[], bool]


class Child:
    """One program as a process group of its own."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._deaths: deque[float] = deque(maxlen=RESTARTS_PER_MINUTE)
        self._restart_at: float | None = None
        self._wanted = False

    @property
    def pid(self) -> int | None:
        """The process id, None when it does not run."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def name(self) -> str:
        """The program's name."""
        return self.program.name

    def is_ready(self) -> bool:
        """Whether the process runs and says that it is ready."""
        return self.pid is not None and self.program.is_ready()

    def start(self) -> None:
        """Start the program; it stays wanted until `ask_to_stop`."""
        self._wanted, self._restart_at = True, None
        self.program.log.parent.mkdir(parents=True, exist_ok=True)
        _put_aside(self.program.log)
        with self.program.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.program.command,
                cwd=ROOT,
                env=dict(self.program.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C at the terminal must reach only the supervisor, which stops in order.
                process_group=0,
            )

    def watch(self) -> int | None:
        """Restart the program when it died and its pause is over.

        Returns the exit status when it was just found dead, else None. Raises KeepsDying.
        """
        if not self._wanted or self.pid is not None:
            return None
        now = time.monotonic()
        if self._restart_at is None:
            self._restart_at = now + self._pause(now)
            return self._process.returncode if self._process else None
        if now >= self._restart_at:
            self.start()
        return None

    def _pause(self, now: float) -> float:
        if len(self._deaths) == RESTARTS_PER_MINUTE and now - self._deaths[0] < 60:
            raise KeepsDying(self.name, self.program.log)
        self._deaths.append(now)
        recent = sum(1 for death in self._deaths if now - death < 60)
        return BACK_OFF_SECONDS[recent - 1]

    def ask_to_stop(self) -> None:
        """Send the whole group SIGTERM, and restart it no more."""
        self._wanted = False
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the whole group at once; when still wanted, `watch` restarts it."""
        self._signal(signal.SIGKILL)
        if self._process:
            self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self._process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)


def stop(children: Iterable[Child], seconds: float) -> None:
    """Ask every child to stop, and kill what is still there after `seconds`."""
    asked = list(children)
    for child in asked:
        child.ask_to_stop()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(child.pid for child in asked):
        time.sleep(0.05)
    for child in asked:
        # Also when the leader is gone: a worker that it left behind would keep the port.
        child.kill()


def _put_aside(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(log.suffix + ".1"))
