"""`ilsa run` as a person uses it: it comes up, mends itself, and goes away at Ctrl-C."""

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot import model
from bot.cli import make_app
from bot.paths import ROOT
from bot.supervisor import answers
from tests.support.ports import free_ports
from tests.support.service import Service, wait_for

pytestmark = [pytest.mark.real, pytest.mark.slow]
READY_SECONDS = 240


@dataclass
class Running:
    """One `ilsa run` and where it writes."""

    process: subprocess.Popen[bytes]
    output: Path
    url: str

    def text(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def children(self) -> dict[str, int]:
        """Process ids of its children, by what they run."""
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                command = (entry / "cmdline").read_text()
            except (OSError, IndexError):
                continue
            if parent == self.process.pid:
                found["rasa" if "bot.rasa.launch" in command else "app"] = int(entry.name)
        return found


def start(folder: Path, ports: list[int]) -> Running:
    output = folder / "output.txt"
    environment = {
        **os.environ,
        "VAR_DIR": str(folder / "var"),
        "PORT": str(ports[0]),
        "ACTION_PORT": str(ports[1]),
        "RASA_PORT": str(ports[2]),
        "DATABASE_URL": "",
        "TRACKER_DATABASE_URL": "",
        "LC_ALL": "C.UTF-8",
    }
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "run"],
            cwd=ROOT,
            env=environment,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    running = Running(process, output, f"http://127.0.0.1:{ports[0]}")
    try:
        wait_for(
            lambda: "Ctrl-C stops" in running.text() or process.poll() is not None,
            READY_SECONDS,
            "the service to be ready",
        )
    except BaseException:
        process.terminate()
        process.wait()
        raise
    return running


@pytest.fixture
def ports() -> list[int]:
    return free_ports(3)


def test_it_starts_twice_mends_itself_and_stops_within_ten_seconds(
    tmp_path: Path, ports: list[int]
) -> None:
    if not model.PYTHON.exists():
        pytest.skip("the Rasa environment is missing: make setup")
    running = start(tmp_path, ports)
    assert answers(f"{running.url}/health/ready"), running.text()
    assert re.search(r"Login +admin\nPassword +\S+", running.text())

    before = running.children()
    os.kill(before["rasa"], signal.SIGKILL)
    wait_for(lambda: "starting it again" in running.text(), 10, "the restart to be told")
    wait_for(lambda: answers(f"{running.url}/health/ready"), READY_SECONDS, "Rasa to be back")
    assert running.children()["rasa"] != before["rasa"]
    assert running.children()["app"] == before["app"]

    began = time.monotonic()
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(15) == 0
    assert time.monotonic() - began < 10
    assert running.text().rstrip().endswith("Stopped.")

    again = start(tmp_path, ports)
    assert answers(f"{again.url}/health/ready"), again.text()
    assert "Password" not in again.text()
    again.process.terminate()
    assert again.process.wait(15) == 0


def test_the_process_list_shows_no_token(service: Service) -> None:
    token = service.settings.rasa_api_token()
    commands = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert not any(token.encode() in command for command in commands)


def test_rasa_answers_only_with_the_token(service: Service) -> None:
    with service.client() as client:
        assert client.get(f"{service.rasa_url}/status").status_code == 401
        token = service.settings.rasa_api_token()
        assert client.get(f"{service.rasa_url}/status?token={token}").status_code == 200


@pytest.mark.parametrize(
    ("speak", "first"), [("ko", "자동"), ("en", "automatic")], ids=["ko", "en"]
)
def test_chat_shows_the_greeting_and_an_answer_with_numbered_buttons(
    service: Service, speak: str, first: str
) -> None:
    typed = "여권 재발급은 어떻게 해요?\n1\n\n" if speak == "ko" else "my passport is lost\n1\n\n"
    arguments = ["chat", "--url", service.url, "--language", speak]
    result = CliRunner().invoke(make_app(), arguments, input=typed)
    assert result.exit_code == 0, result.output
    assert first in result.output
    assert result.output.count("[1]") >= 2


def test_the_service_lives_on_when_rasa_is_gone_and_is_ready_when_it_is_back(
    service: Service,
) -> None:
    service.stop_rasa()
    try:
        with service.client() as client:
            assert client.get("/health/live").status_code == 200
            assert client.get("/health/ready").status_code == 503
    finally:
        service.start_rasa()
    wait_for(lambda: answers(f"{service.url}/health/ready"), 30, "the service to be ready")
