"""The whole service as `ilsa run` starts it, on free ports, with data of its own."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bot.database import Database
from bot.processes import Child
from bot.settings import Settings
from bot.supervisor import Supervisor, local_url
from tests.support.ports import free_ports

LIMITS_OFF = 1_000_000


@dataclass
class Service:
    """A running installation and the handles that tests need."""

    settings: Settings
    supervisor: Supervisor
    database: Database
    admin_password: str
    """One-time password of the account `admin`."""
    _clients: list[httpx.Client] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The application's address."""
        return local_url(self.settings)

    @property
    def rasa_url(self) -> str:
        """Rasa's address; its HTTP API wants `token=settings.rasa_api_token()`."""
        return f"http://127.0.0.1:{self.settings.rasa_port}"

    def client(self, **options: Any) -> httpx.Client:
        """An HTTP client of the application, closed when the service ends."""
        client = httpx.Client(base_url=self.url, timeout=60, trust_env=False, **options)
        self._clients.append(client)
        return client

    def child(self, name: str) -> Child:
        """The process `app` or `rasa`."""
        return self.supervisor.children[name]

    def stop_rasa(self) -> None:
        """Kill Rasa; it stays away until `start_rasa`."""
        self._stop("rasa")

    def start_rasa(self) -> None:
        """Start Rasa again and wait until it is ready."""
        self._start("rasa")

    def stop_app(self) -> None:
        """Kill the application, as a crash would; it stays away until `start_app`."""
        self._stop("app")

    def start_app(self) -> None:
        """Start the application again and wait until it is ready."""
        self._start("app")

    def _stop(self, name: str) -> None:
        self.child(name).ask_to_stop()
        self.child(name).kill()

    def _start(self, name: str) -> None:
        if self.child(name).pid is None:
            self.child(name).start()
        wait_for(self.child(name).is_ready, 120, f"{name} to be ready")

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Restart what dies, as `ilsa run` does, during the block."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(0.2):
                self.supervisor.watch()

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()

    def close(self) -> None:
        """Stop everything."""
        for client in self._clients:
            client.close()
        self.database.dispose()
        self.supervisor.stop()


def wait_for(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Wait until `condition()` is true. Raises TimeoutError naming `what`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.1)


def start_service(folder: Path, **settings: Any) -> Service:
    """Start the service with its data in `folder` and wait until it is ready."""
    port, action_port, rasa_port = free_ports(3)
    chosen = {
        "host": "127.0.0.1",
        "port": port,
        "action_port": action_port,
        "rasa_port": rasa_port,
        "var_dir": folder,
        "database_url": "",
        "tracker_database_url": "",
        "public_url": "",
        "conversations_per_minute": LIMITS_OFF,
        **settings,
    }
    supervisor = Supervisor(Settings(_env_file=None, **chosen))  # type: ignore[call-arg]
    prepared = supervisor.start()
    try:
        supervisor.wait_until_ready()
    except BaseException:
        supervisor.stop()
        raise
    return Service(
        settings=supervisor.settings,
        supervisor=supervisor,
        database=Database(supervisor.settings.database),
        admin_password=prepared.password or "",
    )
