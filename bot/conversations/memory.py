"""What Rasa remembers of talks: emptied or changed now, or later where Rasa is away."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any

import structlog

from bot.conversations.errors import RasaFailed
from bot.conversations.rasa_client import RasaClient
from bot.rounds import Tasks

log = structlog.get_logger(__name__)
TRIES, AGAIN_SECONDS = 20, 30.0
Change = Callable[[Any], Any]
"""Gives a JSON value back as it is to be remembered."""


class Memory:
    """Reaches Rasa's trackers. What waits for Rasa is lost when the process ends, and logged."""

    def __init__(self, rasa: RasaClient) -> None:
        self._rasa = rasa
        self._tasks = Tasks()

    async def forgotten(self, conversation_ids: Iterable[str]) -> list[str]:
        """Empty the trackers; returns the conversations whose tracker could not be."""
        return [id for id in conversation_ids if not await _done(partial(self._rasa.forget, id))]

    async def forget(self, conversation_ids: Iterable[str]) -> None:
        """Empty the trackers, also when that has to wait. Costs an unfinished form."""
        for id in await self.forgotten(conversation_ids):
            self._tasks.start(_until_done(id, partial(self._rasa.forget, id), AGAIN_SECONDS))

    def change(self, conversation_ids: Iterable[str], change: Change) -> None:
        """Begin to change the values in the trackers; called on the loop, it waits for nothing."""
        for id in conversation_ids:
            self._tasks.start(_until_done(id, partial(self._rasa.change, id, change)))

    def close(self) -> None:
        """Give up what still waits."""
        self._tasks.cancel()


async def _until_done(id: str, work: Callable[[], Awaitable[None]], pause: float = 0.0) -> None:
    try:
        for _ in range(TRIES):
            await asyncio.sleep(pause)
            if await _done(work):
                return
            pause = AGAIN_SECONDS
        log.error("tracker_not_changed", conversation=id)
    except asyncio.CancelledError:
        log.error("tracker_not_changed", conversation=id)
        raise


async def _done(work: Callable[[], Awaitable[None]]) -> bool:
    try:
        await work()
    except RasaFailed:
        return False
    return True
