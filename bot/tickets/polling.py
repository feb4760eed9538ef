"""What became of requests at Open311 servers: their numbers, and when they were closed there."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, joinedload

from bot.database import Database
from bot.tickets.changes import move_on, note, set_external_number
from bot.tickets.claiming import NotSent
from bot.tickets.delivery_models import TicketDelivery
from bot.tickets.delivery_policy import DeliveryPolicy, Open311
from bot.tickets.errors import WrongTransition
from bot.tickets.models import Ticket
from bot.tickets.open311_client import Open311Client, Standing
from bot.wording import wording

log = structlog.get_logger(__name__)
ACTOR = "system"
BATCH = 20


@dataclass(frozen=True)
class _Asked:
    """A request to ask about."""

    id: int
    way: Open311
    number: str | None
    token: str | None


class Poller:
    """Asks about requests that are still open there, each every so many minutes."""

    def __init__(
        self,
        database: Database,
        client: Open311Client,
        policy: DeliveryPolicy,
        mask: Callable[[str], str],
    ) -> None:
        self._database = database
        self._client = client
        self._policy = policy
        self._mask = mask

    async def poll(self, now: datetime) -> int:
        """Ask about what is due; how many that was."""
        asked = await asyncio.to_thread(self._due, now)
        for one in asked:
            try:
                await self._ask(one, now)
            except NotSent as failure:
                log.warning("open311_poll_failed", delivery=one.id, reason=str(failure))
        return len(asked)

    async def _ask(self, one: _Asked, now: datetime) -> None:
        number = one.number
        if number is None:
            if (
                one.token is None
                or (number := await self._client.number(one.way, one.token)) is None
            ):
                return
            await asyncio.to_thread(self._numbered, one.id, number, now)
        standing = await self._client.standing(one.way, number)
        if standing.closed:
            await asyncio.to_thread(self._closed, one, standing, now)

    def _due(self, now: datetime) -> list[_Asked]:
        with self._database.reading() as session:
            if session.scalar(_query(now, self._policy).limit(1)) is None:
                return []
        with self._database.writing() as session:
            rows = session.scalars(
                _query(now, self._policy)
                .limit(BATCH)
                .with_for_update(of=TicketDelivery, skip_locked=True)
            ).all()
            for row in rows:
                row.polled_at = now
            ways = [(row, self._policy.way(row.office)) for row in rows]
            return [
                _Asked(row.id, way, row.external_id, row.external_token)
                for row, way in ways
                if isinstance(way, Open311)
            ]

    def _numbered(self, delivery_id: int, number: str, now: datetime) -> None:
        with self._database.writing() as session:
            session.get_one(TicketDelivery, delivery_id).external_id = number
            keep_number(session, delivery_id, number, now=now)

    def _closed(self, one: _Asked, standing: Standing, now: datetime) -> None:
        with self._database.writing() as session:
            row = session.get_one(TicketDelivery, one.id, with_for_update=True)
            if row.closed_at is not None:
                return
            row.closed_at = now
            if one.way.on_closed == "ignore":
                return
            notes = self._mask(standing.notes)
            if one.way.on_closed == "note" or not _done(session, row.ticket, notes, now):
                _noted(session, row.ticket, one.way.language, notes, now)


def keep_number(session: Session, delivery_id: int, number: str, *, now: datetime) -> None:
    """Show the other system's number on the ticket, unless the body has given it back."""
    row = session.get_one(TicketDelivery, delivery_id, options=[joinedload(TicketDelivery.ticket)])
    if row.ticket.office == row.office and row.ticket.external_number != number:
        set_external_number(
            session, ticket=row.ticket, number=number, actor=ACTOR, version=None, now=now
        )


def _done(session: Session, ticket: Ticket, notes: str, now: datetime) -> bool:
    """Whether the ticket could be put to done, and its citizen told."""
    try:
        move_on(
            session,
            ticket=ticket,
            to="done",
            actor=ACTOR,
            note=notes,
            tell_citizen=True,
            now=now,
        )
    except WrongTransition:
        return False
    return True


def _noted(session: Session, ticket: Ticket, language: str, notes: str, now: datetime) -> None:
    text = wording().text("delivery.note_closed", language, {"notes": notes or "-"})
    note(session, ticket=ticket, text=text, actor=ACTOR, version=None, now=now)


def _query(now: datetime, policy: DeliveryPolicy) -> Select[TicketDelivery]:
    old = now - timedelta(minutes=policy.poll_minutes)
    return (
        select(TicketDelivery)
        .join(Ticket, Ticket.id == TicketDelivery.ticket_id)
        .where(
            TicketDelivery.way == "open311",
            TicketDelivery.state == "sent",
            TicketDelivery.kind == "opened",
            TicketDelivery.closed_at.is_(None),
            or_(TicketDelivery.polled_at.is_(None), TicketDelivery.polled_at <= old),
            Ticket.done_at.is_(None),
            Ticket.office == TicketDelivery.office,
        )
        .order_by(TicketDelivery.polled_at, TicketDelivery.id)
    )
