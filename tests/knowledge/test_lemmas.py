"""Lemmas of articles, and the task that has them read by Rasa: here a server that stands for it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from bot.conversations import lemmatiser
from bot.conversations.lemmatiser import Lemmatiser
from bot.conversations.rasa_client import RasaClient
from bot.database import Database, utc_now
from bot.knowledge import lemmas, service, state
from bot.knowledge.lemmas import Lemmas
from bot.knowledge.search import search
from tests.knowledge.articles import ARTICLE, put, put_topic

QUESTIONS = """questions:
  ko: [집 앞이 어두워요, 등이 깜빡여요]
  en: [The lane is dark]
checked_on:"""


class Rasa(ThreadingHTTPServer):
    """Answers as Rasa's HTTP API does; the lemmas of a text are its words."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.parsed: list[str] = []
        self.broken: set[str] = set()
        """Words; a text with one of them cannot be parsed."""

    @property
    def client(self) -> RasaClient:
        return RasaClient(f"http://127.0.0.1:{self.server_port}", "token", 5.0)


class _Handler(BaseHTTPRequestHandler):
    server: Rasa

    def do_GET(self) -> None:
        self._answer(200, {"model_id": "a model"})

    def do_POST(self) -> None:
        text = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"]
        self.server.parsed.append(text)
        failing = any(word in text for word in self.server.broken)
        self._answer(500 if failing else 200, {"lemmas": [f"{word}/NN" for word in text.split()]})

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing to standard error."""

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def rasa() -> Iterator[Rasa]:
    """A server that parses texts."""
    with Rasa() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()


@pytest.fixture
def task(database: Database, rasa: Rasa) -> Lemmatiser:
    """The task over the database and that server."""
    return Lemmatiser(database=database, rasa=rasa.client)


def load(database: Database, folder: Path) -> None:
    with database.writing() as session:
        service.load(session, folder, utc_now())


def put_lamp(folder: Path, topic: str, title: str = "보안등") -> None:
    put_topic(folder, topic, title=(title, topic), summary=("골목에 있어요.", "In lanes."))


def lacking(database: Database) -> list[str]:
    with database.reading() as session:
        return [one.topic for one in lemmas.missing(session)]


def test_an_article_is_asked_by_its_titles_and_questions_and_tells_its_korean(
    session: Session, folder: Path
) -> None:
    put(
        folder,
        ARTICLE.replace("checked_on:", QUESTIONS).replace("3일 안에 고쳐요", "{jeju120}에 알려요"),
    )
    service.load(session, folder, utc_now())
    served = service.served(session, "street_light")
    assert served is not None
    assert lemmas.asked(served.body) == [
        *("가로등 고장", "Broken street light"),
        *("집 앞이 어두워요", "등이 깜빡여요", "The lane is dark"),
    ]
    told = lemmas.told(served.body)
    assert told.startswith("가로등이 꺼졌으면 알려 주세요. 번호가 있으면")
    assert "벌금이 나와요." in told
    assert "jeju120" not in told and "\n" not in told and "mended" not in told


def test_new_topics_are_missing_first_and_then_the_latest(session: Session, folder: Path) -> None:
    put_lamp(folder, "not_trained_a")
    service.load(session, folder, utc_now())
    put(folder)
    put_lamp(folder, "bulky_waste")
    service.load(session, folder, utc_now())
    found = [one.topic for one in lemmas.missing(session)]
    assert found[0] == "not_trained_a"
    assert set(found[1:]) == {"street_light", "bulky_waste"}
    skip = {one.digest for one in lemmas.missing(session, limit=1)}
    assert "not_trained_a" not in [one.topic for one in lemmas.missing(session, skip=skip)]


def test_lemmas_are_kept_by_content_and_change_the_state(session: Session, folder: Path) -> None:
    put(folder)
    service.load(session, folder, utc_now())
    [found] = lemmas.missing(session)
    before = state.stamp(session)
    words = Lemmas(asked=[["가로등/NN"], []], told=["알리/VV"])
    lemmas.keep(session, found.digest, words)
    assert lemmas.missing(session) == []
    assert lemmas.of(session, [found.digest, "another"]) == {found.digest: words}
    kept = state.stamp(session)
    assert kept != before
    lemmas.keep(session, found.digest, Lemmas(asked=[], told=[]))
    assert lemmas.of(session, [found.digest]) == {found.digest: words}
    assert state.stamp(session) == kept


async def test_a_new_article_is_read_line_by_line_and_found_in_other_words(
    database: Database, folder: Path, rasa: Rasa, task: Lemmatiser
) -> None:
    put(folder, ARTICLE.replace("checked_on:", QUESTIONS))
    load(database, folder)
    await task.round()
    assert lacking(database) == []
    assert {"가로등 고장", "집 앞이 어두워요", "The lane is dark"} < set(rasa.parsed)
    with database.reading() as session:
        [hit] = search(session, "?", lemmas=["어두워요/NN"])
        assert hit.topic == "street_light"


async def test_what_is_read_is_not_read_again(
    database: Database, folder: Path, rasa: Rasa, task: Lemmatiser
) -> None:
    put(folder)
    load(database, folder)
    for _ in range(3):
        await task.round()
    once = len(rasa.parsed)
    assert once == 3
    put_lamp(folder, "not_trained_a")
    load(database, folder)
    await task.round()
    assert len(rasa.parsed) == 2 * once


async def test_a_new_topic_is_read_before_many_trained_ones(
    database: Database, folder: Path, task: Lemmatiser
) -> None:
    for topic in ("bulky_waste", "pet_export", "noise", "emergency", "bus_info"):
        put_lamp(folder, topic)
    put_lamp(folder, "not_trained_a")
    load(database, folder)
    await task.round()
    assert len(lacking(database)) == 5
    assert "not_trained_a" not in lacking(database)
    for left in (3, 1, 0):
        await task.round()
        assert len(lacking(database)) == left


async def test_an_article_that_rasa_cannot_read_is_tried_later_and_told_once(
    database: Database,
    folder: Path,
    rasa: Rasa,
    task: Lemmatiser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put(folder)
    put_lamp(folder, "not_trained_a", title="고장난 글")
    load(database, folder)
    rasa.broken = {"고장난"}
    with capture_logs() as logs:
        for _ in range(4):
            await task.round()
        assert lacking(database) == ["not_trained_a"]
        monkeypatch.setattr(lemmatiser, "LATER_SECONDS", 0.0)
        task._later.clear()
        await task.round()
        assert rasa.parsed.count("고장난 글") == 2
        rasa.broken = set()
        await task.round()
    assert lacking(database) == []
    assert [log["event"] for log in logs] == ["article_not_read"]


async def test_while_rasa_is_away_nothing_is_read_and_nothing_fails(
    database: Database, folder: Path, rasa: Rasa
) -> None:
    put(folder)
    load(database, folder)
    client = rasa.client
    rasa.server_close()
    with capture_logs() as logs:
        await Lemmatiser(database=database, rasa=client).round()
    assert lacking(database) == ["street_light"]
    assert logs == []
    with database.reading() as session:
        assert search(session, "가로등")


async def test_a_parse_without_lemmas_is_a_failure(
    database: Database, folder: Path, rasa: Rasa, task: Lemmatiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Handler, "do_POST", lambda self: self._answer(200, {"intent": {}}))
    put(folder)
    load(database, folder)
    await task.round()
    assert lacking(database) == ["street_light"]
