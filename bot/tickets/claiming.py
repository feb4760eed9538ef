"""Who sends a delivery: one process at a time, for as long as its lease lasts.

A process claims, sends without any transaction open, and marks the result. What it knows to be sent
is never sent again; what a dead process left is taken up when the lease is over, as doubtful.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Exists, and_, exists, select, update
from sqlalchemy.orm import Session, aliased, joinedload

from bot.tickets.deliveries import UNSENT
from bot.tickets.delivery_models import TicketDelivery
from bot.tickets.delivery_policy import DeliveryPolicy

_ERROR_LENGTH = 300


class NotSent(Exception):
    """A try failed. `again`: whether another may help; `doubtful`: whether it may have arrived."""

    def __init__(
        self, reason: str, *, again: bool, doubtful: bool = False, after: timedelta | None = None
    ) -> None:
        super().__init__(reason)
        self.again = again
        self.doubtful = doubtful
        self.after = after


@dataclass(frozen=True)
class Arrived:
    """What the other side said of a delivery that it took."""

    external_id: str | None = None
    external_token: str | None = None


@dataclass(frozen=True)
class Claimed:
    """A delivery that this process sends now."""

    delivery: TicketDelivery
    left_over: bool
    """Whether another process claimed it and never said what became of it."""


def is_due(session: Session, *, now: datetime) -> bool:
    """Whether there may be something to claim."""
    return session.scalar(select(TicketDelivery.id).where(_due(now)).limit(1)) is not None


def claim(
    session: Session, *, now: datetime, policy: DeliveryPolicy, limit: int = 10
) -> list[Claimed]:
    """Deliveries that this process sends now, with their tickets.

    What a body is told of one ticket keeps its order: nothing passes one that is not sent yet.
    """
    rows = session.scalars(
        select(TicketDelivery)
        .where(_due(now), ~_held_up())
        .options(joinedload(TicketDelivery.ticket))
        .order_by(TicketDelivery.next_try_at, TicketDelivery.id)
        .limit(limit)
        .with_for_update(of=TicketDelivery, skip_locked=True)
    ).all()
    claimed = [Claimed(row, row.state == "sending") for row in rows]
    for one in claimed:
        row = one.delivery
        row.doubtful = row.doubtful or one.left_over
        row.state = "sending"
        row.attempts += 1
        row.next_try_at = now + timedelta(seconds=policy.lease_seconds)
    return claimed


def mark_sent(session: Session, delivery_id: int, arrived: Arrived, *, now: datetime) -> None:
    """Note that a delivery arrived, whoever else holds it meanwhile."""
    session.execute(
        update(TicketDelivery)
        .where(TicketDelivery.id == delivery_id)
        .values(
            state="sent",
            sent_at=now,
            last_error=None,
            doubtful=False,
            external_id=arrived.external_id,
            external_token=arrived.external_token,
            polled_at=now,
        )
    )


def mark_failed(
    session: Session,
    delivery_id: int,
    attempt: int,
    failure: NotSent,
    *,
    park: bool,
    now: datetime,
    policy: DeliveryPolicy,
) -> None:
    """Note a failed try: it waits for the next, is parked, or dropped when it was taken back.

    `park`: whether a person must see to it whatever tries are left. Nothing happens when another
    process has taken the delivery up.
    """
    row = session.scalar(
        select(TicketDelivery).where(TicketDelivery.id == delivery_id).with_for_update()
    )
    if row is None or row.state != "sending" or row.attempts != attempt:
        return
    row.last_error = str(failure)[:_ERROR_LENGTH]
    row.doubtful = row.doubtful or failure.doubtful
    if (withdrawal := _withdrawal_after(session, row)) is not None:
        row.state = "dropped"
        if not row.doubtful:
            withdrawal.state = "dropped"
        return
    row.state = "waiting"
    row.next_try_at = now + (failure.after or policy.retry.wait(row.attempts))
    if park or not failure.again or row.attempts >= policy.retry.tries:
        row.state = "parked"


def _due(now: datetime) -> ColumnElement[bool]:
    unsent = TicketDelivery.state.in_(("waiting", "sending"))
    return and_(unsent, TicketDelivery.next_try_at <= now)


def _held_up() -> Exists:
    before = aliased(TicketDelivery)
    return (
        exists()
        .where(
            before.ticket_id == TicketDelivery.ticket_id,
            before.office == TicketDelivery.office,
            before.id < TicketDelivery.id,
            before.state.in_(UNSENT),
        )
        .correlate(TicketDelivery)
    )


def _withdrawal_after(session: Session, row: TicketDelivery) -> TicketDelivery | None:
    return session.scalar(
        select(TicketDelivery)
        .where(
            TicketDelivery.ticket_id == row.ticket_id,
            TicketDelivery.office == row.office,
            TicketDelivery.id > row.id,
            TicketDelivery.kind == "withdrawn",
            TicketDelivery.state == "waiting",
        )
        .limit(1)
    )
