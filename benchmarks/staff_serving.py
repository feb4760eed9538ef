"""The web application as processes of its own, a stand-in for Rasa, and people signed in."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bot.database import Database, utc_now
from bot.knowledge import service as knowledge
from bot.paths import KNOWLEDGE
from bot.processes import Child, stop
from bot.replies import Reply, Say
from bot.settings import Settings
from bot.staff import service
from bot.staff.dependencies import SESSION_COOKIE
from bot.staff.models import StaffAccount
from bot.supervisor import application, local_url
from tests.support.listening import JsonHandler
from tests.support.ports import free_ports
from tests.support.service import LIMITS_OFF, wait_for

READY_SECONDS = 120
STOP_SECONDS = 8


class StandIn(JsonHandler):
    """What the application asks of Rasa: every word is its own lemma, every answer a greeting."""

    greeting = Reply(parts=[Say(key="say.greet")]).model_dump(mode="json")

    def post(self) -> None:
        """A question, or a parse."""
        body = json.loads(self.sent())
        if self.path.startswith("/model/parse"):
            lemmas = [f"{word}/NNG" for word in body["text"].split()]
            parse = {"intent": {"name": None, "confidence": 0.0}, "entities": [], "lemmas": lemmas}
            return self.answer(parse)
        return self.answer([{"recipient_id": body["sender"], "custom": self.greeting}])

    def get(self) -> None:
        """Whether it is there, and trackers."""
        self.answer({"events": []})

    def put(self) -> None:
        """A tracker to be emptied."""
        self.sent()
        self.answer({})


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in."""

    login: str
    cookies: dict[str, str]
    csrf: str


@contextmanager
def serving(folder: Path, urls: list[str], rasa_port: int) -> Iterator[list[str]]:
    """One application process for each database URL; yields their addresses."""
    ports = free_ports(2 * len(urls))
    children, addresses = [], []
    for number, url in enumerate(urls):
        chosen = Settings(
            _env_file=None,  # type: ignore[call-arg]
            host="127.0.0.1",
            port=ports[2 * number],
            action_port=ports[2 * number + 1],
            rasa_port=rasa_port,
            var_dir=folder / str(number),
            database_url=url,
            tracker_database_url="",
            public_url="",
            messages_per_minute=LIMITS_OFF,
            conversations_per_minute=LIMITS_OFF,
        )
        children.append(Child(application(chosen)))
        addresses.append(local_url(chosen))
    try:
        for child in children:
            child.start()
        for child in children:
            wait_for(child.is_ready, READY_SECONDS, "the application to be ready")
        yield addresses
    finally:
        stop(children, STOP_SECONDS)


def furnish(url: str, logins: list[str]) -> list[Person]:
    """Load the articles and sign people in, each a counsellor with a session."""
    database = Database(url)
    now = utc_now()
    people = []
    with database.writing() as session:
        knowledge.load(session, KNOWLEDGE, now)
        for login in logins:
            account = StaffAccount(
                login=login, name=login, role="supervisor", password_hash="x", must_change=False
            )
            session.add(account)
            session.flush()
            token, opened = service.open_session(session, account=account, now=now)
            people.append(Person(login, {SESSION_COOKIE: token}, opened.csrf_token))
    database.dispose()
    return people


def client(address: str, person: Person | None = None) -> httpx.Client:
    """A browser of theirs."""
    return httpx.Client(
        base_url=address, cookies=person.cookies if person else None, timeout=60, trust_env=False
    )
