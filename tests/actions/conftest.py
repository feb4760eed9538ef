"""The actions on a real database with the project's articles, and a talk to run them in."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import select

from actions.parts import Parts
from actions.report import ValidateReportForm
from actions.report_end import ActionCloseReport
from bot.conversations import service
from bot.conversations.desk import Desk
from bot.conversations.models import Conversation
from bot.conversations.rendering import Renderer
from bot.database import Database, utc_now
from bot.knowledge import service as knowledge
from bot.paths import KNOWLEDGE
from bot.privacy import vault
from bot.privacy.masking import Finding
from bot.privacy.vault import Cipher
from bot.replies import Reply
from bot.tickets.forms import Forms
from bot.tickets.models import Ticket
from bot.tickets.routing import Routing
from bot.wording import wording


@pytest.fixture(scope="session")
def with_articles(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with every table and every article of the project."""
    path = Path(shutil.copy(sqlite_template, tmp_path_factory.mktemp("articles") / "ilsa.db"))
    database = Database(f"sqlite:///{path}")
    with database.writing() as session:
        report = knowledge.load(session, KNOWLEDGE, utc_now())
    assert not [problem for problem in report.problems if problem.blocks]
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return path


@pytest.fixture
def database(with_articles: Path, tmp_path: Path) -> Iterator[Database]:
    """A database of its own for each test."""
    made = Database(f"sqlite:///{shutil.copy(with_articles, tmp_path / 'ilsa.db')}")
    yield made
    made.dispose()


@pytest.fixture(scope="session")
def cipher() -> Cipher:
    return Cipher(Fernet.generate_key().decode())


@pytest.fixture
def parts(database: Database, cipher: Cipher) -> Iterator[Parts]:
    forms = Forms.load()
    desk = Desk(cipher=cipher, forms=forms, routing=Routing.load())
    made = Parts(database=database, desk=desk, forms=forms)
    yield made
    made.pool.shutdown()


@dataclass
class Talk:
    """One conversation's tracker: runs actions as Rasa would and keeps what they set."""

    parts: Parts
    cipher: Cipher
    conversation_id: str
    slots: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    active_loop: dict[str, Any] = field(default_factory=dict)
    set_events: list[dict[str, Any]] = field(default_factory=list)
    """The events of the last action."""

    def heard(self, intent: str, text: str, requests: list[dict[str, Any]], **more: Any) -> None:
        """Take a message into the tracker, with what the decision made of it."""
        message_id = more.pop("message_id", None) or str(uuid4())
        metadata = {"message_id": message_id, "language": more.pop("language", "ko")}
        parse = {
            "text": text,
            "intent": {"name": intent, "confidence": 1.0},
            "entities": more.pop("entities", []),
            "intent_ranking": [{"name": intent, "confidence": 1.0}],
            "requests": requests,
            "options": more.pop("options", []),
            "lemmas": more.pop("lemmas", []),
            "rule": "test",
            "metadata": metadata,
        }
        self.latest = parse
        self.events.append(
            {"event": "user", "text": text, "parse_data": parse, "metadata": metadata}
        )

    async def run(self, action: Action) -> list[Reply]:
        """Run an action on the tracker; returns what it said."""
        tracker = Tracker.from_dict(
            {
                "sender_id": self.conversation_id,
                "slots": dict(self.slots),
                "latest_message": self.latest,
                "events": list(self.events),
                "paused": False,
                "followup_action": None,
                "active_loop": dict(self.active_loop),
                "latest_action_name": "action_listen",
            }
        )
        dispatcher = CollectingDispatcher()
        self.set_events = list(await action.run(dispatcher, tracker, {}))
        for event in self.set_events:
            if event["event"] == "slot":
                self.slots[event["name"]] = event["value"]
            elif event["event"] == "active_loop":
                self.active_loop = {"name": event["name"]} if event["name"] else {}
        said = [message["custom"] for message in dispatcher.messages]
        self.events += [{"event": "bot", "data": {"custom": custom}} for custom in said]
        return [Reply.model_validate(custom) for custom in said]

    async def form(self, intent: str = "inform", text: str = "", **request: Any) -> list[Reply]:
        """One message while the form is open (or opening it), as the rules run it."""
        asked: dict[str, Any] = {"topic": "", "facet": "", "control": "", "slots": {}, "why": ""}
        asked["text"] = text
        message_id = request.pop("message_id", None)
        more = {name: request.pop(name) for name in ("entities", "options") if name in request}
        requests = [{**asked, **request}] if request else []
        self.heard(intent, text, requests, message_id=message_id, **more)
        self.active_loop = {"name": "report_form"}
        replies = await self.run(ValidateReportForm(self.parts))
        if any(event.get("name") == "action_close_report" for event in self.set_events):
            replies += await self.run(ActionCloseReport(self.parts))
        return replies

    @property
    def report(self) -> dict[str, Any]:
        """The slot of the report in progress."""
        return self.slots["report"]

    def knows(self, kind: str, original: str, placeholder: str) -> str:
        """Put a personal datum into the conversation's vault; returns its placeholder."""
        with self.parts.database.writing() as session:
            vault.keep(
                session,
                self.cipher,
                conversation_id=self.conversation_id,
                findings=[Finding(kind, original, placeholder, keep=True)],
                now=utc_now(),
            )
        return placeholder

    def original(self, placeholder: str) -> str | None:
        """What the conversation's vault holds under a placeholder."""
        with self.parts.database.reading() as session:
            return vault.reveal(
                session,
                self.cipher,
                conversation_id=self.conversation_id,
                placeholder=placeholder,
                now=utc_now(),
            )

    def tickets(self) -> list[Ticket]:
        """The conversation's tickets."""
        with self.parts.database.reading() as session:
            return list(
                session.scalars(
                    select(Ticket)
                    .where(Ticket.conversation_id == self.conversation_id)
                    .order_by(Ticket.id)
                )
            )

    def conversation(self) -> Conversation:
        """The row of the conversation."""
        with self.parts.database.reading() as session:
            return session.get_one(Conversation, self.conversation_id)

    def rendered(self, reply: Reply, language: str = "ko") -> str:
        """The text of a reply; raises when a wording key or value is missing."""
        with self.parts.database.reading() as session:
            return Renderer(session, wording(), language)(reply).text


@pytest.fixture
def talk(parts: Parts, cipher: Cipher) -> Talk:
    """A conversation that the bot holds."""
    with parts.database.writing() as session:
        conversation, _ = service.open_conversation(
            session, channel="widget", language="ko", now=utc_now()
        )
        return Talk(parts, cipher, conversation.id)
