"""`ilsa staff add|reset`: accounts of the staff pages."""

from typing import TYPE_CHECKING, NoReturn

import typer

from bot.commands.failing import database_failures_told
from bot.terminal import language, say, sentence

if TYPE_CHECKING:
    from bot.staff.errors import StaffError


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(no_args_is_help=True)
    group.command("add", help=sentence("help_staff_add"))(add)
    group.command("reset", help=sentence("help_staff_reset"))(reset)
    app.add_typer(group, name="staff", help=sentence("help_staff"))


def add(
    login: str = typer.Argument(help=sentence("help_login")),
    name: str = typer.Option("", "--name", help=sentence("help_name")),
    role: str = typer.Option("counsellor", "--role", help=sentence("help_role")),
) -> None:
    """Make an account and print its one-time password."""
    from bot.database import Database, utc_now
    from bot.settings import settings
    from bot.staff import errors, service

    with database_failures_told():
        try:
            with Database(settings().database).writing() as session:
                password = service.add(
                    session, login=login, name=name or login, role=role, now=utc_now()
                )
        except errors.StaffError as error:
            _fail(error)
    say("staff_added", login=login, password=password)


def reset(login: str = typer.Argument(help=sentence("help_login"))) -> None:
    """Give an account a new one-time password and sign it out everywhere."""
    from bot.database import Database, utc_now
    from bot.settings import settings
    from bot.staff import errors, service

    with database_failures_told():
        try:
            with Database(settings().database).writing() as session:
                password = service.reset(session, login=login, now=utc_now())
        except errors.StaffError as error:
            _fail(error)
    say("staff_reset", login=login, password=password)


def _fail(error: "StaffError") -> NoReturn:
    """End with the sentence that the staff pages show for the same error."""
    from bot.wording import wording

    typer.echo(wording().text(error.wording, language(), error.values), err=True)
    raise typer.Exit(1) from error
