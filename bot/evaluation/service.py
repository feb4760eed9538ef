"""The service that is measured: one that runs already, or one of its own."""

import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from bot.processes import KeepsDying
from bot.settings import Settings
from bot.supervisor import LOOPBACK, NotReady, Supervisor
from bot.terminal import step

NO_LIMIT = 1_000_000


@dataclass(frozen=True)
class Reach:
    """A running service: its application, its Rasa, and its database."""

    url: str
    rasa_url: str
    rasa_token: str
    database: str

    @classmethod
    def of(cls, settings: Settings, url: str) -> "Reach":
        """The service that these settings describe, its application at `url`."""
        return cls(
            url=url,
            rasa_url=f"http://{LOOPBACK}:{settings.rasa_port}",
            rasa_token=settings.rasa_api_token(),
            database=settings.database,
        )


def free_ports(count: int) -> list[int]:
    """`count` different ports of the loopback interface that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


@contextmanager
def own_service() -> Iterator[Supervisor]:
    """A whole service for this block alone: free ports, an empty database, no rate limits.

    Trains the model when it is not fresh. Raises what Supervisor raises; the logs stay when a
    program did not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="ilsa-evaluate-"))
    try:
        supervisor = Supervisor(_own_settings(folder))
        supervisor.start()
        try:
            with step("run_waiting"):
                supervisor.wait_until_ready()
            yield supervisor
        finally:
            supervisor.stop()
    except (NotReady, KeepsDying):
        raise
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)


def _own_settings(folder: Path) -> Settings:
    port, action_port, rasa_port = free_ports(3)
    # Everything that could lead to an installation's own data is named, whatever its settings say.
    return Settings(
        _env_file=None,
        host=LOOPBACK,
        port=port,
        action_port=action_port,
        rasa_port=rasa_port,
        var_dir=folder,
        database_url="",
        tracker_database_url="",
        public_url="",
        development=True,
        vault_keys=SecretStr(""),
        rasa_token=SecretStr(""),
        messages_per_minute=NO_LIMIT,
        conversations_per_minute=NO_LIMIT,
    )
