"""Reads the words of what was said through Rasa, a little at a time, for the search."""

import asyncio
from datetime import datetime

import structlog

from bot.conversations import search
from bot.conversations.errors import RasaFailed
from bot.conversations.models import Message
from bot.conversations.rasa_client import RasaClient
from bot.database import Database, utc_now
from bot.rounds import go_round

log = structlog.get_logger(__name__)
ROUND_SECONDS = 1.0
A_ROUND = 15
"""Messages a second: more than a typhoon brings, a tenth of what Rasa reads in that time."""


class SearchReader:
    """A task beside the web application; any number of processes may run one."""

    def __init__(self, *, database: Database, rasa: RasaClient) -> None:
        self._database = database
        self._rasa = rasa
        self._stumbled_at = ""
        """The message over which the round before failed."""

    async def run(self) -> None:
        """Go round until cancelled; a failed round is logged and the next one tries again."""
        await go_round(self.round, every=ROUND_SECONDS, failed="search_round_failed")

    async def round(self) -> int:
        """Read some messages; returns how many. None are while Rasa is away."""
        began = utc_now()
        found = await asyncio.to_thread(self._look)
        if found and not await self._rasa.ready():
            return 0
        read: list[tuple[Message, list[str]]] = []
        for message in found:
            try:
                parse = await self._rasa.parse(message.text)
            except RasaFailed:
                if self._stumbled_at != message.id:
                    self._stumbled_at = message.id
                    break
                # It may be the message: without words it holds up none of the others.
                log.warning("search_message_skipped", message=message.id)
                parse = {}
            read.append((message, search.words_of(parse.get("lemmas") or [])))
        await asyncio.to_thread(self._keep, read, began if len(found) < A_ROUND else None)
        return len(read)

    def _look(self) -> list[Message]:
        with self._database.reading() as session:
            return search.unread(session, limit=A_ROUND)

    def _keep(self, read: list[tuple[Message, list[str]]], all_until: datetime | None) -> None:
        if not read:
            return
        with self._database.writing() as session:
            for message, words in read:
                search.keep(session, message=message, words=words)
            until = all_until or read[-1][0].created_at
            search.mark(session, read_until=min(until, utc_now()))
