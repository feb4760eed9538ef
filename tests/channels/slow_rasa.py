"""A stand-in for Rasa that takes as long as it is told."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bot.replies import Reply, Say
from tests.support.listening import JsonHandler, listening


@dataclass
class SlowRasa:
    """Where it listens, and how many seconds its next answers take."""

    port: int
    seconds: float = 0.0


@contextmanager
def listening_slow_rasa() -> Iterator[SlowRasa]:
    """Answers every question with a greeting until the block ends."""
    reply = Reply(parts=[Say(key="say.greet")]).model_dump(mode="json")

    class Handler(JsonHandler):
        def post(self) -> None:
            self.sent()
            time.sleep(rasa.seconds)
            self.answer([{"custom": reply}])

        def put(self) -> None:
            self.sent()
            self.answer({})

        def get(self) -> None:
            self.answer({"events": []})

    with listening(Handler) as port:
        rasa = SlowRasa(port)
        yield rasa
