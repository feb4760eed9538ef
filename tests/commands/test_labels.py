"""`ilsa labels export`: confirmed labels as a file, and the training data left alone."""

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from bot import settings as settings_module
from bot.cli import make_app
from bot.conversations.models import Label
from bot.database import Database, utc_now
from bot.paths import NLU


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation with a migrated database in a temporary folder, in English."""
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    settings_module.settings.cache_clear()
    assert run("migrate").exit_code == 0
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(make_app(), list(arguments))


def store(*rows: tuple[str, str, str | None]) -> None:
    with Database(settings_module.settings().database).writing() as session:
        for text, status, topic in rows:
            session.add(
                Label(text=text, language="ko", status=status, topic=topic, decided_at=utc_now())
            )


def statuses() -> list[str]:
    with Database(settings_module.settings().database).reading() as session:
        return sorted(status for (status,) in session.query(Label.status))


def test_confirmed_labels_are_written_by_intent_and_nothing_is_marked(var: Path) -> None:
    store(
        ("소파 버려요", "confirmed", "bulky_waste"),
        ("길에 쓰레기", "confirmed", "illegal_dumping"),
        ("장롱 버려요", "confirmed", "bulky_waste"),
        ("모르는 말", "open", None),
        ("쓸 수 없는 말", "rejected", None),
    )
    before = statuses()
    for _ in range(2):
        result = run("labels", "export", str(var / "labels.yml"))
        assert result.exit_code == 0, result.output
        assert "labels.yml: 3" in result.output
    assert yaml.safe_load((var / "labels.yml").read_text(encoding="utf-8")) == {
        "version": "3.1",
        "nlu": [
            {"intent": "bulky_waste", "examples": "- 소파 버려요\n- 장롱 버려요\n"},
            {"intent": "illegal_dumping", "examples": "- 길에 쓰레기\n"},
        ],
    }
    assert statuses() == before


def test_nothing_is_ever_written_among_the_training_data(var: Path) -> None:
    file = NLU / "labels_of_a_test.yml"
    result = run("labels", "export", str(file))
    assert result.exit_code == 1
    assert "Nothing is written into" in result.output
    assert not file.exists()


def test_a_file_that_cannot_be_written_is_a_sentence(var: Path) -> None:
    result = run("labels", "export", str(var / "nowhere" / "labels.yml"))
    assert result.exit_code == 1
    assert "could not be written" in result.output
    assert "Traceback" not in result.output


def test_without_a_database_the_command_says_so(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAR_DIR", str(var / "empty"))
    settings_module.settings.cache_clear()
    result = run("labels", "export", str(var / "labels.yml"))
    assert result.exit_code == 1
    assert "The database cannot be used" in result.output
