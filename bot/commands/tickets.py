"""`ilsa ticket export|statistics`: tickets as a file for staff, and a month's open statistics."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from bot.commands.failing import database_failures_told, fail
from bot.terminal import complain, sentence, write

if TYPE_CHECKING:
    from bot.tickets.export import Chosen

STANDARD_OUTPUT = Path("-")
FILE = typer.Argument(STANDARD_OUTPUT, help=sentence("help_ticket_file"))
BOM = typer.Option(False, "--bom", help=sentence("help_ticket_bom"))
DAY = ["%Y-%m-%d"]
MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(no_args_is_help=True)
    group.command("export", help=sentence("help_ticket_export"))(export)
    group.command("statistics", help=sentence("help_ticket_statistics"))(statistics)
    app.add_typer(group, name="ticket", help=sentence("help_ticket"))


def export(
    file: Path = FILE,
    form: Literal["csv", "jsonl"] = typer.Option(
        "csv", "--format", help=sentence("help_ticket_format")
    ),
    state: str | None = typer.Option(None, help=sentence("help_ticket_state")),
    office: str | None = typer.Option(None, help=sentence("help_ticket_office")),
    topic: str | None = typer.Option(None, help=sentence("help_ticket_topic")),
    kind: str | None = typer.Option(None, help=sentence("help_ticket_kind")),
    first: datetime | None = typer.Option(
        None, "--from", formats=DAY, help=sentence("help_ticket_from")
    ),
    last: datetime | None = typer.Option(
        None, "--to", formats=DAY, help=sentence("help_ticket_to")
    ),
    bom: bool = BOM,
) -> None:
    """Write the chosen tickets, the earliest first, without anybody's personal data."""
    from bot.database import Database
    from bot.settings import settings
    from bot.tickets.export import as_csv, as_json_lines, rows

    chosen = _chosen(
        state, office, topic, kind, first.date() if first else None, last.date() if last else None
    )
    with database_failures_told(), Database(settings().database).reading() as session:
        found = rows(session, chosen)
        lines = as_csv(found, bom=bom) if form == "csv" else as_json_lines(found)
        heading = 1 if form == "csv" else 0
        count = _put(lines, file) - heading
    complain("ticket_exported", count=count)


def statistics(
    month: str = typer.Option(..., help=sentence("help_ticket_month")),
    file: Path = FILE,
    form: Literal["csv", "json"] = typer.Option(
        "csv", "--format", help=sentence("help_ticket_format")
    ),
    bom: bool = BOM,
) -> None:
    """Write a month's figures; what would tell of fewer than five tickets is left out."""
    from bot.database import Database, utc_now
    from bot.settings import settings
    from bot.tickets.errors import PolicyError
    from bot.tickets.export import as_csv
    from bot.tickets.statistics import COLUMNS, of_month

    if (parts := MONTH.fullmatch(month)) is None:
        fail("ticket_no_month", month=month)
    first = date(int(parts[1]), int(parts[2]), 1)
    try:
        with database_failures_told(), Database(settings().database).reading() as session:
            found = of_month(session, first=first, now=utc_now())
    except PolicyError as error:
        fail("ticket_not_counted", reason=error)
    if form == "csv":
        _put(as_csv(found.rows(), columns=COLUMNS, bom=bom), file)
    else:
        _put([json.dumps(found.as_json(), ensure_ascii=False, indent=2) + "\n"], file)


def _chosen(
    state: str | None,
    office: str | None,
    topic: str | None,
    kind: str | None,
    first: date | None,
    last: date | None,
) -> "Chosen":
    from bot.knowledge.topics import topics
    from bot.tickets.export import Chosen, UnknownChoice
    from bot.tickets.forms import forms

    if topic is not None and topic not in {*topics(), *forms().topics()}:
        fail("ticket_unknown_topic", value=topic)
    if first and last and last < first:
        fail("ticket_days_backwards")
    try:
        return Chosen(state=state, office=office, topic=topic, kind=kind, first=first, last=last)
    except UnknownChoice as error:
        fail(f"ticket_unknown_{error.name}", value=error.value)


def _put(lines: Iterable[str], file: Path) -> int:
    """Write the lines; return how many they were. A file appears only when it is whole."""
    count = 0
    with _written(file) as put:
        for line in lines:
            put(line)
            count += 1
    return count


@contextmanager
def _written(file: Path) -> Iterator[Callable[[str], object]]:
    if file == STANDARD_OUTPUT:
        yield lambda text: write(text, end="")
        return
    unfinished = file.with_name(f".{file.name}.unfinished")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as opened:
            yield opened.write
        unfinished.replace(file)
    except OSError as error:
        fail("ticket_not_written", file=file, reason=error.strerror)
    finally:
        unfinished.unlink(missing_ok=True)
