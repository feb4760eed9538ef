"""Answers that go into a webhook's own HTTP reply, in time, and those that come too late for it.

What was stored for the citizen and not yet shown is served first, in order. While an answer is not
ready the reply announces a call back where the platform gives an address for it; else it offers
the button that fetches it, and the answer waits for the citizen's next message.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels import outgoing
from bot.channels.base import Channel, HttpAnswer, Outgoing, RawRequest
from bot.channels.intake import Taken
from bot.channels.metrics import SENDS
from bot.channels.outgoing import Outgoings
from bot.conversations.models import Conversation, OutboxUnit
from bot.conversations.turn_queue import locked
from bot.conversations.turns import Turns
from bot.database import Database, utc_now
from bot.rounds import Tasks
from bot.wording import Wording

log = structlog.get_logger(__name__)
SPARE_SECONDS = 1.0
"""Of the platform's limit, for making the reply and bringing it there, on a busy machine too."""
CALL_BACK_AFTER, CALL_BACK_WITHIN = 1.0, 50.0
"""Sooner, the call back may overtake the reply that announces it; later it is not taken."""
LEASE = timedelta(seconds=30)
KEPT_SECONDS = 10.0
"""How long a reply is kept for a repeat of its message that came while the first was in work."""


@dataclass(frozen=True)
class _Waiting:
    """Units that are shown now."""

    ids: tuple[str, ...]
    units: tuple[tuple[Outgoing, ...], ...]


