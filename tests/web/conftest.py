"""The real application over a SQLite file, with a stand-in for Rasa behind it.

Reading the data takes seconds, so the tests share one application; each begins without photos and
with unused limits.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import delete

from bot.attachments.models import Attachment
from bot.settings import Settings
from bot.web.app import create_app
from bot.web.limits import PHOTOS_PER_MINUTE, STATUS_PER_MINUTE, ConversationLimit
from bot.web.parts import Parts
from tests.support.rasa import HeardRasa, listening_rasa


@pytest.fixture(scope="session")
def rasa_of_all() -> Iterator[HeardRasa]:
    with listening_rasa() as rasa:
        yield rasa


@pytest.fixture(scope="session")
def app(
    rasa_of_all: HeardRasa, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> FastAPI:
    folder = tmp_path_factory.mktemp("web")
    shutil.copy(sqlite_template, folder / "ilsa.db")
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        var_dir=folder,
        database_url="",
        tracker_database_url="",
        rasa_port=rasa_of_all.port,
        messages_per_minute=1000,
        conversations_per_minute=1000,
    )
    return create_app(Parts.make(settings))


@pytest.fixture(scope="session")
def running(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, follow_redirects=False) as client:
        yield client


@pytest.fixture
def parts(app: FastAPI) -> Parts:
    found: Parts = app.state.parts
    return found


@pytest.fixture
def rasa(rasa_of_all: HeardRasa) -> HeardRasa:
    rasa_of_all.heard.clear()
    return rasa_of_all


@pytest.fixture
def client(app: FastAPI, running: TestClient, parts: Parts) -> TestClient:
    """A client that has done nothing yet; its cookies are none."""
    app.state.photo_limit = ConversationLimit(PHOTOS_PER_MINUTE)
    app.state.status_limit = ConversationLimit(STATUS_PER_MINUTE)
    with parts.database.writing() as session:
        session.execute(delete(Attachment))
    shutil.rmtree(parts.settings.var_dir / "attachments", ignore_errors=True)
    return running
