"""Old conversations are deleted by themselves (개인정보 보호법 제21조): none is kept for ever."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.attachments.store import Store
from bot.conversations import codes, service
from bot.conversations.errors import RasaFailed
from bot.conversations.models import Conversation
from bot.conversations.rasa_client import RasaClient
from bot.database import Database, utc_now
from bot.rounds import go_round

log = structlog.get_logger(__name__)
ROUND_SECONDS = 600.0
A_ROUND = 200
Also = Callable[[Session, datetime], object]


def outlived(session: Session, *, now: datetime, days: int, limit: int = A_ROUND) -> list[str]:
    """Conversations in which nothing happened for `days`, and that nobody waits in or holds."""
    return list(
        session.scalars(
            select(Conversation.id)
            .where(
                Conversation.updated_at < now - timedelta(days=days),
                Conversation.state.in_(("bot", "closed")),
            )
            .order_by(Conversation.updated_at)
            .limit(limit)
        )
    )


class Retention:
    """A task beside the web application; any number of processes may run one."""

    def __init__(
        self,
        *,
        database: Database,
        rasa: RasaClient,
        store: Store,
        days: int,
        also: Also | None = None,
    ) -> None:
        """`days` of 0 keeps everything; `also` deletes what others keep, before a moment."""
        self._database = database
        self._rasa = rasa
        self._store = store
        self._days = days
        self._also = also

    async def run(self) -> None:
        """Go round until cancelled; a failed round is logged and the next one tries again."""
        await go_round(self.round, every=ROUND_SECONDS, failed="retention_round_failed")

    async def round(self) -> int:
        """Delete what outlived its days, its tracker in Rasa first; returns how many."""
        old = await asyncio.to_thread(self._old)
        gone = 0
        for id in old:
            try:
                await self._rasa.forget(id)
            except RasaFailed:
                # While Rasa is away nothing is deleted by half.
                break
            gone += await asyncio.to_thread(self._erase, id)
        if gone:
            log.info("conversations_outlived", count=gone)
        return gone

    def _old(self) -> list[str]:
        with self._database.writing() as session:
            now = utc_now()
            codes.purge(session, now=now)
            if not self._days:
                return []
            if self._also is not None:
                self._also(session, now - timedelta(days=self._days))
            return outlived(session, now=now, days=self._days)

    def _erase(self, id: str) -> int:
        with self._database.writing() as session:
            # The citizen may have come back in this very moment.
            still_old = id in outlived(session, now=utc_now(), days=self._days, limit=10 * A_ROUND)
            if still_old:
                service.erase(session, conversation_id=id, store=self._store)
            return int(still_old)
