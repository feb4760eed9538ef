"""Bringing a database to the newest schema, in this process (Alembic)."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.database import make_engine
from bot.paths import ROOT


def config(url: str) -> Config:
    """Alembic configuration for the database at `url`."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations").replace("%", "%%"))
    config.attributes["url"] = url
    return config


def upgrade(url: str) -> tuple[str | None, str | None]:
    """Migrate the database at `url` to the newest revision; return revisions before and after.

    Raises sqlalchemy.exc.SQLAlchemyError when the database cannot be reached or changed.
    """
    before = current(url)
    command.upgrade(config(url), "head")
    return before, current(url)


def current(url: str) -> str | None:
    """The revision of the database at `url`; None when it was never migrated.

    Raises sqlalchemy.exc.SQLAlchemyError when the database cannot be reached.
    """
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def newest() -> str | None:
    """The newest revision in migrations/."""
    return ScriptDirectory.from_config(config("")).get_current_head()
