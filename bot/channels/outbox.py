"""Sends what is stored to the messengers: in order within a conversation, once where they allow.

A conversation's oldest unit is leased, sent, and marked; only then comes the next. A unit that
cannot be sent is set aside where staff see it (`parking`), and the later ones go on. Any number of
processes may run this.
"""

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

import structlog
from sqlalchemy.orm import Session

from bot.channels import outgoing
from bot.channels.base import Address, Channel, Sent
from bot.channels.identities import Identities
from bot.channels.metrics import PARKED, SENDS
from bot.channels.outgoing import Outgoings, Unit
from bot.conversations import desk_rules, holding
from bot.conversations.models import Conversation, OutboxUnit
from bot.conversations.turn_queue import locked
from bot.database import Database, utc_now
from bot.privacy.vault import BadKey
from bot.rounds import Tasks, go_round

log = structlog.get_logger(__name__)
ROUND_SECONDS = 1.0
LEASE = timedelta(seconds=60)
"""Longer than sending one payload may take; renewed after each."""
AT_ONCE = 8
"""Conversations of one channel that are sent to at the same time."""
A_ROUND = 200
FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0
OFFER_AGAIN_SECONDS = 60.0
"""After a platform's console refused a conversation."""
ANSWERS_AFTER = timedelta(seconds=70)
"""Until then an answer may still go out as the HTTP reply, or by its call back."""


@dataclass(frozen=True)
class Claim:
    """A unit that this task may send, and whom to."""

    unit: Unit
    to: Address


