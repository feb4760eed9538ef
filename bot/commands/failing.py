"""Ending a command with a sentence instead of a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from bot.terminal import complain


def fail(key: str, **values: object) -> NoReturn:
    """Print the sentence `cli.<key>` to standard error and end with status 1."""
    complain(key, **values)
    raise typer.Exit(1)


@contextmanager
def database_failures_told() -> Iterator[None]:
    """Turn a database that cannot be used into a sentence."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        fail("database_failed", reason=reason)
