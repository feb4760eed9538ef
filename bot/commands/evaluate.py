"""`ilsa evaluate`: how well the service answers labelled messages, as a citizen sees it."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bot.commands.failing import database_failures_told, fail
from bot.commands.running import training_failures_told
from bot.terminal import complain, say, sentence, write

if TYPE_CHECKING:
    from bot.evaluation.figures import Figures
    from bot.evaluation.measuring import Outcome, Retyped
    from bot.evaluation.rows import Row
    from bot.evaluation.service import Reach

    Measure = Callable[[Sequence[Row]], Outcome]

PROGRESS_STEPS = 20
INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("evaluate", help=sentence("help_evaluate"))(evaluate)


def evaluate(
    file: Path = typer.Argument(help=sentence("help_evaluate_file")),
    url: str = typer.Option("", "--url", help=sentence("help_evaluate_url")),
    whole: bool = typer.Option(False, "--report", help=sentence("help_evaluate_report")),
    as_json: bool = typer.Option(False, "--json", help=sentence("help_evaluate_json")),
    keep: bool = typer.Option(False, "--record", help=sentence("help_evaluate_record")),
    at_a_time: int = typer.Option(
        2, "--at-a-time", min=1, max=64, help=sentence("help_evaluate_at_a_time")
    ),
) -> None:
    """Send every message of a file to a service and print how many were answered right."""
    import httpx

    rows = _rows(file)
    with database_failures_told(), training_failures_told():
        try:
            outcome, again = _measured(rows, url.rstrip("/"), at_a_time, retype=whole)
        except httpx.HTTPStatusError as error:
            fail("evaluate_refused", url=error.request.url, status=error.response.status_code)
        except httpx.TransportError as error:
            fail("chat_no_service", url=url or error.request.url)
    if whole:
        from bot.evaluation.report import report

        write(report(outcome, again))
    else:
        _print(outcome)
    if keep:
        _record(file, outcome)
    if as_json:
        result = {"file": file.name, "at_a_time": at_a_time, **outcome.as_dict()}
        if again:
            result["retyped"] = {way: both.as_dict() for way, both in again.items()}
        typer.echo(json.dumps(result, ensure_ascii=False))


def _rows(file: Path) -> "list[Row]":
    from bot.evaluation.rows import BadFile, read

    try:
        rows = read(file)
    except (OSError, UnicodeDecodeError):
        fail("evaluate_no_file", file=file)
    except BadFile as error:
        if error.missing:
            fail("evaluate_no_columns", file=file, columns=", ".join(error.missing))
        fail("evaluate_bad_line", file=file, line=error.line)
    if not rows:
        fail("evaluate_no_rows", file=file)
    return rows


def _record(file: Path, outcome: "Outcome") -> None:
    from bot.evaluation.figures import figures
    from bot.evaluation.recorded import NAME, record

    path = file.parent / NAME
    try:
        record(path, figures(outcome.seen))
    except OSError:
        fail("evaluate_not_recorded", file=path)
    complain("evaluate_recorded", file=path)


def _measured(
    rows: "list[Row]", url: str, at_a_time: int, *, retype: bool
) -> "tuple[Outcome, dict[str, Retyped]]":
    """The rows as written and, if asked for, re-typed in every way."""
    from bot.evaluation.measuring import measure_retyped
    from bot.evaluation.retyping import WAYS

    with _measuring(url, at_a_time) as measure:
        outcome = measure(rows)
        again = {}
        for way in WAYS if retype else ():
            complain("evaluate_retyping", way=sentence(f"evaluate_{way}"))
            again[way] = measure_retyped(rows, outcome, way, measure)
    return outcome, again


@contextmanager
def _measuring(url: str, at_a_time: int) -> "Iterator[Measure]":
    """What sends rows to the service at `url`, or to one of its own, and judges them."""
    from bot.evaluation.measuring import measure
    from bot.evaluation.service import Reach
    from bot.settings import settings

    if url:
        reach = Reach.of(settings(), url)
        yield lambda rows: measure(
            rows, reach, at_a_time=at_a_time, forget=True, progress=progress_of(len(rows))
        )
        return
    with own_reach() as (own, watch):
        yield lambda rows: measure(
            rows, own, at_a_time=at_a_time, progress=progress_of(len(rows), watch)
        )


@contextmanager
def own_reach() -> "Iterator[tuple[Reach, Callable[[], None]]]":
    """A service of this command's own; how it starts goes to standard error."""
    from bot import supervisor
    from bot.evaluation.service import Reach, own_service
    from bot.processes import KeepsDying

    try:
        # Standard output is for the figures alone.
        with redirect_stdout(sys.stderr), supervisor.ended_by_signals(), own_service() as running:
            address = supervisor.local_url(running.settings)
            yield Reach.of(running.settings, address), running.watch
    except supervisor.Stopped:
        raise typer.Exit(INTERRUPTED) from None
    except supervisor.PortInUse as error:
        fail("port_in_use", port=error.port, setting=error.setting)
    except supervisor.NotReady as error:
        fail("not_ready", names=", ".join(error.names), log=error.log_dir)
    except KeepsDying as error:
        fail("keeps_dying", name=error.name, log=error.log)


def progress_of(count: int, watch: "Callable[[], None]" = lambda: None) -> "Callable[[int], None]":
    """Tells on standard error how many are done, twenty times in all."""

    def progress(done: int) -> None:
        watch()
        if done == count or done % max(1, count // PROGRESS_STEPS) == 0:
            complain("evaluate_progress", done=done, count=count)

    return progress


def _print(outcome: "Outcome") -> None:
    from bot.evaluation.figures import figures
    from bot.evaluation.tables import by_style

    _print_figures(sentence("evaluate_as_seen"), figures(outcome.seen))
    _print_line("evaluate_ms", p50=outcome.ms(0.50), p95=outcome.ms(0.95))
    _print_line("evaluate_unanswered", count=len(outcome.seen) - len(outcome.seconds))
    _print_figures(sentence("evaluate_alone"), figures(outcome.alone))
    _print_figures(sentence("evaluate_known"), outcome.of_known(outcome.seen))
    _print_figures(sentence("evaluate_known_alone"), outcome.of_known(outcome.alone))
    for style, judged in by_style(outcome.seen).items():
        _print_figures(sentence("evaluate_style", style=style), figures(judged))


def _print_figures(title: str, found: "Figures") -> None:
    from bot.evaluation.report import percent

    say("evaluate_title", title=title, count=found.n)
    for name, ratio in found.ratios().items():
        if ratio.of:
            _print_line(f"evaluate_{name}", figure=percent(ratio))


def _print_line(key: str, **values: object) -> None:
    write(f"  {sentence(key, **values)}")
