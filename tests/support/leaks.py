"""Everything that an installation has written down, to look for what must not be there."""

import json
import zlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from sqlalchemy import MetaData, select

from bot.database import Database


def needles(value: str) -> list[bytes]:
    """How a value could lie in a file: as UTF-8, and as JSON with escaped characters."""
    escaped = json.dumps(value)[1:-1]
    bare = value.replace("-", "").replace(" ", "")
    return list({each.encode() for each in (value, escaped, bare)})


def stored_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below `folder`: where, and its bytes."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()


def stored_rows(*databases: Database) -> Iterator[tuple[str, bytes]]:
    """Every row of every table of the databases: where, and its bytes."""
    for database in databases:
        metadata = MetaData()
        metadata.reflect(database.engine)
        with database.reading() as session:
            for table in metadata.sorted_tables:
                for row in session.execute(select(table)):
                    shown = repr(tuple(map(inflated, row)))
                    yield f"table {table.name}", shown.encode("utf-8", "replace")


def inflated(value: object) -> object:
    """A value as it was before it was compressed, as Rasa's trackers are."""
    if not isinstance(value, bytes):
        return value
    try:
        return zlib.decompress(value).decode()
    except (zlib.error, UnicodeDecodeError):
        return value


def leaks(folder: Path, databases: list[Database], values: list[str]) -> list[str]:
    """Where any of the values lies, as `where: value`."""
    searched = [(value, needles(value)) for value in values]
    return [
        f"{where}: {value}"
        for where, content in chain(stored_files(folder), stored_rows(*databases))
        for value, shapes in searched
        if any(shape in content for shape in shapes)
    ]
