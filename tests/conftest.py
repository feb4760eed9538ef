"""Fixtures of every test. Imports stay inside them: tests/rasa runs where the application's
packages are not installed.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from bot.database import Database
    from tests.support.postgres import Cluster
    from tests.support.service import Service

RASA_FOLDERS = ("rasa",)
ENGINES = ("sqlite", "postgresql")
REAL_FOLDERS = ("browser", "conversations", "faults")
collect_ignore = list(RASA_FOLDERS) if find_spec("rasa") is None else []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the running service and let it run last, the browser's at the very end:
    Playwright leaves its event loop running, in which no asynchronous test can start.
    """

    def folder(item: pytest.Item) -> str:
        return item.path.relative_to(Path(__file__).parent).parts[0]

    for item in items:
        if folder(item) in REAL_FOLDERS or "service" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.real)
    items.sort(
        key=lambda item: (item.get_closest_marker("real") is not None, folder(item) == "browser")
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show how the checks before pytest went (scripts/check.py), so that the end tells all."""
    stages = os.environ.get("ILSA_STAGES", "")
    if stages:
        terminalreporter.section("checks before these tests")
        for line in stages.split("\n"):
            terminalreporter.line(line)


def _give_up(reason: str) -> None:
    """Skip on a developer's machine, fail where everything must be tested."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def postgres() -> "Iterator[Cluster]":
    """A throwaway PostgreSQL server whose template database has every table."""
    from bot.database import make_engine
    from bot.tables import metadata
    from tests.support.postgres import NoPostgres, cluster

    try:
        with cluster() as running:
            running.make_template(metadata().create_all, make_engine)
            yield running
    except NoPostgres as error:
        _give_up(str(error))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that has every table."""
    from bot.database import make_engine
    from bot.tables import metadata

    path = tmp_path_factory.mktemp("template") / "ilsa.db"
    engine = make_engine(f"sqlite:///{path}")
    metadata().create_all(engine)
    engine.dispose()
    return path


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> "Iterator[Database]":
    """An empty database with every table, once on SQLite and once on PostgreSQL."""
    from bot.database import Database

    if request.param == "sqlite":
        copy = shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "ilsa.db")
        made = Database(f"sqlite:///{copy}")
        yield made
        made.dispose()
        return
    running: Cluster = request.getfixturevalue("postgres")
    with running.fresh() as url:
        made = Database(url)
        yield made
        made.dispose()


@pytest.fixture(params=ENGINES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table, once SQLite and once PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    running: Cluster = request.getfixturevalue("postgres")
    with running.fresh("template0") as url:
        yield url


@pytest.fixture(scope="session")
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> "Iterator[Service]":
    """The whole service, running; the model is trained first when it is not fresh.

    On SQLite; with ILSA_TEST_ENGINE=postgresql on the throwaway PostgreSQL.
    """
    from bot import model
    from tests.support.service import start_service

    if not model.PYTHON.exists():
        _give_up("the Rasa environment is missing: make setup")
    folder = tmp_path_factory.mktemp("service")
    with contextlib.ExitStack() as stack:
        chosen = {}
        if os.environ.get("ILSA_TEST_ENGINE") == "postgresql":
            running: Cluster = request.getfixturevalue("postgres")
            chosen["database_url"] = stack.enter_context(running.fresh("template0"))
        started = start_service(folder, **chosen)
        stack.callback(started.close)
        yield started
