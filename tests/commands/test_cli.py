"""`ilsa` in both languages, its failures as sentences, and what it does to a database."""

import re
import shutil
import socket
import string
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from bot import settings as settings_module
from bot.cli import make_app
from bot.database import Database, utc_now
from bot.knowledge import service as knowledge
from bot.paths import KNOWLEDGE, ROOT, WORDING
from bot.terminal import language, sentence
from tests.support.ports import free_ports

SENTENCES = yaml.safe_load((WORDING / "cli.yml").read_text(encoding="utf-8"))
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run `ilsa` with its data in a temporary folder, in English."""
    ports = free_ports(3)
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    for name, port in zip(("PORT", "ACTION_PORT", "RASA_PORT"), ports, strict=True):
        monkeypatch.setenv(name, str(port))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    settings_module.settings.cache_clear()
    yield lambda *arguments: CliRunner().invoke(make_app(), list(arguments))
    settings_module.settings.cache_clear()


def test_help_lists_every_command(run: Run) -> None:
    shown = run("--help").output
    for name in ("run", "train", "chat", "knowledge", "staff", "doctor", "migrate"):
        assert re.search(rf"^  {name}\b", shown, flags=re.MULTILINE), name


def test_help_speaks_korean_where_the_machine_does(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert SENTENCES["help_doctor"]["ko"] in run("doctor", "--help").output


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "C"}, "en"),
        ({}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "ko_KR.UTF-8"}, "ko"),
    ],
)
def test_the_language_follows_the_environment(
    variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert language() == expected


@pytest.mark.parametrize("key", SENTENCES)
def test_both_languages_of_a_sentence_have_the_same_values(key: str) -> None:
    named = [set(string.Template(text).get_identifiers()) for text in SENTENCES[key].values()]
    assert set(SENTENCES[key]) == {"ko", "en"}
    assert named[0] == named[1]


def test_every_sentence_is_used_and_every_used_sentence_exists() -> None:
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for path in [*ROOT.glob("bot/*.py"), *ROOT.glob("bot/commands/*.py")]
    )
    used = set(re.findall(r'(?:say|complain|fail|sentence|step)\(\s*"([a-z0-9_]+)"', code))
    assert used - set(SENTENCES) == set()
    quoted = set(re.findall(r'"([a-z0-9_]+)"', code))
    findings = {f"doctor_{name}" for name in quoted}
    findings |= {f"{name}_mend" for name in findings}
    prefixes = tuple(set(re.findall(r'f"([a-z0-9_]+_)\{', code)) - {"doctor_"})
    unused = set(SENTENCES) - quoted - findings
    assert {key for key in unused if not key.startswith(prefixes)} == set()


def test_starting_the_command_line_loads_nothing_heavy() -> None:
    code = "import sys; from bot.cli import make_app; make_app(); print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = set(result.stdout.split())
    assert loaded & {"sqlalchemy", "fastapi", "alembic", "httpx", "rasa_sdk", "pydantic"} == set()


def test_migrating_says_from_where_to_where(run: Run) -> None:
    first, second = run("migrate"), run("migrate")
    assert "from - to " in first.output
    assert "up to date" in second.output


def test_a_command_that_needs_the_database_says_when_it_cannot_be_used(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://ilsa@127.0.0.1:{free_ports(1)[0]}/ilsa")
    result = run("knowledge", "status")
    assert result.exit_code == 1
    assert "The database cannot be used" in result.output
    assert "Traceback" not in result.output


def test_knowledge_is_loaded_once(run: Run) -> None:
    run("migrate")
    assert re.search(r"imported: [1-9]", run("knowledge", "load").output)
    assert "imported: 0" in run("knowledge", "load").output
    assert "road_damage" in run("knowledge", "status").output


def test_a_conflict_between_staff_and_file_is_decided_on_the_command_line(
    run: Run, tmp_path: Path
) -> None:
    articles = tmp_path / "knowledge"
    shutil.copytree(KNOWLEDGE, articles)
    run("migrate")
    run("knowledge", "load", str(articles))
    topic, file = "passport_issue", articles / "certificates" / "passport_issue.md"
    with Database(settings_module.settings().database).writing() as session:
        current = knowledge.served(session, topic)
        assert current is not None
        title = current.body.title.model_copy(update={"ko": "여권(직원이 고침)"})
        body = current.body.model_copy(update={"title": title})
        knowledge.revise(session, topic=topic, body=body, author="desk", now=utc_now())
    file.write_text(file.read_text(encoding="utf-8").replace("신분증", "신분증명서"), "utf-8")
    assert run("knowledge", "load", str(articles)).exit_code == 1
    assert run("knowledge", "keep", topic, "file").exit_code == 0
    with Database(settings_module.settings().database).reading() as session:
        served = knowledge.served(session, topic)
        assert served is not None
        assert "신분증명서" in (served.body.text("summary", "ko") or "")
    assert run("knowledge", "keep", topic, "file").exit_code == 1


def test_knowledge_check_fails_on_a_broken_article(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "articles" / "animal"
    folder.mkdir(parents=True)
    (folder / "broken.md").write_text("no front matter", encoding="utf-8")
    result = run("knowledge", "check", str(folder.parent))
    assert result.exit_code == 1
    assert "broken.md:1" in result.output


def test_a_folder_that_is_not_there_is_named(run: Run, tmp_path: Path) -> None:
    result = run("knowledge", "check", str(tmp_path / "nowhere"))
    assert result.exit_code == 1
    assert "nowhere" in result.output


def test_an_account_is_made_once_and_can_be_reset(run: Run) -> None:
    run("migrate")
    first = run("staff", "add", "haenyeo", "--name", "Kim")
    again = run("staff", "add", "haenyeo")
    reset = run("staff", "reset", "haenyeo")
    assert first.exit_code == 0
    assert again.exit_code == 1
    assert "haenyeo" in again.output
    passwords = [re.search(r"Password +(\S+)", one.output) for one in (first, reset)]
    assert all(passwords)
    assert passwords[0] != passwords[1]


def test_chat_says_when_no_service_answers(run: Run) -> None:
    result = run("chat")
    assert result.exit_code == 1
    assert "No service answers" in result.output


def test_doctor_names_what_is_missing_and_how_to_mend_it(run: Run) -> None:
    result = run("doctor")
    assert result.exit_code == 1
    assert "Run ilsa migrate" in result.output


@pytest.mark.parametrize(("year", "known"), [(2026, True), (2031, False)])
def test_doctor_says_in_time_that_the_known_holidays_end(
    monkeypatch: pytest.MonkeyPatch, year: int, known: bool
) -> None:
    from bot.commands import doctor
    from bot.settings import settings

    monkeypatch.setattr("bot.database.utc_now", lambda: datetime(year, 11, 1, tzinfo=UTC))
    (finding,) = doctor.holidays_known(settings())
    assert (finding.is_ok, finding.values["needed"]) == (known, year + 1)


def test_run_names_a_port_that_is_taken_before_anything_starts(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("RASA_PORT", str(taken.getsockname()[1]))
        result = run("run")
    assert result.exit_code == 1
    assert "RASA_PORT" in result.output
    assert not (tmp_path / "var" / "ilsa.db").exists()


def test_a_sentence_lacks_no_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert sentence("run_stopped") == SENTENCES["run_stopped"]["ko"]
