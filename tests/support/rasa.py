"""A stand-in for Rasa's HTTP, which hears what the application asks and says the same each time."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from bot.replies import Reply, Say


@dataclass
class HeardRasa:
    """Where it listens, and the questions that it was asked."""

    port: int
    heard: list[dict[str, Any]] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)


@contextmanager
def listening_rasa() -> Iterator[HeardRasa]:
    """Answers every question with a greeting until the block ends."""
    reply = Reply(parts=[Say(key="say.greet")]).model_dump(mode="json")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path.startswith("/model/parse"):
                # The tasks beside the application; no citizen's question.
                self._answer({})
                return
            rasa.heard.append(json.loads(body))
            self._answer([{"custom": reply}])

        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            rasa.forgotten.append(self.path.split("/")[2])
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
    rasa = HeardRasa(server.server_address[1])
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield rasa
    finally:
        server.shutdown()
        server.server_close()
