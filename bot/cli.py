"""`ilsa`: the command line of an installation.

Each module of bot/commands adds its commands by `register(app)`, and imports what is heavy only
inside them, so that `ilsa --help` is quick.
"""

import pkgutil
from importlib import import_module

import typer

from bot import commands
from bot.terminal import sentence


def make_app() -> typer.Typer:
    """The whole command line."""
    app = typer.Typer(
        name="ilsa",
        help=sentence("help"),
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    for module in pkgutil.iter_modules(commands.__path__):
        register = getattr(import_module(f"{commands.__name__}.{module.name}"), "register", None)
        if register:
            register(app)
    return app


def main() -> None:
    """Run the command that the arguments name."""
    make_app()()


if __name__ == "__main__":
    main()
