"""`ilsa channels`: which messengers are on, what is missing, and where their webhooks go."""

import asyncio

import typer

from bot.commands.failing import database_failures_told, fail
from bot.terminal import say, sentence, write


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(invoke_without_command=True)
    group.callback(help=sentence("help_channels"))(state)
    group.command("telegram-webhook", help=sentence("help_channels_telegram"))(telegram_webhook)
    group.command("parked", help=sentence("help_channels_parked"))(parked)
    group.command("try-again", help=sentence("help_channels_try_again"))(try_again)
    app.add_typer(group, name="channels")


def state(context: typer.Context) -> None:
    """List every channel: on with its webhook's address, or off with what is missing."""
    if context.invoked_subcommand:
        return
    from bot.channels import registry
    from bot.channels.http import client
    from bot.settings import settings

    chosen = settings()
    channels = registry.make_all(chosen, client())
    for name, channel in channels.items():
        if missing := registry.missing(channel, chosen):
            write(f"{name:10} " + sentence("channel_off", missing=", ".join(missing)))
        else:
            url = registry.webhook_url(name, chosen)
            write(f"{name:10} " + sentence("channel_on", url=url))
    if not chosen.base_url.startswith("https://"):
        say("channel_needs_https")


def telegram_webhook() -> None:
    """Tell Telegram the webhook's address and its secret."""
    from bot.channels import registry
    from bot.channels.http import client
    from bot.channels.telegram import Telegram, WebhookNotSet
    from bot.settings import settings

    chosen = settings()
    url = registry.webhook_url("telegram", chosen)

    async def work() -> None:
        async with client() as http:
            channel = Telegram(chosen, http)
            if missing := registry.missing(channel, chosen):
                fail("channel_lacks", name="telegram", missing=", ".join(missing))
            await channel.set_webhook(url)

    try:
        asyncio.run(work())
    except WebhookNotSet as error:
        fail("channel_webhook_refused", reason=error)
    say("channel_webhook_set", url=url)


def parked() -> None:
    """List what could not be sent."""
    from bot.channels import parking
    from bot.database import Database
    from bot.hours import SEOUL
    from bot.settings import settings

    with database_failures_told(), Database(settings().database).reading() as session:
        rows = parking.parked(session)
    for one in rows:
        since = f"{one.since.astimezone(SEOUL):%Y-%m-%d %H:%M}"
        write(f"{one.unit_id}  {one.channel:10} {since}  {one.reason}")
    say("channel_parked", count=len(rows))


def try_again(
    unit: str = typer.Argument(metavar="ID", help=sentence("help_channels_unit")),
) -> None:
    """Let one be sent once more."""
    from bot.channels import parking
    from bot.conversations.errors import WrongState
    from bot.database import Database
    from bot.settings import settings

    try:
        with database_failures_told(), Database(settings().database).writing() as session:
            parking.try_again(session, unit_id=unit)
    except WrongState:
        fail("channel_not_parked", id=unit)
    say("channel_tried_again", id=unit)
