"""Another body's GeoReport v2 server on the loopback interface, which can fail in chosen ways."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from time import sleep
from typing import Any, Literal
from urllib.parse import parse_qs, parse_qsl, urlsplit

from tests.support.listening import JsonHandler, listening

Mood = Literal["takes", "refuses", "broken", "busy", "takes_and_is_slow", "gives_tokens"]
REFERENCE = "attribute[external_id]"


@dataclass
class OtherServer:
    """Where it listens, what was posted to it, and how it behaves next."""

    port: int
    mood: Mood = "takes"
    posted: list[dict[str, str]] = field(default_factory=list)
    tried: int = 0
    closed: dict[str, str] = field(default_factory=dict)
    """Number of a closed request to its notes."""
    tokens_ready: bool = False
    lock: Lock = field(default_factory=Lock)

    @property
    def url(self) -> str:
        """Its address, up to the version."""
        return f"http://127.0.0.1:{self.port}/v2"

    def post(self, fields: dict[str, str]) -> tuple[int, Any]:
        """What it answers to a posted request."""
        with self.lock:
            self.tried += 1
            if self.mood == "refuses":
                return 400, [{"code": 400, "description": "service_code is unknown"}]
            if self.mood == "broken":
                return 500, [{"code": 500, "description": "out of order"}]
            if self.mood == "busy":
                return 429, [{"code": 429, "description": "too many"}]
            self.posted.append(fields)
            number = str(len(self.posted))
        if self.mood == "takes_and_is_slow":
            sleep(2)
        if self.mood == "gives_tokens":
            return 200, [{"token": f"t{number}"}]
        return 200, [{"service_request_id": number}]

    def get(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        """What it answers to a question."""
        name = path.removeprefix("/v2/").removesuffix(".json")
        if name == "requests":
            wanted = query.get("external_id")
            found = [at for at, one in enumerate(self.posted, 1) if one.get(REFERENCE) == wanted]
            return 200, [{"service_request_id": str(at)} for at in found]
        kind, _, number = name.partition("/")
        if kind == "tokens":
            given = {"token": number}
            if self.tokens_ready:
                given["service_request_id"] = number.removeprefix("t")
            return 200, [given]
        status = "closed" if number in self.closed else "open"
        notes = self.closed.get(number, "")
        return 200, [{"service_request_id": number, "status": status, "status_notes": notes}]


@contextmanager
def listening_open311() -> Iterator[OtherServer]:
    """Another body's server until the block ends."""

    class Handler(JsonHandler):
        def post(self) -> None:
            body = self.sent().decode()
            self.say(*other.post(dict(parse_qsl(body))))

        def get(self) -> None:
            asked = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(asked.query).items()}
            self.say(*other.get(asked.path, query))

        def say(self, status: int, body: Any) -> None:
            self.answer(body, status, {"Retry-After": "120"} if status == 429 else None)

    with listening(Handler) as port:
        other = OtherServer(port)
        yield other
