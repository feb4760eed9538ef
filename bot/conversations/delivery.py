"""What goes on by itself: notices of tickets, messages a crash left unanswered, expired secrets."""

import asyncio
from functools import partial

import structlog
from sqlalchemy.orm import Session

from bot.conversations import desk_rules, holding, service, silence, turn_queue, waiting
from bot.conversations.desk import Desk
from bot.conversations.hub import Hub
from bot.conversations.models import Conversation
from bot.conversations.rendering import Renderer
from bot.conversations.turns import Turns
from bot.database import Database, utc_now
from bot.privacy import vault
from bot.rounds import attempted
from bot.tickets import service as tickets
from bot.tickets import telling
from bot.wording import Wording

log = structlog.get_logger(__name__)
ROUND_SECONDS = 1.0
PURGE_EVERY_ROUNDS = 60
EVENTS_A_ROUND = 50


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
            purge = rounds % PURGE_EVERY_ROUNDS == 0
            await attempted(partial(self._round, purge=purge), "delivery_round_failed")
            rounds += 1
            await asyncio.sleep(ROUND_SECONDS)

    async def _round(self, *, purge: bool) -> None:
        for conversation_id in await asyncio.to_thread(self.tell):
            self._hub.notify(conversation_id)
        for conversation_id in await asyncio.to_thread(self._abandoned):
            await self._turns.resume(conversation_id)
        for conversation_id in await asyncio.to_thread(self._assigned):
            self._hub.notify(conversation_id)
        if purge:
            await asyncio.to_thread(self._purge)
            for conversation_id in await asyncio.to_thread(self._silent):
                self._hub.notify(conversation_id)

    def tell(self) -> list[str]:
        """Put untold ticket changes into their conversations; return which were told.

        One transaction a change. What cannot be told is logged and tried again in the next round;
        the later changes of its ticket wait for it.
        """
        with self._database.reading() as session:
            untold = [
                (event.id, event.ticket_id)
                for event in tickets.untold_events(session, limit=EVENTS_A_ROUND)
            ]
        told: list[str] = []
        delayed: set[int] = set()
        for event_id, ticket_id in untold:
            if ticket_id in delayed:
                continue
            try:
                with self._database.writing() as session:
                    told += self._tell_one(session, event_id)
            except Exception:
                log.exception("ticket_event_not_told", event_id=event_id)
                delayed.add(ticket_id)
        return list(dict.fromkeys(told))

    def _tell_one(self, session: Session, event_id: int) -> list[str]:
        event = telling.held_event(session, event_id)
        if event is None:
            return []
        heard: list[str] = []
        followers = tickets.children(session, event.ticket) if event.what in telling.SHARED else ()
        for ticket in (event.ticket, *followers):
            talk = ticket.conversation_id
            if talk is None or talk in heard or session.get(Conversation, talk) is None:
                continue
            service.say(
                session,
                conversation_id=talk,
                replies=[self._desk.told(session, ticket, event)],
                render=Renderer(session, self._wording, ticket.language),
                now=utc_now(),
                cause=f"ticket-event:{event.id}:{ticket.id}",
                sender="system",
            )
            heard.append(talk)
        tickets.mark_told(session, event, now=utc_now())
        return heard

    def _abandoned(self) -> list[str]:
        with self._database.reading() as session:
            return turn_queue.abandoned(session, now=utc_now())

    def _assigned(self) -> list[str]:
        """Talks given to the next available person by turns, where the rules say so."""
        with self._database.reading() as session:
            if desk_rules.current(session).assign != "round_robin":
                return []
        given: list[str] = []
        now = utc_now()
        with self._database.writing() as session:
            while (found := waiting.assign_by_turns(session, now=now)) is not None:
                given.append(found[0])
                service.notice(
                    session,
                    conversation_id=found[0],
                    key="handover.taken",
                    wording=self._wording,
                    now=now,
                )
        return given

    def _silent(self) -> list[str]:
        """Talks with a person in which the citizen fell silent, asked or let go."""
        with self._database.writing() as session:
            return silence.look_after(session, wording=self._wording, now=utc_now())

    def _purge(self) -> None:
        """What is done once a minute, each on its own, so that one failure stops nothing else."""
        for work in (
            vault.purge_expired,
            tickets.forget_attempts,
            turn_queue.requeue_alarms,
            tickets.close_done,
            tickets.remind,
            holding.forgotten_by_platform,
        ):
            try:
                with self._database.writing() as session:
                    work(session, now=utc_now())
            except Exception:
                log.exception("purge_failed", work=work.__name__)
