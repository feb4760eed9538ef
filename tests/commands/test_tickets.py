"""`ilsa ticket export|statistics`: files for staff, and mistakes told in sentences."""

import csv
import json
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot import settings as settings_module
from bot.cli import make_app
from bot.database import Database
from bot.hours import SEOUL
from bot.tables import metadata
from tests.tickets.stored import stored


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation with six tickets of October in a temporary folder, in English."""
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    settings_module.settings.cache_clear()
    database = Database(settings_module.settings().database)
    metadata().create_all(database.engine)
    with database.writing() as session:
        for day in range(12, 18):
            stored(
                session,
                receipt_number=f"120-2026-0000{day}",
                created_at=datetime(2026, 10, day, 10, 0, tzinfo=SEOUL),
                city="제주시",
                district="노형동",
            )
    database.dispose()
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(make_app(), ["ticket", *arguments])


def test_chosen_tickets_are_written_to_a_file_for_a_spreadsheet(var: Path) -> None:
    file = var / "tickets.csv"
    result = run("export", str(file), "--bom", "--from", "2026-10-13", "--to", "2026-10-15")
    assert result.exit_code == 0, result.output
    assert "Tickets exported: 3." in result.stderr
    assert file.read_bytes().startswith(b"\xef\xbb\xbfreceipt_number,")
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert [row["receipt_number"][-2:] for row in rows] == ["13", "14", "15"]
    assert {row["district"] for row in rows} == {"노형동"}
    assert [path.name for path in var.iterdir() if path.is_file()] == ["tickets.csv"]


def test_tickets_go_to_the_screen_as_json_lines_and_nothing_else_does(var: Path) -> None:
    result = run("export", "--format", "jsonl", "--kind", "report")
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(rows) == 6
    assert rows[0]["created_at"] == "2026-10-12T10:00:00+09:00"


def test_a_months_statistics_are_written(var: Path) -> None:
    file = var / "october.csv"
    assert run("statistics", str(file), "--month", "2026-10").exit_code == 0
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert [(row["table"], row["name"], row["opened"]) for row in rows] == [
        ("total", "", "6"),
        ("topic", "street_light", "6"),
        ("office", "jeju120", "6"),
        ("district", "제주시 노형동", "6"),
        ("state", "received", "6"),
    ]
    shown = run("statistics", "--month", "2026-10", "--format", "json")
    assert json.loads(shown.stdout)["total"]["opened"] == 6


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("export", "--state", "lost"), "There is no state lost."),
        (("export", "--office", "lost"), "There is no office lost."),
        (("export", "--topic", "lost"), "There is no topic lost."),
        (("export", "--kind", "lost"), "There is no kind lost."),
        (("export", "--from", "2026-10-02", "--to", "2026-10-01"), "is before the day after"),
        (("statistics", "--month", "2026-13"), "2026-13 is no month."),
        (("statistics", "--month", "october"), "october is no month."),
    ],
)
def test_what_cannot_be_meant_is_told_in_a_sentence(
    var: Path, arguments: tuple[str, ...], told: str
) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert told in result.stderr
    assert result.stdout == ""


def test_a_file_that_cannot_be_written_is_a_sentence(var: Path) -> None:
    result = run("export", str(var / "nowhere" / "tickets.csv"))
    assert result.exit_code == 1
    assert "could not be written" in result.stderr


def test_a_file_is_left_as_it_was_when_the_tickets_cannot_be_read(var: Path) -> None:
    file = var / "tickets.csv"
    file.write_text("of yesterday", encoding="utf-8")
    database = Database(settings_module.settings().database)
    metadata().tables["tickets"].drop(database.engine)
    database.dispose()
    result = run("export", str(file))
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert file.read_text(encoding="utf-8") == "of yesterday"
    assert [path.name for path in var.iterdir() if path.is_file()] == ["tickets.csv"]
