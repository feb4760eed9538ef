"""A stand-in for Rasa's HTTP, which hears what the application asks and says the same each time."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bot.replies import Reply, Say
from tests.support.listening import JsonHandler, listening


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

    class Handler(JsonHandler):
        def post(self) -> None:
            body = self.sent()
            if self.path.startswith("/model/parse"):
                # The tasks beside the application; no citizen's question.
                self.answer({})
                return
            rasa.heard.append(json.loads(body))
            self.answer([{"custom": reply}])

        def put(self) -> None:
            self.sent()
            rasa.forgotten.append(self.path.split("/")[2])
            self.answer({})

        def get(self) -> None:
            self.answer({"events": []})

    with listening(Handler) as port:
        rasa = HeardRasa(port)
        yield rasa
