"""Children are restarted with growing pauses, given up in the end, and stopped with their own."""

import os
import sys
import time
from pathlib import Path

import pytest

from bot import processes
from bot.processes import Child, KeepsDying, Program, stop
from tests.support.service import wait_for


def child(folder: Path, code: str) -> Child:
    return Child(
        Program(
            name="child",
            command=[sys.executable, "-c", code],
            environment=dict(os.environ),
            log=folder / "log" / "child.log",
            is_ready=lambda: True,
        )
    )


def exists(pid: int) -> bool:
    """Whether the process lives; one that ended and was not collected does not."""
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def test_a_program_that_died_is_started_again_after_a_pause(tmp_path: Path) -> None:
    one = child(tmp_path, "import time; time.sleep(60)")
    one.start()
    first = one.pid
    one.kill()
    assert one.watch() == -9
    assert one.pid is None
    wait_for(lambda: one.watch() is None and one.pid, 10, "the restart")
    assert one.pid != first
    stop([one], 2)


def test_a_program_that_keeps_dying_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "BACK_OFF_SECONDS", (0.0,) * 5)
    one = child(tmp_path, "print('no luck', flush=True); raise SystemExit(3)")
    one.start()

    def watch_until_given_up() -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            one.watch()
            time.sleep(0.01)

    with pytest.raises(KeepsDying) as given_up:
        watch_until_given_up()
    assert given_up.value.log.read_text().count("no luck") == 6


def test_a_program_that_was_asked_to_stop_is_not_started_again(tmp_path: Path) -> None:
    one = child(tmp_path, "import time; time.sleep(60)")
    one.start()
    stop([one], 5)
    assert one.watch() is None
    assert one.pid is None


def test_a_program_that_ignores_the_request_is_killed_in_time(tmp_path: Path) -> None:
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True)"
    one = child(tmp_path, code + "; time.sleep(60)")
    one.start()
    wait_for(lambda: one.program.log.read_text(), 10, "the signal to be ignored")
    began = time.monotonic()
    stop([one], 0.5)
    assert time.monotonic() - began < 3
    assert one.pid is None


def test_the_processes_that_a_program_started_end_with_it(tmp_path: Path) -> None:
    code = (
        "import subprocess, time; p = subprocess.Popen(['sleep', '60']); print(p.pid, flush=True)"
    )
    one = child(tmp_path, code + "; time.sleep(60)")
    one.start()
    wait_for(lambda: one.program.log.read_text().strip(), 10, "the grandchild")
    grandchild = int(one.program.log.read_text())
    stop([one], 5)
    wait_for(lambda: not exists(grandchild), 5, "the grandchild to end")


def test_a_long_log_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LOG_BYTES", 10)
    one = child(tmp_path, "pass")
    one.program.log.parent.mkdir()
    one.program.log.write_text("a line of yesterday\n")
    one.start()
    stop([one], 5)
    assert one.program.log.with_name("child.log.1").read_text() == "a line of yesterday\n"
