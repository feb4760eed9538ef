"""The real web application on a free port, over a small stand-in for Rasa.

For tests of what the pages and the widget do, not of what the bot understands: the stand-in
answers the REST channel as Rasa does, with fixed replies. The service as a whole is in
tests/support/service.py.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn

from bot.conversations import service
from bot.database import utc_now
from bot.knowledge import service as knowledge
from bot.paths import KNOWLEDGE
from bot.replies import PERSON, Button, Press, Reply, Say
from bot.settings import Settings
from bot.tables import metadata
from bot.web.app import create_app
from bot.web.parts import Parts
from tests.support.listening import JsonHandler, listening
from tests.support.ports import free_ports

LIMITS_OFF = 1_000_000
SLOW = "천천히"
"""A message with this word is answered after SLOW_SECONDS."""
SLOW_SECONDS = 2.0
RECEIPT = "접수"
"""A message with this word is answered with a receipt."""
RECEIPT_NUMBER = "JEJU-0000-TEST"
ANSWER = Reply(
    parts=[Say(key="say.greet")],
    buttons=[
        Button(title=Say(key="button.useful"), press=Press(control="useful")),
        Button(title=Say(key="button.not_useful"), press=Press(control="not_useful")),
        Button(title=Say(key="button.report"), url="https://www.jeju.go.kr/"),
        PERSON,
    ],
)


class StandIn(JsonHandler):
    """What the application asks of Rasa."""

    def post(self) -> None:
        body = json.loads(self.sent())
        if self.path.startswith("/model/parse"):
            return self.answer({"intent": {"name": None, "confidence": 0.0}, "entities": []})
        if SLOW in body["message"]:
            time.sleep(SLOW_SECONDS)
        reply = ANSWER
        if RECEIPT in body["message"]:
            reply = ANSWER.model_copy(update={"ticket": RECEIPT_NUMBER})
        return self.answer([{"recipient_id": body["sender"], "custom": reply.model_dump()}])

    def put(self) -> None:
        self.sent()
        self.answer({})

    def get(self) -> None:
        self.answer({"events": []})


@dataclass
class Web:
    """The running application and what tests do behind its back."""

    parts: Parts
    settings: Settings
    _server: uvicorn.Server | None = None
    _thread: threading.Thread | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """The application's address."""
        return self.settings.base_url

    def start(self) -> None:
        """Start listening, and wait until it does."""
        app = create_app(Parts.make(self.settings))
        config = uvicorn.Config(
            app,
            host="127.0.0.1",
            port=self.settings.port,
            log_level="critical",
            ws="none",
            timeout_graceful_shutdown=0,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        until = time.monotonic() + 20
        while not self._server.started:
            if time.monotonic() > until:
                raise TimeoutError("the application did not start")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop as a killed process does, open streams and all."""
        assert self._server and self._thread
        self._server.should_exit = True
        self._thread.join(10)

    def newest(self) -> str:
        """The id of the conversation that was opened last."""
        from sqlalchemy import select

        from bot.conversations.models import Conversation

        with self.parts.database.reading() as session:
            newest = select(Conversation.id).order_by(Conversation.created_at.desc()).limit(1)
            return session.scalars(newest).one()

    def take(self, login: str) -> str:
        """A member of staff takes the newest conversation; returns its id."""
        conversation_id = self.newest()
        with self.parts.database.writing() as session:
            service.take(session, conversation_id=conversation_id, login=login, now=utc_now())
            service.notice(
                session,
                conversation_id=conversation_id,
                key="handover.taken",
                wording=self.parts.wording,
                now=utc_now(),
            )
        return conversation_id

    def say(self, conversation_id: str, login: str, text: str) -> None:
        """A member of staff writes."""
        with self.parts.database.writing() as session:
            service.staff_says(
                session,
                conversation_id=conversation_id,
                login=login,
                text=text,
                masker=self.parts.masker,
                now=utc_now(),
            )

    def close(self, conversation_id: str) -> None:
        """The conversation ends."""
        with self.parts.database.writing() as session:
            service.close(session, conversation_id=conversation_id, now=utc_now())


@contextmanager
def running(folder: Path, **settings: Any) -> Iterator[Web]:
    """The application with its data in `folder`."""
    with listening(StandIn) as rasa_port:
        chosen = {
            "host": "127.0.0.1",
            "port": free_ports(1)[0],
            "rasa_port": rasa_port,
            "var_dir": folder,
            "database_url": "",
            "public_url": "",
            "conversations_per_minute": LIMITS_OFF,
            "messages_per_minute": LIMITS_OFF,
            **settings,
        }
        made = Settings(_env_file=None, **chosen)
        parts = Parts.make(made)
        metadata().create_all(parts.database.engine)
        with parts.database.writing() as session:
            knowledge.load(session, KNOWLEDGE, utc_now())
        web = Web(parts, made)
        web.start()
        try:
            yield web
        finally:
            web.stop()
            parts.database.dispose()
