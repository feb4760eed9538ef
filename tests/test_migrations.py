"""`alembic upgrade head` and the models must describe the same database."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

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


def test_a_conversation_from_before_is_about_the_last_topic_of_its_citizen(empty_url: str) -> None:
    from alembic import command

    from bot.migrating import config

    command.upgrade(config(empty_url), "0019")
    database = Database(empty_url)
    said = [("citizen", "passport_issue"), ("bot", "road_damage"), ("citizen", "thanks")]
    with database.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO conversations (id, token_hash, channel, language, state, last_seq,"
                " placeholders, created_at, updated_at) VALUES ('a', 'x', 'widget', 'ko', 'bot', 3,"
                " '{}', :now, :now)"
            ),
            {"now": "2026-11-01 00:00:00+00:00"},
        )
        for seq, (sender, topic) in enumerate(said, 1):
            connection.execute(
                text(
                    "INSERT INTO messages (id, conversation_id, seq, sender, text, language, topic,"
                    " attempts, created_at) VALUES (:id, 'a', :seq, :sender, '', 'ko', :topic, 0,"
                    " :now)"
                ),
                {
                    "id": f"m{seq}",
                    "seq": seq,
                    "sender": sender,
                    "topic": topic,
                    "now": "2026-11-01 00:00:00+00:00",
                },
            )
    upgrade(empty_url)
    with database.engine.connect() as connection:
        assert connection.scalar(text("SELECT topic FROM conversations")) == "passport_issue"
    database.dispose()


def test_every_table_can_be_taken_back(empty_url: str) -> None:
    from alembic import command

    from bot.migrating import config

    upgrade(empty_url)
    command.downgrade(config(empty_url), "base")
    database = Database(empty_url)
    assert inspect(database.engine).get_table_names() == ["alembic_version"]
    database.dispose()
