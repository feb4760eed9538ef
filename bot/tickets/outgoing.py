"""The task that sends what bodies are to be told, reminds them, and asks how their requests stand.

Any number of processes may run one. No transaction is open while anything is sent.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx
import structlog
from sqlalchemy.orm import Session

from bot.database import Database, utc_now
from bot.privacy.masking import Masker
from bot.rounds import attempted
from bot.settings import Settings
from bot.tickets.claiming import (
    Arrived,
    Claimed,
    NotSent,
    claim,
    is_due,
    mark_failed,
    mark_sent,
)
from bot.tickets.delivery_models import TicketDelivery
from bot.tickets.delivery_policy import DeliveryPolicy, Email, Open311, delivery_policy
from bot.tickets.forms import Forms
from bot.tickets.letters import Writer
from bot.tickets.mailing import Mailer
from bot.tickets.one_click import token
from bot.tickets.open311_client import Open311Client, fields_of
from bot.tickets.polling import Poller, keep_number
from bot.tickets.reminding import remind_bodies
from bot.wording import Wording

log = structlog.get_logger(__name__)
ROUND_SECONDS = 2.0
SELDOM_EVERY_ROUNDS = 30
SECRETS = "delivery"
"""Folder of API keys beneath VAR_DIR/keys, where DELIVERY_SECRETS_DIR names none."""


@dataclass(frozen=True)
class Job:
    """A claimed delivery with all that sending it needs, so that no session stays open."""

    id: int
    attempt: int
    send: Callable[[], Awaitable[Arrived]]
    parks_in_doubt: bool


class Outgoing:
    """Sends deliveries round by round."""

    def __init__(
        self,
        *,
        database: Database,
        settings: Settings,
        writer: Writer,
        mask: Callable[[str], str],
        policy: DeliveryPolicy | None = None,
    ) -> None:
        """`mask`: a text of another body without personal data."""
        self._database = database
        self._writer = writer
        self._policy = policy or delivery_policy()
        self._links_key = settings.links_key()
        self._mailer = Mailer.of(settings, self._policy.timeout_seconds)
        self._http = httpx.AsyncClient(timeout=self._policy.timeout_seconds)
        secrets = settings.delivery_secrets_dir or settings.var_dir / "keys" / SECRETS
        self._open311 = Open311Client(self._http, Path(secrets))
        self._poller = Poller(database, self._open311, self._policy, mask)

    @classmethod
    def of(
        cls,
        *,
        database: Database,
        settings: Settings,
        wording: Wording,
        forms: Forms,
        masker: Masker,
    ) -> "Outgoing":
        """The sender of this installation."""
        writer = Writer(wording=wording, forms=forms, base_url=settings.base_url)

        def masked(text: str) -> str:
            return masker.mask(text).text

        return cls(database=database, settings=settings, writer=writer, mask=masked)

    async def run(self) -> None:
        """Go round until cancelled; a failed round is logged and the next one tries again."""
        rounds = 0
        try:
            while True:
                await attempted(self.send_due, "outgoing_round_failed")
                if rounds % SELDOM_EVERY_ROUNDS == 0:
                    await attempted(self.remind, "outgoing_round_failed")
                    await attempted(self.poll, "outgoing_round_failed")
                rounds += 1
                await asyncio.sleep(ROUND_SECONDS)
        finally:
            await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send_due(self, now: datetime | None = None) -> int:
        """Send what is due; how many were tried."""
        jobs = await asyncio.to_thread(self._claim, now or utc_now())
        await asyncio.gather(*(self._try(job, now) for job in jobs))
        return len(jobs)

    async def remind(self, now: datetime | None = None) -> int:
        """Remind bodies of terms that end or are over; of how many tickets."""
        return await asyncio.to_thread(self._remind, now or utc_now())

    async def poll(self, now: datetime | None = None) -> int:
        """Ask Open311 servers how requests stand; how many were asked about."""
        return await self._poller.poll(now or utc_now())

    def _claim(self, now: datetime) -> list[Job]:
        with self._database.reading() as session:
            if not is_due(session, now=now):
                return []
        with self._database.writing() as session:
            claimed = claim(session, now=now, policy=self._policy)
            return [self._job(session, one, now) for one in claimed]

    def _job(self, session: Session, claimed: Claimed, now: datetime) -> Job:
        row = claimed.delivery
        way = self._policy.way(row.office)
        try:
            if isinstance(way, Email):
                send = self._by_mail(session, row, way, now)
            elif isinstance(way, Open311):
                send = self._by_open311(claimed, way)
            else:
                raise NotSent("The body has neither e-mail nor Open311 any more.", again=False)
        except NotSent as failure:
            send = _failing(failure)
        row.way = way.way if way.way != "console" else row.way
        parks = isinstance(way, Open311) and way.on_doubt == "park"
        return Job(row.id, row.attempts, send, parks)

    def _by_mail(
        self, session: Session, row: TicketDelivery, way: Email, now: datetime
    ) -> Callable[[], Awaitable[Arrived]]:
        link = token(self._links_key, row)
        letter = self._writer.letter(session, row, link, way.language, now)
        to, key, written = way.to, row.key, row.created_at

        async def send() -> Arrived:
            await asyncio.to_thread(self._mailer.send, letter, to=to, key=key, now=written)
            return Arrived()

        return send

    def _by_open311(self, claimed: Claimed, way: Open311) -> Callable[[], Awaitable[Arrived]]:
        row = claimed.delivery
        if row.kind != "opened":
            raise NotSent(f"Open311 has no way to tell {row.kind}.", again=False)
        if claimed.left_over and way.on_doubt == "park":
            raise NotSent("The process ended while it sent this.", again=False, doubtful=True)
        description = self._writer.description(row.ticket, way.language)
        fields = fields_of(row.ticket, way, description, self._writer.answers(row.ticket))
        reference, doubtful = row.ticket.receipt_number, row.doubtful

        async def send() -> Arrived:
            if doubtful and way.on_doubt == "look_up":
                found = await self._open311.look_up(way, reference)
                if found is not None:
                    return found
            return await self._open311.post(way, fields)

        return send

    async def _try(self, job: Job, now: datetime | None) -> None:
        try:
            arrived = await job.send()
        except Exception as error:
            await asyncio.to_thread(self._failed, job, _as_failure(error), now or utc_now())
        else:
            await asyncio.to_thread(self._sent, job, arrived, now or utc_now())

    def _sent(self, job: Job, arrived: Arrived, now: datetime) -> None:
        with self._database.writing() as session:
            mark_sent(session, job.id, arrived, now=now)
            if arrived.external_id:
                keep_number(session, job.id, arrived.external_id, now=now)

    def _failed(self, job: Job, failure: NotSent, now: datetime) -> None:
        log.warning("delivery_failed", delivery=job.id, attempt=job.attempt, reason=str(failure))
        with self._database.writing() as session:
            mark_failed(
                session,
                job.id,
                job.attempt,
                failure,
                park=failure.doubtful and job.parks_in_doubt,
                now=now,
                policy=self._policy,
            )

    def _remind(self, now: datetime) -> int:
        with self._database.writing() as session:
            return len(remind_bodies(session, now=now, policy=self._policy))


def _failing(failure: NotSent) -> Callable[[], Awaitable[Arrived]]:
    async def send() -> Arrived:
        raise failure

    return send


def _as_failure(error: Exception) -> NotSent:
    if isinstance(error, NotSent):
        return error
    log.error("delivery_broke", error=type(error).__name__)
    return NotSent(f"{type(error).__name__}: {error}", again=True, doubtful=True)
