"""The real application over a SQLite file, a stand-in for Rasa behind it, messengers before it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr

from bot.settings import Settings
from bot.web.app import create_app
from bot.web.parts import Parts
from tests.support import line as line_support
from tests.support import telegram as telegram_support
from tests.support.line import Line
from tests.support.rasa import HeardRasa, listening_rasa
from tests.support.telegram import Telegram


@pytest.fixture
def rasa() -> Iterator[HeardRasa]:
    with listening_rasa() as rasa:
        yield rasa


@pytest.fixture
def line() -> Iterator[Line]:
    with (made := Line()).running():
        yield made


@pytest.fixture
def telegram() -> Iterator[Telegram]:
    with (made := Telegram()).running():
        yield made


@pytest.fixture
def settings(
    rasa: HeardRasa, line: Line, telegram: Telegram, sqlite_template: Path, tmp_path: Path
) -> Settings:
    shutil.copy(sqlite_template, tmp_path / "ilsa.db")
    return Settings(
        _env_file=None,  # type: ignore[call-arg]
        var_dir=tmp_path,
        database_url="",
        tracker_database_url="",
        rasa_port=rasa.port,
        messages_per_minute=1000,
        line_channel_secret=SecretStr(line_support.SECRET),
        line_access_token=SecretStr(line_support.TOKEN),
        line_api_url=line.url,
        line_data_url=line.url,
        telegram_token=SecretStr(telegram_support.TOKEN),
        telegram_webhook_secret=SecretStr(telegram_support.SECRET),
        telegram_api_url=telegram.url,
    )


@pytest.fixture
def parts(settings: Settings) -> Parts:
    return Parts.make(settings)


@pytest.fixture
def app(parts: Parts) -> FastAPI:
    return create_app(parts)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, follow_redirects=False) as client:
        yield client
