from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

import bot.knowledge.models  # noqa: F401  its tables
from bot.database import Base, Database


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder of articles."""
    path = tmp_path / "knowledge"
    path.mkdir()
    return path


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite database in a file."""
    database = Database(f"sqlite:///{tmp_path / 'ilsa.db'}")
    Base.metadata.create_all(database.engine)
    yield database
    database.dispose()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A writing session, committed at the end of the test."""
    with database.writing() as session:
        yield session
