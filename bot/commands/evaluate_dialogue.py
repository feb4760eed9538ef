"""`ilsa evaluate-dialogue`: how well the service holds a talk, turn by turn."""

import json
from pathlib import Path

import typer

from bot.commands.evaluate import own_reach, progress_of
from bot.commands.failing import database_failures_told, fail
from bot.commands.running import training_failures_told
from bot.terminal import say, sentence, write


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("evaluate-dialogue", help=sentence("help_evaluate_dialogue"))(evaluate_dialogue)


def evaluate_dialogue(
    files: list[Path] = typer.Argument(help=sentence("help_evaluate_dialogue_files")),
    wrong: bool = typer.Option(False, "--wrong", help=sentence("help_evaluate_dialogue_wrong")),
    as_json: bool = typer.Option(False, "--json", help=sentence("help_evaluate_json")),
    at_a_time: int = typer.Option(
        2, "--at-a-time", min=1, max=64, help=sentence("help_evaluate_at_a_time")
    ),
) -> None:
    """Have the talks of the files with a service of its own and print how many turns were right.

    A file holds whole talks (YAML), follow-ups or messages with two requests (tab-separated).
    """
    from bot.evaluation.report import percent
    from bot.evaluation.talking import by_kind, judged_talks, whole
    from bot.evaluation.talks import BadTalk, read

    try:
        sets = {file: read(file) for file in files}
    except (OSError, UnicodeDecodeError) as error:
        fail("evaluate_no_file", file=error.filename if isinstance(error, OSError) else files[0])
    except BadTalk as error:
        fail("evaluate_bad_talk", problem=error)
    figures = {}
    with database_failures_told(), training_failures_told(), own_reach() as (reach, watch):
        for file, talks in sets.items():
            judged = judged_talks(
                talks, reach, at_a_time=at_a_time, progress=progress_of(len(talks), watch)
            )
            say("evaluate_title", title=file.name, count=len(judged))
            ratios = dict(by_kind(judged))
            for kind, ratio in ratios.items():
                name = sentence(f"evaluate_talk_{kind}")
                write(f"  {sentence('evaluate_talk', kind=name, figure=percent(ratio))}")
            if len(talks) != len(judged):
                write(f"  {sentence('evaluate_talks_whole', figure=percent(whole(judged)))}")
            figures[file.name] = {
                kind: {"right": one.hits, "of": one.of} for kind, one in ratios.items()
            }
            for one in judged if wrong else ():
                if not one.right:
                    write(f"    {one.talk}: {one.turn.text} | {one.turn.expected} | {_got(one)}")
    if as_json:
        typer.echo(json.dumps(figures, ensure_ascii=False))


def _got(judged: object) -> str:
    from bot.evaluation.talking import JudgedTurn

    assert isinstance(judged, JudgedTurn)
    heard = judged.heard
    rule = heard.understood.get("rule")
    return f"{heard.topics} {sorted(heard.facets)} {sorted(heard.acts)} {heard.form} {rule}"
