"""`ilsa open311 key add|list|revoke`."""

from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from bot import settings as settings_module
from bot.cli import make_app
from bot.database import Database, utc_now
from bot.open311 import keys
from bot.open311.errors import NoKey
from bot.open311.models import Open311Key
from bot.tables import metadata


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The database of an installation in a temporary folder, in English."""
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    settings_module.settings.cache_clear()
    made = Database(settings_module.settings().database)
    metadata().create_all(made.engine)
    return made


def run(*arguments: str) -> Result:
    return CliRunner().invoke(make_app(), ["open311", "key", *arguments])


def test_a_key_is_shown_once_and_works_until_it_is_revoked(database: Database) -> None:
    assert "no keys" in run("list").output
    added = run("add", "citizens' app")
    key = added.output.strip().rsplit(" ", 1)[1]
    with database.reading() as session:
        assert keys.find(session, key).name == "citizens' app"
        assert key not in str(vars(session.scalars(select(Open311Key)).one()))
    assert "citizens' app: made" in run("list").output
    assert key not in run("list").output
    assert run("revoke", "citizens' app").exit_code == 0
    with database.reading() as session, pytest.raises(NoKey):
        keys.find(session, key)
    assert f"revoked {utc_now():%Y-%m-%d}" in run("list").output


@pytest.mark.parametrize("name", ["", " ", "x" * 65])
def test_a_name_that_is_none_is_refused(database: Database, name: str) -> None:
    del database
    assert run("add", name).exit_code == 1


def test_a_name_is_given_once_and_only_a_key_in_use_is_revoked(database: Database) -> None:
    del database
    assert run("add", "app").exit_code == 0
    assert run("add", "app").exit_code == 1
    assert run("revoke", "app").exit_code == 0
    assert run("revoke", "app").exit_code == 1
    assert run("revoke", "nobody").exit_code == 1
