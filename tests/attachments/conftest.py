"""A folder for photos."""

from pathlib import Path

import pytest

from bot.attachments.store import Store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "attachments"


@pytest.fixture
def store(folder: Path) -> Store:
    return Store(folder)
