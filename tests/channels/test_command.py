"""`ilsa channels`: what is on, what is missing, what was set aside."""

import pytest
from typer.testing import CliRunner

from bot import settings as settings_module
from bot.cli import make_app
from bot.conversations import service
from bot.conversations.models import OutboxUnit
from bot.database import Database, utc_now
from bot.settings import Settings
from tests.support import telegram as sample
from tests.support.telegram import Telegram


@pytest.fixture
def chosen(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings that commands read, and English sentences."""
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    monkeypatch.setattr(settings_module, "settings", lambda: settings)
    return settings


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(make_app(), ["channels", *arguments])
    return result.exit_code, result.output


def test_it_names_addresses_and_what_is_missing(chosen: Settings) -> None:
    code, output = run()
    lines = {line.split()[0]: line for line in output.splitlines()}
    assert code == 0
    assert f"{chosen.base_url}/channels/line/webhook" in lines["line"]
    assert "NAVER_PATH_SECRET" in lines["naver"]
    assert "PUBLIC_URL" in output
    assert sample.SECRET not in output and sample.TOKEN not in output


def test_it_tells_telegram_where_updates_go(chosen: Settings, telegram: Telegram) -> None:
    code, output = run("telegram-webhook")
    assert code == 0, output
    assert telegram.webhook["url"] == f"{chosen.base_url}/channels/telegram/webhook"
    assert telegram.webhook["secret_token"] == sample.SECRET


def test_it_says_when_telegram_refuses(chosen: Settings, telegram: Telegram) -> None:
    telegram.sends, telegram.trouble = (), lambda path: "refuse"
    code, output = run("telegram-webhook")
    assert code == 1
    assert sample.TOKEN not in output


def test_it_lists_what_was_set_aside_and_lets_it_go_again(chosen: Settings) -> None:
    database = Database(chosen.database)
    with database.writing() as session:
        talk, _ = service.open_conversation(session, channel="line", language="ko", now=utc_now())
        unit = OutboxUnit(
            conversation_id=talk.id, parked_at=utc_now(), parked="LINE answered 400", attempts=3
        )
        session.add(unit)
    assert "LINE answered 400" in run("parked")[1]
    assert run("try-again", unit.id)[0] == 0
    assert unit.id not in run("parked")[1]
    code, output = run("try-again", unit.id)
    assert code == 1
    database.dispose()
