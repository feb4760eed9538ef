"""`ilsa notice list|on|off|auto`: what is said first, before an answer."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from bot.commands.failing import database_failures_told, fail
from bot.terminal import language, say, sentence, write

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from bot.knowledge.notices import Standing

BY = "command line"
"""Who the audit log names."""

NOTICE = typer.Argument(metavar="ID", help=sentence("help_notice_id"))


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(no_args_is_help=True)
    group.command("list", help=sentence("help_notice_list"))(list_all)
    group.command("on", help=sentence("help_notice_on"))(on)
    group.command("off", help=sentence("help_notice_off"))(off)
    group.command("auto", help=sentence("help_notice_auto"))(auto)
    app.add_typer(group, name="notice", help=sentence("help_notice"))


def list_all() -> None:
    """List every notice: whether it speaks, how it is switched, until when, its days, its title."""
    from bot.database import Database, utc_now
    from bot.knowledge.notices_file import NoticesUnusable
    from bot.settings import settings
    from bot.staff import notices

    with database_failures_told(), Database(settings().database).reading() as session:
        try:
            rows = notices.listed(session, utc_now())
        except NoticesUnusable as error:
            fail("notice_file_unusable", reason=error)
    for one in rows:
        write(_line(one))
    say("notice_listed", count=len(rows), speaking=sum(one.speaks for one in rows))


def on(
    notice: str = NOTICE,
    until: str = typer.Option("", "--until", help=sentence("help_notice_until")),
) -> None:
    """Let a notice speak at once."""
    from bot.database import utc_now
    from bot.staff import notices

    _change(
        lambda session: notices.switch_on(
            session, notice_id=notice, until=notices.end(until), by=BY, now=utc_now()
        )
    )
    say("notice_on", id=notice)


def off(notice: str = NOTICE) -> None:
    """Silence a notice."""
    from bot.database import utc_now
    from bot.staff import notices

    _change(lambda session: notices.switch_off(session, notice_id=notice, by=BY, now=utc_now()))
    say("notice_off", id=notice)


def auto(notice: str = NOTICE) -> None:
    """Let a notice's dates decide again."""
    from bot.database import utc_now
    from bot.staff import notices

    _change(lambda session: notices.follow_dates(session, notice_id=notice, by=BY, now=utc_now()))
    say("notice_auto", id=notice)


def _change(work: Callable[["Session"], None]) -> None:
    """Do the work in a transaction, or end with the sentence that the staff page would show."""
    from bot.database import Database
    from bot.knowledge.notices_file import NoticesUnusable
    from bot.settings import settings
    from bot.staff.errors import StaffError
    from bot.wording import wording

    with database_failures_told():
        try:
            with Database(settings().database).writing() as session:
                work(session)
        except StaffError as error:
            typer.echo(wording().text(error.wording, language(), error.values), err=True)
            raise typer.Exit(1) from error
        except NoticesUnusable as error:
            fail("notice_file_unusable", reason=error)


def _line(one: "Standing") -> str:
    from bot.hours import SEOUL

    speaks = sentence("notice_speaks" if one.speaks else "notice_silent")
    until = f"{one.until.astimezone(SEOUL):%Y-%m-%d %H:%M}" if one.until else ""
    days = f"{one.span.first}~{one.span.last}" if one.span else ""
    title = one.notice.title.in_language(language())
    return f"{one.notice.id:22} {speaks:8} {one.switch:4} {until:16}  {days:21}  {title}"
