"""`ilsa notice list|on|off|auto`."""

from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot import settings as settings_module
from bot.cli import make_app
from bot.database import Database, utc_now
from bot.hours import SEOUL
from bot.knowledge import notices
from bot.knowledge.notices_file import notices as of_file
from bot.staff.models import AuditEvent
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
    return CliRunner().invoke(make_app(), ["notice", *arguments])


def speaks(database: Database) -> bool:
    """Whether the typhoon's notice speaks; no holiday's notice stands before a fee."""
    with database.reading() as session:
        topic = "disaster_typhoon"
        return bool(notices.due(session, topic=topic, facet="fee", now=utc_now()))


def test_every_notice_that_can_speak_is_listed(database: Database) -> None:
    result = run("list")
    assert result.exit_code == 0, result.output
    ids = [line.split()[0] for line in result.output.splitlines()[:-1]]
    assert sorted(ids) == sorted(notice.id for notice in of_file() if not notice.draft)
    assert f"notices: {len(ids)}, speaking now: " in result.output


def test_a_notice_is_switched_on_and_off_and_the_log_names_the_command_line(
    database: Database,
) -> None:
    assert run("on", "typhoon").output == "typhoon: switched on.\n"
    assert speaks(database)
    [line] = [one for one in run("list").output.splitlines() if one.startswith("typhoon ")]
    assert line.split()[1:3] == ["speaks", "on"]
    assert run("off", "typhoon").output == "typhoon: switched off.\n"
    assert not speaks(database)
    with database.reading() as session:
        log = [(event.login, event.what, event.subject) for event in session.query(AuditEvent)]
    assert log == [
        ("command line", "notice_on", "typhoon"),
        ("command line", "notice_off", "typhoon"),
    ]


def test_a_notice_is_switched_on_until_a_time_by_the_clock_in_jeju(database: Database) -> None:
    until = f"{(utc_now() + timedelta(hours=1)).astimezone(SEOUL):%Y-%m-%d %H:%M}"
    assert run("on", "typhoon", "--until", until).exit_code == 0
    assert speaks(database)
    assert until in run("list").output


def test_a_notice_follows_its_dates_again(database: Database) -> None:
    run("on", "seollal")
    assert run("auto", "seollal").output == "seollal: follows its dates again.\n"
    [line] = [one for one in run("list").output.splitlines() if one.startswith("seollal ")]
    assert line.split()[2] == "auto"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("on", "no_such"), "There is no such notice: no_such"),
        (("off", "no_such"), "There is no such notice: no_such"),
        (("auto", "typhoon"), "typhoon has no days of its own."),
        (("on", "water_off"), "water_off has blanks."),
        (("on", "typhoon", "--until", "tomorrow"), "The end cannot be read: tomorrow."),
        (("on", "typhoon", "--until", "2020-01-01"), "The end has passed already."),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    database: Database, arguments: tuple[str, ...], sentence: str
) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert sentence in result.output
    assert "Traceback" not in result.output


def test_without_a_database_the_command_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "empty"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    settings_module.settings.cache_clear()
    result = run("list")
    assert result.exit_code == 1
    assert "The database cannot be used" in result.output
