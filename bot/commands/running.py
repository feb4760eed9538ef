"""`ilsa run`, `ilsa train`, `ilsa migrate`: bringing an installation up."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from bot.commands.failing import database_failures_told, fail
from bot.terminal import say, sentence, step, write


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("run", help=sentence("help_run"))(run)
    app.command("train", help=sentence("help_train"))(train)
    app.command("migrate", help=sentence("help_migrate"))(migrate)


def run() -> None:
    """Start everything and keep it running until Ctrl-C or SIGTERM."""
    from bot import supervisor
    from bot.processes import KeepsDying
    from bot.settings import SettingsError, settings

    with database_failures_told(), training_failures_told():
        try:
            supervisor.run(settings())
        except supervisor.PortInUse as error:
            fail("port_in_use", port=error.port, setting=error.setting)
        except supervisor.NotReady as error:
            fail("not_ready", names=", ".join(error.names), log=error.log_dir)
        except KeepsDying as error:
            fail("keeps_dying", name=error.name, log=error.log)
        except SettingsError as error:
            fail("bad_setting", reason=error)


def train(
    force: bool = typer.Option(False, "--force", help=sentence("help_train_force")),
) -> None:
    """Train the Rasa model unless it is fresh."""
    from bot import model
    from bot.settings import settings

    if model.is_fresh() and not force:
        say("train_fresh", path=model.path())
        return
    log = settings().var_dir / "log" / "train.log"
    with training_failures_told(), step("run_training", log=log):
        path = model.train(log, force=force)
    say("train_done", path=path)


def migrate() -> None:
    """Bring the database to the newest schema."""
    from bot.migrating import upgrade
    from bot.settings import settings

    with database_failures_told():
        before, after = upgrade(settings().database)
    if before == after:
        say("migrate_nothing", revision=after)
    else:
        say("migrate_done", before=before or "-", after=after)


@contextmanager
def training_failures_told() -> Iterator[None]:
    """Turn a training that cannot begin or end well into a sentence."""
    from bot import model

    try:
        yield
    except model.NoRasa:
        fail("no_rasa")
    except model.TrainingFailed as error:
        write(error.tail)
        fail("train_failed", log=error.log)