class Answering:
    """Makes HTTP replies, with the parts it needs given once."""

    def __init__(
        self, *, database: Database, turns: Turns, outgoings: Outgoings, wording: Wording
    ) -> None:
        self._database = database
        self._turns = turns
        self._outgoings = outgoings
        self._wording = wording
        self._tasks = Tasks()
        self._replies: dict[tuple[str, ...], asyncio.Task[HttpAnswer]] = {}

    async def reply(
        self, channel: Channel, request: RawRequest, taken: Taken, started: float
    ) -> HttpAnswer:
        """The HTTP reply to a webhook that was taken; `started` by the monotonic clock.

        The repeat of a message that came while the first was in work gets the very reply of the
        first. Who asks for what waits gets a reply of their own.
        """
        if not taken.is_message or not taken.message_ids:
            return await self._reply(channel, request, taken, started)
        known = self._replies.get(taken.message_ids)
        if known is None:
            known = asyncio.create_task(self._reply(channel, request, taken, started))
            self._replies[taken.message_ids] = known
            known.add_done_callback(partial(self._keep, taken.message_ids))
        # A caller who hangs up takes the reply from no other.
        return await asyncio.shield(known)

    def _keep(self, message_ids: tuple[str, ...], made: asyncio.Task[HttpAnswer]) -> None:
        """Keep a reply for a while; what failed is made anew."""
        if made.cancelled() or made.exception() is not None:
            self._replies.pop(message_ids, None)
            return
        forget = partial(self._replies.pop, message_ids, None)
        asyncio.get_running_loop().call_later(KEPT_SECONDS, forget)

    async def _reply(
        self, channel: Channel, request: RawRequest, taken: Taken, started: float
    ) -> HttpAnswer:
        limit = channel.capabilities.answer_seconds - SPARE_SECONDS
        if await self._answered(taken, started + limit):
            return await asyncio.to_thread(self._shown, channel, request, taken)
        language = await asyncio.to_thread(self._language, taken)
        if url := channel.callback_of(request):
            self._tasks.start(self._call_back(channel, url, taken))
            return channel.will_call_back(request, language)
        return channel.not_yet(request, language)

    async def _answered(self, taken: Taken, until: float) -> bool:
        if taken.conversation_id is None:
            return True
        for message_id in taken.message_ids:
            left = max(until - time.monotonic(), 0.01)
            if not await self._turns.answered(taken.conversation_id, message_id, left):
                return False
        return True

    def _shown(self, channel: Channel, request: RawRequest, taken: Taken) -> HttpAnswer:
        """The reply with what waits; it counts as delivered with this reply."""
        if taken.said:
            return channel.reply(request, [taken.said]).answer
        now = utc_now()
        id = taken.conversation_id or ""
        with self._database.writing() as session:
            if locked(session, id) is None:
                return channel.reply(request, [self._words("nothing_waits", taken.language)]).answer
            rows = _free(outgoing.waiting(session, id))
            language = session.get_one(Conversation, id).language
            units = [self._outgoings.parts(session, row.id, now) for row in rows]
            if not rows:
                return channel.reply(request, self._again(session, taken, language)).answer
            replied = channel.reply(request, units)
            for row in rows[: replied.taken]:
                row.delivered_at, row.lease_until = now, None
                SENDS.labels(channel=channel.name, outcome="ok").inc()
            return replied.answer

    def _again(self, session: Session, taken: Taken, language: str) -> list[Sequence[Outgoing]]:
        """What a repeated message is answered with: the answer that its first got."""
        shown = session.scalars(
            select(OutboxUnit.id)
            .where(OutboxUnit.in_reply_to.in_(taken.message_ids))
            .order_by(OutboxUnit.created_at)
        ).all()
        if shown:
            now = utc_now()
            return [self._outgoings.parts(session, unit_id, now) for unit_id in shown]
        # Answered with nothing: a person has the talk.
        return [self._words("passed_on" if taken.message_ids else "nothing_waits", language)]

    async def _call_back(self, channel: Channel, url: str, taken: Taken) -> None:
        began = time.monotonic()
        try:
            done = await self._answered(taken, began + CALL_BACK_WITHIN)
            await asyncio.sleep(max(began + CALL_BACK_AFTER - time.monotonic(), 0))
            waiting = await asyncio.to_thread(self._claimed, taken)
            if not done or not waiting.ids:
                await asyncio.to_thread(self._release, waiting, 0)
                return
            called = await channel.call_back(url, waiting.units)
            SENDS.labels(channel=channel.name, outcome=called.sent.outcome).inc()
            if not called.sent.ok:
                log.warning("not_called_back", channel=channel.name, why=called.sent.reason)
            count = called.taken if called.sent.ok else 0
            await asyncio.to_thread(self._release, waiting, count)
        except Exception as error:
            # What was not sent waits for the citizen's next message.
            log.error("call_back_failed", channel=channel.name, error=type(error).__name__)

    def _claimed(self, taken: Taken) -> _Waiting:
        now = utc_now()
        id = taken.conversation_id or ""
        with self._database.writing() as session:
            if locked(session, id) is None:
                return _Waiting((), ())
            rows = _free(outgoing.waiting(session, id))
            for row in rows:
                row.lease_until = now + LEASE
            units = tuple(self._outgoings.parts(session, row.id, now) for row in rows)
            return _Waiting(tuple(row.id for row in rows), units)

    def _release(self, waiting: _Waiting, sent: int) -> None:
        """Mark the first `sent` units delivered and let the others wait on."""
        now = utc_now()
        with self._database.writing() as session:
            for number, unit_id in enumerate(waiting.ids):
                row = session.get(OutboxUnit, unit_id)
                if row is not None:
                    row.lease_until = None
                    row.delivered_at = now if number < sent else None

    def _language(self, taken: Taken) -> str:
        with self._database.reading() as session:
            found = session.get(Conversation, taken.conversation_id or "")
            return found.language if found else taken.language

    def _words(self, name: str, language: str) -> tuple[Outgoing, ...]:
        text = self._wording.text(f"channel.{name}", language)
        return (Outgoing(text, sender="system", language=language),)


def _free(rows: list[OutboxUnit]) -> list[OutboxUnit]:
    """The first units that nobody is sending just now, up to one that somebody is."""
    now = utc_now()
    free: list[OutboxUnit] = []
    for row in rows:
        if row.lease_until is not None and row.lease_until > now:
            break
        free.append(row)
    return free
