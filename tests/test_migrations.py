"""`alembic upgrade head` and the models must describe the same database."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from bot.database import Database
from bot.migrating import current, newest, upgrade
from bot.tables import metadata


def test_migrating_an_empty_database_makes_exactly_the_tables_of_the_models(empty_url: str) -> None:
    upgrade(empty_url)
    database = Database(empty_url)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, metadata())
    database.dispose()
    assert differences == []


def test_migrating_twice_changes_nothing(empty_url: str) -> None:
    assert upgrade(empty_url) == (None, newest())
    assert upgrade(empty_url) == (newest(), newest())


def test_a_database_that_was_never_migrated_has_no_revision(empty_url: str) -> None:
    assert current(empty_url) is None


def test_every_table_can_be_taken_back(empty_url: str) -> None:
    from alembic import command

    from bot.migrating import config

    upgrade(empty_url)
    command.downgrade(config(empty_url), "base")
    database = Database(empty_url)
    assert inspect(database.engine).get_table_names() == ["alembic_version"]
    database.dispose()
