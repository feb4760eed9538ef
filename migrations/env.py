"""How Alembic reaches the database: through the application's own engine and tables."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, text

from bot.database import UtcDateTime, make_engine
from bot.settings import settings
from bot.tables import metadata

LOCK = 120_064
"""An arbitrary number: two processes that start at once must not migrate at once."""


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our time type as plain SQLAlchemy, so that a revision never depends on our code."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def migrate(connection: Connection) -> None:
    """Run the revisions on a connection, inside one transaction."""
    is_sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=metadata(),
        render_as_batch=is_sqlite,
        render_item=render_item,
    )
    with context.begin_transaction():
        if not is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        context.run_migrations()


def main() -> None:
    """Migrate the database that `bot.migrating` names, or the installation's own."""
    url = context.config.attributes.get("url") or settings().database
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                # Batch mode drops and remakes tables; with foreign keys enforced that would
                # delete what points to them. The pragma only works outside a transaction.
                raw = connection.connection.driver_connection
                assert raw is not None
                raw.execute("PRAGMA foreign_keys=OFF")
                migrate(connection)
                raw.execute("PRAGMA foreign_keys=ON")
            else:
                migrate(connection)
    finally:
        engine.dispose()


main()
