"""A messenger's servers as far as we call them, on this machine: they check, keep, and may fail.

`trouble` decides for each call, before anything else: `""` serves it, `"refuse"` answers 500 and
takes nothing, `"drop"` takes it and closes the connection without an answer, a number answers with
that status.
"""

import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

Trouble = Callable[[str], str | int]


@dataclass
class Answer:
    """What the platform answers."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Call:
    """One call that came."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class Platform:
    """Base of the stand-ins. `serve` answers a call; what it accepts is put into `shown`."""

    sends: tuple[str, ...] = ()
    """Ends of the paths that trouble is made for; all when empty."""

    def __init__(self) -> None:
        self.url = ""
        self.calls: list[Call] = []
        self.shown: list[tuple[str, Any]] = []
        """What citizens see: user id and message, in the order of acceptance."""
        self.broken: list[str] = []
        """Rules of the platform that we broke."""
        self.trouble: Trouble = lambda path: ""
        self.lock = Lock()

    def serve(self, call: Call) -> Answer:
        """The answer to one call; made by one thread at a time."""
        raise NotImplementedError

    def take(self, call: Call) -> Answer | None:
        """Serve a call, or make the trouble that is due; None closes without an answer."""
        with self.lock:
            self.calls.append(call)
            path = call.path.split("?")[0]
            hit = not self.sends or path.endswith(self.sends)
            trouble = self.trouble(path) if hit else ""
            if trouble == "refuse":
                return Answer(500, {})
            if isinstance(trouble, int):
                return Answer(trouble, {})
            answer = self.serve(call)
            return None if trouble == "drop" else answer

    def of(self, user: str) -> list[Any]:
        """What one citizen sees."""
        return [message for who, message in self.shown if who == user]

    def wait(self, count: int, user: str = "", seconds: float = 10.0) -> list[Any]:
        """Wait until a citizen (or all of them) sees `count` messages. Raises TimeoutError."""
        return waited(
            lambda: seen if len(seen := self._seen(user)) >= count else None,
            seconds,
            lambda: f"{count} messages, but saw {self._seen(user)}",
        )

    def _seen(self, user: str) -> list[Any]:
        return self.of(user) if user else [message for _, message in self.shown]

    @contextmanager
    def running(self) -> Iterator["Platform"]:
        """Listen on a free port."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        server.daemon_threads = True
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()


def waited(look: Callable[[], Any], seconds: float, what: Callable[[], str]) -> Any:
    """What `look` finds, as soon as it is not None. Raises TimeoutError."""
    until = time.monotonic() + seconds
    while (found := look()) is None:
        if time.monotonic() > until:
            raise TimeoutError(f"waited {seconds} s for {what()}")
        time.sleep(0.02)
    return found


def first(count: int, how: str | int) -> Trouble:
    """Trouble for the first `count` calls."""
    left = [count]

    def decide(path: str) -> str | int:
        del path
        left[0] -= 1
        return how if left[0] >= 0 else ""

    return decide


def share(part: float, seed: int = 1) -> Trouble:
    """Trouble for a share of the calls: half of them refused, half taken without an answer."""
    dice = random.Random(seed)

    def decide(path: str) -> str | int:
        del path
        if dice.random() >= part:
            return ""
        return "refuse" if dice.random() < 0.5 else "drop"

    return decide


def _handler(platform: Platform) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._take()

        def do_GET(self) -> None:
            self._take()

        def _take(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            try:
                body = json.loads(raw) if raw else {}
            except ValueError:
                body = {}
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = platform.take(Call(self.command, self.path, headers, body))
            if answer is not None:
                self._answer(answer)

        def _answer(self, answer: Answer) -> None:
            is_bytes = isinstance(answer.body, bytes)
            data = answer.body if is_bytes else json.dumps(answer.body or {}).encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "image/jpeg" if is_bytes else "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    return Handler
