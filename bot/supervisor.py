"""`ilsa run`: brings everything up in order, keeps it up, and takes it down cleanly.

Two processes: the application (this Python) and Rasa (its own). When the model is fresh Rasa
starts first, because it is the slowest; the database is prepared meanwhile.
"""

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from pydantic import SecretStr

from bot import model
from bot.database import Database, utc_now
from bot.migrating import upgrade
from bot.paths import KNOWLEDGE, ROOT
from bot.processes import Child, Program, stop
from bot.settings import Settings
from bot.terminal import complain, say, sentence, step

READY_SECONDS = 240
"""How long starting may take on a slow machine."""
STOP_SECONDS = 8
POLL_SECONDS = 0.2
FIRST_LOGIN = "admin"
LOOPBACK = "127.0.0.1"

_direct = build_opener(ProxyHandler({}))
"""Asks our own processes, past any proxy of the environment."""


class PortInUse(Exception):
    """Another program listens on a port that is needed; `setting` names the port's setting."""

    def __init__(self, setting: str, port: int) -> None:
        super().__init__(f"port {port} ({setting}) is in use")
        self.setting = setting
        self.port = port


class NotReady(Exception):
    """What was started did not become ready in time; `names` are the programs that did not."""

    def __init__(self, names: list[str], log_dir: Path) -> None:
        super().__init__(f"{', '.join(names)} did not become ready")
        self.names = names
        self.log_dir = log_dir


class Stopped(BaseException):
    """A signal asked for the end; like KeyboardInterrupt, nothing in between may swallow it."""


@dataclass(frozen=True)
class Prepared:
    """What preparing the database found and made."""

    imported: int
    conflicts: list[str]
    password: str | None
    """One-time password of the first staff account, when it was made now."""


