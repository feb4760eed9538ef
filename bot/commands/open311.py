"""`ilsa open311 key add|list|revoke`: who may post to the Open311 server."""

import typer

from bot.commands.failing import database_failures_told, fail
from bot.terminal import say, sentence


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(no_args_is_help=True)
    key = typer.Typer(no_args_is_help=True)
    key.command("add", help=sentence("help_open311_key_add"))(add)
    key.command("list", help=sentence("help_open311_key_list"))(list_keys)
    key.command("revoke", help=sentence("help_open311_key_revoke"))(revoke)
    group.add_typer(key, name="key", help=sentence("help_open311_key"))
    app.add_typer(group, name="open311", help=sentence("help_open311"))


def add(name: str = typer.Argument(help=sentence("help_open311_key_name"))) -> None:
    """Make a key and print it, this once."""
    from bot.database import Database, utc_now
    from bot.open311 import keys
    from bot.settings import settings

    with database_failures_told():
        try:
            with Database(settings().database).writing() as session:
                key = keys.add(session, name=name, now=utc_now())
        except keys.BadName:
            fail("open311_key_name", name=name)
    say("open311_key_added", name=name.strip(), value=key)


def list_keys() -> None:
    """Print every key's name, and when it was made, last used and revoked."""
    from bot.database import Database
    from bot.open311 import keys
    from bot.settings import settings

    with database_failures_told(), Database(settings().database).reading() as session:
        found = keys.listed(session)
    if not found:
        say("open311_keys_none")
    for key in found:
        times = {
            name: f"{moment:%Y-%m-%d}" if moment else "-"
            for name, moment in (
                ("made", key.created_at),
                ("used", key.used_at),
                ("revoked", key.revoked_at),
            )
        }
        say("open311_key_line", name=key.name, **times)


def revoke(name: str = typer.Argument(help=sentence("help_open311_key_name"))) -> None:
    """End a key for ever."""
    from bot.database import Database, utc_now
    from bot.open311 import keys
    from bot.settings import settings

    with database_failures_told():
        try:
            with Database(settings().database).writing() as session:
                keys.revoke(session, name=name, now=utc_now())
        except keys.BadName:
            fail("open311_key_unknown", name=name)
    say("open311_key_revoked", name=name.strip())
