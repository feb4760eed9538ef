"""The channels of this installation: which there are, which are on, and what runs for them."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from importlib import import_module
from typing import Any

import httpx
import structlog

from bot.attachments.preparing import Photos
from bot.channels import http as platforms
from bot.channels import seen
from bot.channels.answering import Answering
from bot.channels.base import Channel
from bot.channels.identities import Identities
from bot.channels.intake import Intake
from bot.channels.outbox import Outbox
from bot.channels.outgoing import Outgoings
from bot.conversations.memory import Memory
from bot.conversations.turns import Turns
from bot.database import Database, utc_now
from bot.privacy.vault import Cipher
from bot.rounds import Tasks, go_round
from bot.settings import Settings
from bot.wording import Wording

log = structlog.get_logger(__name__)
CLASSES = {
    "kakao": "Kakao",
    "naver": "Naver",
    "line": "Line",
    "telegram": "Telegram",
    "messenger": "Messenger",
}
"""The class of each channel; it stands in the module of the channel's name."""
PURGE_SECONDS = 3600.0


def make_all(settings: Settings, http: httpx.AsyncClient) -> dict[str, Channel]:
    """Every channel that there is, on or off."""
    made: dict[str, Channel] = {}
    for name, class_name in CLASSES.items():
        kind: Any = getattr(import_module(f"bot.channels.{name}"), class_name)
        made[name] = kind(settings, http)
    return made


def missing(channel: Channel, settings: Settings) -> list[str]:
    """The settings without which a channel stays off; empty when it is on."""
    own = channel.missing()
    if not settings.development and not settings.channel_key.get_secret_value():
        own = [*own, "CHANNEL_KEY"]
    return own


def webhook_url(name: str, settings: Settings) -> str:
    """The address that is given to the platform, secret part included."""
    url = f"{settings.base_url}/channels/{name}/webhook"
    secret = settings.naver_path_secret.get_secret_value() if name == "naver" else ""
    return f"{url}/{secret}" if secret else url


class Channels:
    """Everything that the webhooks need, made once beside the application's parts."""

    def __init__(
        self,
        *,
        settings: Settings,
        database: Database,
        turns: Turns,
        memory: Memory,
        wording: Wording,
        cipher: Cipher,
        photos: Photos,
        links_key: str,
    ) -> None:
        self._database = database
        self._http = platforms.client()
        self._seen_for = timedelta(days=settings.channel_seen_days)
        self.on: Mapping[str, Channel] = {
            name: channel
            for name, channel in make_all(settings, self._http).items()
            if not missing(channel, settings)
        }
        self.identities = Identities(
            # With no channel on there is nothing to hide, and nothing that must be set.
            key=settings.channels_key() if self.on else "",
            cipher=cipher,
        )
        outgoings = Outgoings(
            cipher=cipher, links_key=links_key, base_url=settings.base_url, wording=wording
        )
        self.turns = turns
        self.tasks = Tasks()
        """What webhooks began and nobody waits for."""
        self.intake = Intake(
            database=database,
            turns=turns,
            memory=memory,
            wording=wording,
            identities=self.identities,
            outgoings=outgoings,
            photos=photos,
        )
        self.outbox = Outbox(
            database=database,
            channels=self.on,
            identities=self.identities,
            outgoings=outgoings,
            most_attempts=settings.channel_attempts,
        )
        self.answering = Answering(
            database=database, turns=turns, outgoings=outgoings, wording=wording
        )

    async def run(self) -> None:
        """Send what is due and forget old events, until cancelled."""
        if not self.on:
            return
        purging = asyncio.create_task(self._purging())
        try:
            await self.outbox.run()
        finally:
            purging.cancel()

    async def close(self) -> None:
        """Leave what is not sent to the next start, and close the connections."""
        self.tasks.cancel()
        await self._http.aclose()

    async def _purging(self) -> None:
        await go_round(
            partial(asyncio.to_thread, self._purge),
            every=PURGE_SECONDS,
            failed="seen_events_not_purged",
        )

    def _purge(self) -> None:
        with self._database.writing() as session:
            seen.purge(session, before=utc_now() - self._seen_for)
