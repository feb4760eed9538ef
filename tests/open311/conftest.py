"""The real application on a real port, over a SQLite file."""

import asyncio
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import httpx
import pytest
import uvicorn

from bot.database import utc_now
from bot.open311 import keys
from bot.settings import Settings
from bot.web.app import create_app
from bot.web.parts import Parts
from tests.open311.caller import Caller
from tests.support.ports import free_ports


@pytest.fixture(scope="module")
def parts(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Parts:
    folder = tmp_path_factory.mktemp("open311")
    shutil.copy(sqlite_template, folder / "ilsa.db")
    [port] = free_ports(1)
    return Parts.make(
        Settings(
            _env_file=None,
            var_dir=folder,
            database_url="",
            port=port,
            open311_jurisdiction="jeju.go.kr",
            open311_posts_per_minute=1000,
        )
    )


@pytest.fixture(scope="module")
def base(parts: Parts) -> Iterator[str]:
    """The address of the server, up to the version."""
    port = parts.settings.port
    server = uvicorn.Server(
        uvicorn.Config(create_app(parts), host="127.0.0.1", port=port, log_config=None, ws="none")
    )
    thread = Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}/open311/v2"
    server.should_exit = True
    thread.join(timeout=20)


@pytest.fixture(scope="module")
def key(parts: Parts) -> str:
    with parts.database.writing() as session:
        return keys.add(session, name="시민 앱", now=utc_now())


@pytest.fixture
def caller(base: str, key: str) -> Iterator[Caller]:
    with httpx.Client(base_url=base, timeout=20) as http:
        yield Caller(http, key)
