"""A task beside the web application that deletes photos whose time is over."""

import asyncio
from functools import partial

import structlog

from bot.attachments import service
from bot.attachments.store import Store
from bot.database import Database, utc_now
from bot.rounds import go_round

log = structlog.get_logger(__name__)
ROUND_SECONDS = 600.0


class Tidying:
    """Any number of processes may run one."""

    def __init__(self, *, database: Database, store: Store, hours: int) -> None:
        self._database = database
        self._store = store
        self._hours = hours

    async def run(self) -> None:
        """Go round until cancelled; a failed round is logged and the next one tries again."""
        await go_round(
            partial(asyncio.to_thread, self.tidy),
            every=ROUND_SECONDS,
            failed="tidying_photos_failed",
        )

    def tidy(self) -> None:
        """Delete what no ticket took in time, and files that belong to nothing."""
        with self._database.writing() as session:
            service.purge(session, now=utc_now(), hours=self._hours, store=self._store)
        with self._database.reading() as session:
            service.sweep(session, store=self._store)
