"""`ilsa knowledge check|load|status|export|keep`: the articles, as files and in the database."""

from pathlib import Path
from typing import Literal

import typer

from bot.commands.failing import database_failures_told, fail
from bot.paths import KNOWLEDGE
from bot.terminal import say, sentence, write

FOLDER = typer.Argument(KNOWLEDGE, help=sentence("help_folder"))


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(no_args_is_help=True)
    group.command("check", help=sentence("help_knowledge_check"))(check)
    group.command("load", help=sentence("help_knowledge_load"))(load)
    group.command("status", help=sentence("help_knowledge_status"))(status)
    group.command("export", help=sentence("help_knowledge_export"))(export)
    group.command("keep", help=sentence("help_knowledge_keep"))(keep)
    app.add_typer(group, name="knowledge", help=sentence("help_knowledge"))


def check(folder: Path = FOLDER) -> None:
    """Say what is wrong with the articles of a folder; status 1 when there is an error."""
    from bot.knowledge.check import check as find_problems

    if not folder.is_dir():
        fail("no_folder", folder=folder)
    problems = find_problems(folder)
    for problem in problems:
        write(str(problem))
    errors = sum(1 for problem in problems if problem.level == "error")
    say("knowledge_checked", errors=errors, warnings=len(problems) - errors)
    if errors:
        raise typer.Exit(1)


def load(folder: Path = FOLDER) -> None:
    """Import the new and changed articles of a folder; status 1 when a conflict is left."""
    from bot.database import Database, utc_now
    from bot.knowledge import service
    from bot.settings import settings

    if not folder.is_dir():
        fail("no_folder", folder=folder)
    with database_failures_told(), Database(settings().database).writing() as session:
        report = service.load(session, folder, utc_now())
    for problem in report.problems:
        write(str(problem))
    say("knowledge_loaded", imported=len(report.imported), unchanged=len(report.unchanged))
    for topic in report.conflicts:
        say("run_conflict", topic=topic)
    if report.conflicts:
        raise typer.Exit(1)


def keep(topic: str, text: Literal["file", "staff"]) -> None:
    """Decide a conflict: serve the file's text, or go on serving what staff wrote."""
    from bot.database import Database, utc_now
    from bot.knowledge import service
    from bot.settings import settings

    with database_failures_told(), Database(settings().database).writing() as session:
        try:
            service.resolve_conflict(
                session, topic=topic, keep=text, author="command line", now=utc_now()
            )
        except service.KnowledgeError:
            fail("knowledge_no_conflict", topic=topic)
    say("knowledge_kept", topic=topic, text=text)


def status() -> None:
    """List the articles that are served, those due for review marked."""
    from bot.database import Database, utc_now
    from bot.knowledge import service
    from bot.settings import settings

    with database_failures_told(), Database(settings().database).reading() as session:
        articles = service.status(session, utc_now())
    for one in articles:
        marks = [
            *([sentence("article_overdue")] if one.overdue else []),
            *([sentence("article_conflict")] if one.conflict else []),
        ]
        line = f"{one.topic:28} {one.origin:6} {one.checked_on}  {one.review_by}  {one.title}"
        write("  ".join([line, *marks]))
    say("knowledge_status", count=len(articles), overdue=sum(one.overdue for one in articles))


def export(folder: Path = FOLDER) -> None:
    """Write what staff changed back to the files of a folder."""
    from bot.database import Database
    from bot.knowledge import service
    from bot.settings import settings

    with database_failures_told(), Database(settings().database).reading() as session:
        report = service.export(session, folder)
    for path in report.written:
        write(str(path))
    for topic in report.left:
        say("export_left", topic=topic)
    say("knowledge_exported", count=len(report.written))
