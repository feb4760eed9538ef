"""`ilsa labels export`: what unclear messages meant, as staff confirmed it, for training."""

from pathlib import Path

import typer

from bot.commands.failing import database_failures_told, fail
from bot.paths import NLU
from bot.terminal import say, sentence


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(no_args_is_help=True)
    group.command("export", help=sentence("help_labels_export"))(export)
    app.add_typer(group, name="labels", help=sentence("help_labels"))


def export(file: Path = typer.Argument(help=sentence("help_labels_file"))) -> None:
    """Write the confirmed labels to a file as Rasa's NLU YAML; nothing is marked or merged.

    Never into the training data themselves: what is learnt there a person has read.
    """
    from bot.conversations import labels
    from bot.database import Database
    from bot.settings import settings

    if file.resolve().is_relative_to(NLU):
        fail("labels_in_training_data", folder=NLU)
    with database_failures_told(), Database(settings().database).reading() as session:
        found = labels.confirmed(session)
        text = labels.training_data(found)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        fail("labels_not_written", file=file, reason=error.strerror)
    say("labels_exported", count=len(found), file=file)