def environment(settings: Settings) -> dict[str, str]:
    """The environment variables that give a child process exactly these settings."""
    values = {
        name.upper(): value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in settings
    }
    return {**os.environ, **values, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def local_url(settings: Settings) -> str:
    """The application's address as seen from this machine."""
    host = {"0.0.0.0": LOOPBACK, "::": "[::1]", "": LOOPBACK}.get(settings.host, settings.host)  # noqa: S104
    return f"http://{host}:{settings.port}"


def answers(url: str) -> bool:
    """Whether `url` answers with success within two seconds."""
    try:
        with _direct.open(url, timeout=2) as response:
            return bool(response.status < 300)
    except (URLError, OSError):
        return False


def application(settings: Settings) -> Program:
    """The web application and the action listener, one process."""
    return Program(
        name="app",
        command=[sys.executable, "-m", "bot.web.serve"],
        environment=environment(settings),
        log=settings.var_dir / "log" / "app.log",
        is_ready=lambda: answers(f"{local_url(settings)}/health/ready"),
    )


def rasa(settings: Settings, trained: Path) -> Program:
    """Rasa with the model `trained`, on loopback, its HTTP API behind the token."""
    token = settings.rasa_api_token()
    address = f"http://{LOOPBACK}:{settings.rasa_port}"
    command = [
        *(str(model.PYTHON), "-m", "bot.rasa.launch", "run", "--enable-api"),
        *("--interface", LOOPBACK, "--port", str(settings.rasa_port), "--model", str(trained)),
        *("--endpoints", "endpoints.yml", "--credentials", "credentials.yml"),
    ]
    variables = {
        "ACTION_URL": f"http://{LOOPBACK}:{settings.action_port}/webhook",
        "TRACKER_DATABASE_URL": settings.tracker_database,
        "RASA_TOKEN": token,
        "LOG_LEVEL": settings.log_level,
    }
    return Program(
        name="rasa",
        command=command,
        environment={**model.environment(), **variables},
        log=settings.var_dir / "log" / "rasa.log",
        is_ready=lambda: answers(f"{address}/status?token={token}"),
    )


def check_ports(settings: Settings) -> None:
    """Raise PortInUse when one of the three ports is taken."""
    wanted = (
        ("PORT", settings.host, settings.port),
        ("ACTION_PORT", LOOPBACK, settings.action_port),
        ("RASA_PORT", LOOPBACK, settings.rasa_port),
    )
    for setting, host, port in wanted:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # As servers do: a port that was closed a moment ago is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise PortInUse(setting, port) from error


def prepare_database(settings: Settings) -> Prepared:
    """Migrate, load the articles, and make the first staff account when there is none."""
    from bot.knowledge import service as knowledge
    from bot.staff import service as staff

    with step("run_migrating"):
        upgrade(settings.database)
    database = Database(settings.database)
    try:
        with step("run_loading"), database.writing() as session:
            loaded = knowledge.load(session, KNOWLEDGE, utc_now())
        with database.writing() as session:
            password = None
            if not staff.accounts(session):
                name = sentence("first_account_name")
                password = staff.add(
                    session, login=FIRST_LOGIN, name=name, role="administrator", now=utc_now()
                )
    finally:
        database.dispose()
    return Prepared(len(loaded.imported), list(loaded.conflicts), password)


class Supervisor:
    """The two processes of one installation."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.log_dir = settings.var_dir / "log"
        self.children: dict[str, Child] = {}

    def start(self) -> Prepared:
        """Prepare everything and start both processes, without waiting for them to be ready.

        Raises PortInUse, SettingsError, model.NoRasa, model.TrainingFailed, or an SQLAlchemyError
        of the database; then nothing is left running.
        """
        check_ports(self.settings)
        self.settings.var_dir.mkdir(parents=True, exist_ok=True)
        try:
            if model.is_fresh():
                self._launch(rasa(self.settings, model.path()))
            else:
                with step("run_training", log=self.log_dir / "train.log"):
                    trained = model.train(self.log_dir / "train.log")
                self._launch(rasa(self.settings, trained))
            prepared = prepare_database(self.settings)
            self._launch(application(self.settings))
        except BaseException:
            self.stop()
            raise
        return prepared

    def _launch(self, program: Program) -> None:
        child = Child(program)
        self.children[program.name] = child
        child.start()

    def wait_until_ready(self, seconds: float = READY_SECONDS) -> None:
        """Wait for both. Raises NotReady after `seconds`, or KeepsDying."""
        deadline = time.monotonic() + seconds
        waiting = list(self.children.values())
        while waiting := [child for child in waiting if not child.is_ready()]:
            if time.monotonic() > deadline:
                raise NotReady([child.name for child in waiting], self.log_dir)
            self.watch()
            time.sleep(POLL_SECONDS)

    def watch(self) -> None:
        """Restart what died, and say so. Raises KeepsDying."""
        for child in self.children.values():
            status = child.watch()
            if status is not None:
                say("run_restarting", name=child.name, status=status, log=child.program.log)

    def stop(self) -> None:
        """Stop both within ten seconds."""
        stop(self.children.values(), STOP_SECONDS)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and a closed terminal raise Stopped in this block."""

    def raise_stopped(_number: int, _frame: FrameType | None) -> None:
        for number in numbers:
            # A second Ctrl-C must not interrupt the stopping.
            signal.signal(number, signal.SIG_IGN)
        raise Stopped

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, raise_stopped) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run(settings: Settings) -> None:
    """Everything up until a signal comes; prints how it goes. Raises what Supervisor raises."""
    began = time.monotonic()
    supervisor = Supervisor(settings)
    with ended_by_signals():
        try:
            say("run_begins")
            prepared = supervisor.start()
            if prepared.password:
                # At once: the account exists now, whether or not the rest becomes ready.
                say("run_first_account", login=FIRST_LOGIN, password=prepared.password)
            with step("run_waiting"):
                supervisor.wait_until_ready()
            _announce(settings, prepared, time.monotonic() - began)
            while True:
                supervisor.watch()
                time.sleep(POLL_SECONDS)
        except Stopped:
            say("run_stopping")
        finally:
            supervisor.stop()
    complain("run_stopped")


def _announce(settings: Settings, prepared: Prepared, seconds: float) -> None:
    for topic in prepared.conflicts:
        say("run_conflict", topic=topic)
    if prepared.imported:
        say("run_imported", count=prepared.imported)
    say("run_ready", seconds=f"{seconds:.0f}")
    say("run_addresses", url=settings.base_url, log=settings.var_dir / "log")
