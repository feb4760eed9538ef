"""What goes on by itself: notices of tickets, messages a crash left unanswered, expired secrets."""

import asyncio
from contextlib import suppress

import structlog

from bot.conversations import service, turn_queue
from bot.conversations.desk import Desk
from bot.conversations.hub import Hub
from bot.conversations.models import Conversation
from bot.conversations.rendering import Renderer
from bot.conversations.turns import Turns
from bot.database import Database, utc_now
from bot.privacy import vault
from bot.tickets import service as tickets
from bot.wording import Wording

log = structlog.get_logger(__name__)
ROUND_SECONDS = 1.0
PURGE_EVERY_ROUNDS = 60


class Delivery:
    """A task beside the web application; any number of processes may run one."""

    def __init__(
        self, *, database: Database, hub: Hub, turns: Turns, desk: Desk, wording: Wording
    ) -> None:
        self._database = database
        self._hub = hub
        self._turns = turns
        self._desk = desk
        self._wording = wording

    async def run(self) -> None:
        """Go round until cancelled; a failed round is logged and the next one tries again."""
        rounds = 0
        while True:
            try:
                await self._round(purge=rounds % PURGE_EVERY_ROUNDS == 0)
            except Exception:
                log.exception("delivery_round_failed")
            rounds += 1
            await asyncio.sleep(ROUND_SECONDS)

    async def _round(self, *, purge: bool) -> None:
        for conversation_id in await asyncio.to_thread(self.tell):
            self._hub.notify(conversation_id)
        for conversation_id in await asyncio.to_thread(self._abandoned):
            await self._turns.resume(conversation_id)
        if purge:
            with suppress(Exception):
                await asyncio.to_thread(self._purge)

    def tell(self) -> list[str]:
        """Put untold ticket changes into their conversations; return which were told."""
        with self._database.reading() as session:
            if not tickets.untold_events(session, limit=1):
                return []
        told: list[str] = []
        now = utc_now()
        with self._database.writing() as session:
            for event in tickets.untold_events(session, limit=50):
                ticket = event.ticket
                if session.get(Conversation, ticket.conversation_id) is not None:
                    state = str(event.details.get("to", ticket.state))
                    note = str(event.details.get("note") or "")
                    service.say(
                        session,
                        conversation_id=ticket.conversation_id,
                        replies=[self._desk.told(ticket, state, note)],
                        render=Renderer(session, self._wording, ticket.language),
                        now=now,
                        cause=f"ticket-event:{event.id}",
                        sender="system",
                    )
                    told.append(ticket.conversation_id)
                tickets.mark_told(session, event, now=now)
        return told

    def _abandoned(self) -> list[str]:
        with self._database.reading() as session:
            return turn_queue.abandoned(session, now=utc_now())

    def _purge(self) -> None:
        with self._database.writing() as session:
            vault.purge_expired(session, now=utc_now())
            tickets.forget_attempts(session, now=utc_now())
            turn_queue.requeue_alarms(session, now=utc_now())
