"""A stand-in for Rasa's `/model/parse`: ranks topics as it is told to, by words of the text."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Ranking = Sequence[tuple[str, float]]


@dataclass
class ParsingRasa:
    """Where it listens, and the texts that it was asked to parse."""

    url: str
    heard: list[str] = field(default_factory=list)


@contextmanager
def parsing_rasa(
    rankings: Mapping[str, Ranking], facets: Mapping[str, str]
) -> Iterator[ParsingRasa]:
    """Ranks by the first of `rankings` whose word stands in the text, until the block ends.

    `facets`: a word to the facet that it asks for.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"]
            rasa.heard.append(text)
            ranking = next((those for word, those in rankings.items() if word in text), ())
            facet = next((name for word, name in facets.items() if word in text), "")
            self._answer(
                {
                    "intent_ranking": [
                        {"name": name, "confidence": sure} for name, sure in ranking
                    ],
                    "requests": [{"topic": name, "facet": facet} for name, _ in ranking[:1]],
                    "lemmas": [],
                }
            )

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
    rasa = ParsingRasa(f"http://127.0.0.1:{server.server_address[1]}")
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield rasa
    finally:
        server.shutdown()
        server.server_close()
