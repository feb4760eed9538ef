"""A stand-in for Rasa that takes as long as it is told."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from bot.replies import Reply, Say


@dataclass
class SlowRasa:
    """Where it listens, and how many seconds its next answers take."""

    port: int
    seconds: float = 0.0


@contextmanager
def listening_slow_rasa() -> Iterator[SlowRasa]:
    """Answers every question with a greeting until the block ends."""
    reply = Reply(parts=[Say(key="say.greet")]).model_dump(mode="json")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(rasa.seconds)
            self._answer([{"custom": reply}])

        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._answer({})

        def do_GET(self) -> None:
            self._answer({"events": []})

        def _answer(self, body: Any) -> None:
            data = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    rasa = SlowRasa(server.server_address[1])
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield rasa
    finally:
        server.shutdown()
        server.server_close()