class Outbox:
    """A task beside the web application, and the hand that it lends when an answer is ready."""

    def __init__(
        self,
        *,
        database: Database,
        channels: Mapping[str, Channel],
        identities: Identities,
        outgoings: Outgoings,
        most_attempts: int,
    ) -> None:
        self._database = database
        self._channels = channels
        self._identities = identities
        self._outgoings = outgoings
        self._most_attempts = most_attempts
        self._at_once = {name: asyncio.Semaphore(AT_ONCE) for name in channels}
        self._busy: set[str] = set()
        self._again: set[str] = set()
        self._offered: dict[str, float] = {}
        """When a platform's console refused a conversation, by the monotonic clock."""
        self._tasks = Tasks()

    async def run(self) -> None:
        """Go round until cancelled; a failed round is logged and the next one tries again."""
        try:
            await go_round(self.round, every=ROUND_SECONDS, failed="outbox_round_failed")
        finally:
            self._tasks.cancel()

    async def round(self) -> None:
        """Begin to send what is due."""
        since = time.monotonic() - OFFER_AGAIN_SECONDS
        self._offered = {id: at for id, at in self._offered.items() if at > since}
        for conversation_id in await asyncio.to_thread(self._due):
            self.start(conversation_id)

    def start(self, conversation_id: str) -> None:
        """Send a conversation's units in the background, if nobody does yet."""
        self._tasks.start(self._drained(conversation_id))

    async def drain(self, conversation_id: str) -> None:
        """Send a conversation's units in order, as far as that goes now."""
        if conversation_id in self._busy:
            self._again.add(conversation_id)
            return
        self._busy.add(conversation_id)
        try:
            channel = await asyncio.to_thread(self._channel_of, conversation_id)
            goes_on = channel is not None
            while channel is not None and goes_on:
                self._again.discard(conversation_id)
                goes_on = (
                    await self._one(conversation_id, channel)
                    or await self._hand_over(conversation_id, channel)
                    or conversation_id in self._again
                )
        finally:
            self._busy.discard(conversation_id)
            self._again.discard(conversation_id)

    async def _drained(self, conversation_id: str) -> None:
        try:
            await self.drain(conversation_id)
        except Exception as error:
            # The lease runs out, and a later round tries again.
            log.error("outbox_failed", conversation=conversation_id, error=type(error).__name__)

    async def _one(self, conversation_id: str, channel: Channel) -> bool:
        """Send the oldest unit; True when the next one may follow."""
        if not channel.can_push():
            return False
        async with self._at_once[channel.name]:
            claim = await asyncio.to_thread(self._claim, conversation_id, channel)
            return claim is not None and await self._send(channel, claim)

    async def _hand_over(self, conversation_id: str, channel: Channel) -> bool:
        """Give who waits for a person to the platform's own console, where people answer there.

        Where that fails the conversation stays in our own line and is offered again later. True
        when it was given.
        """
        if not channel.hands_over() or conversation_id in self._offered:
            return False
        to = await asyncio.to_thread(self._told_to_wait, conversation_id)
        if to is None:
            return False
        async with self._at_once[channel.name]:
            sent = await channel.hand_over(to)
        if sent.ok:
            await asyncio.to_thread(self._held_there, conversation_id)
        else:
            self._offered[conversation_id] = time.monotonic()
            log.warning("not_handed_over", channel=channel.name, why=sent.reason)
        return sent.ok

    def _told_to_wait(self, conversation_id: str) -> Address | None:
        """Whom to hand over: who waits, was told so, and finds somebody there; else None."""
        now = utc_now()
        with self._database.reading() as session:
            conversation = session.get(Conversation, conversation_id)
            if conversation is None or conversation.state != "waiting":
                return None
            if not desk_rules.current(session).opening.is_open(now):
                return None
            if outgoing.waiting(session, conversation_id):
                return None
            if self._unreachable(session, conversation_id):
                return None
            return self._identities.address(session, conversation_id, now, token=False)

    def _held_there(self, conversation_id: str) -> None:
        with self._database.writing() as session:
            # It may have been taken by our own staff meanwhile, or deleted.
            if (found := locked(session, conversation_id)) and found.state == "waiting":
                holding.held_by_platform(session, conversation_id=conversation_id, now=utc_now())

    async def _send(self, channel: Channel, claim: Claim) -> bool:
        unit, to = claim.unit, claim.to
        try:
            payloads = channel.render(unit.parts)
        except Exception as error:
            # A poison message: it must not stop the ones behind it.
            log.error("render_failed", channel=channel.name, error=type(error).__name__)
            await asyncio.to_thread(self._park, unit, f"render: {type(error).__name__}")
            return True
        for number in range(unit.sent, len(payloads)):
            key = str(uuid5(NAMESPACE_URL, f"ilsa:{unit.id}:{number}"))
            sent = await channel.send(to, payloads[number], key)
            SENDS.labels(channel=channel.name, outcome=sent.outcome).inc()
            if not sent.ok:
                return await asyncio.to_thread(self._not_sent, channel.name, unit, sent)
            last = number + 1 == len(payloads)
            if not await asyncio.to_thread(self._went, unit, number + 1, last, sent):
                return False
            to = replace(to, reply_token=None)
        if not payloads:
            await asyncio.to_thread(self._went, unit, 0, True, Sent("ok"))
        return True

    def _due(self) -> list[str]:
        names = [name for name, channel in self._channels.items() if channel.can_push()]
        if not names:
            return []
        now = utc_now()
        with self._database.reading() as session:
            due = outgoing.conversations_waiting(session, names, now, A_ROUND)
            there = [name for name in names if self._channels[name].hands_over()]
            if there and desk_rules.current(session).opening.is_open(now):
                waiting = outgoing.conversations_for_a_person(session, there, A_ROUND)
                due += [id for id in waiting if id not in self._offered]
        return list(dict.fromkeys(due))

    def _channel_of(self, conversation_id: str) -> Channel | None:
        with self._database.reading() as session:
            conversation = session.get(Conversation, conversation_id)
            return self._channels.get(conversation.channel) if conversation else None

    def _claim(self, conversation_id: str, channel: Channel) -> Claim | None:
        now = utc_now()
        with self._database.writing() as session:
            if locked(session, conversation_id) is None:
                return None
            for row in outgoing.waiting(session, conversation_id):
                if reason := self._unreachable(session, conversation_id):
                    _set_aside(row, reason, channel.name, now)
                    continue
                return self._leased(session, row, channel, now)
        return None

    def _unreachable(self, session: Session, conversation_id: str) -> str:
        try:
            blocked = self._identities.is_blocked(session, conversation_id)
            if not blocked:
                self._identities.of_conversation(session, conversation_id)
        except BadKey:
            return "the citizen's address does not open with any key"
        return "the citizen cannot be reached" if blocked else ""

    def _leased(
        self, session: Session, row: OutboxUnit, channel: Channel, now: datetime
    ) -> Claim | None:
        waits = row.next_try_at is not None and row.next_try_at > now
        leased = row.lease_until is not None and row.lease_until > now
        in_http = channel.capabilities.answers_in_http and row.in_reply_to is not None
        if waits or leased or (in_http and row.created_at > now - ANSWERS_AFTER):
            return None
        row.lease_until = now + LEASE
        parts = self._outgoings.parts(session, row.id, now)
        # A repeat goes the way that has a key, whatever token came meanwhile.
        to = self._identities.address(session, row.conversation_id, now, token=not row.attempts)
        if parts:
            to = replace(to, sender=parts[-1].sender)
        unit = Unit(row.id, row.conversation_id, channel.name, parts, row.sent, row.attempts)
        return Claim(unit, to)

    def _went(self, unit: Unit, count: int, last: bool, sent: Sent) -> bool:
        """Note what the platform has; False when the unit is gone meanwhile."""
        now = utc_now()
        with self._database.writing() as session:
            row = session.get(OutboxUnit, unit.id)
            if row is None:
                return False
            row.sent, row.platform_id = count, (sent.message_id or "")[:120] or row.platform_id
            row.lease_until = None if last else now + LEASE
            if last:
                row.delivered_at, row.next_try_at = now, None
            return True

    def _not_sent(self, channel: str, unit: Unit, sent: Sent) -> bool:
        """Note a failed try; True when the next unit may follow because this one is set aside."""
        now = utc_now()
        log.warning(
            "not_sent", channel=channel, unit=unit.id, outcome=sent.outcome, why=sent.reason
        )
        with self._database.writing() as session:
            row = session.get(OutboxUnit, unit.id)
            if row is None:
                return False
            row.attempts += 1
            row.unsure += sent.outcome == "maybe"
            row.lease_until = None
            if sent.outcome == "blocked":
                self._identities.mark_blocked(session, unit.conversation_id, now)
            final = sent.outcome in ("parked", "blocked")
            # What a reply can still carry waits for the citizen's next message, however long.
            waits = self._channels[channel].capabilities.answers_in_http
            if not waits and (final or row.attempts >= self._most_attempts):
                _set_aside(row, sent.reason or sent.outcome, channel, now)
                return True
            row.next_try_at = now + timedelta(seconds=_wait(row.attempts, sent.retry_after))
        return False

    def _park(self, unit: Unit, reason: str) -> None:
        with self._database.writing() as session:
            if (row := session.get(OutboxUnit, unit.id)) is not None:
                _set_aside(row, reason, unit.channel, utc_now())


def _wait(attempts: int, asked: float | None) -> float:
    """Seconds until the next try: what the platform asks, else doubling with some chance."""
    if asked is not None:
        return min(max(asked, 0.5), 3600.0)
    return min(FIRST_WAIT * 2.0 ** (attempts - 1), LONGEST_WAIT) * random.uniform(0.8, 1.2)


def _set_aside(row: OutboxUnit, reason: str, channel: str, now: datetime) -> None:
    row.parked_at, row.parked, row.lease_until = now, reason[:120], None
    PARKED.labels(channel=channel).inc()
