"""What bodies are to be sent of tickets: enqueued with the change itself, listed when it fails.

Functions take a session and commit nothing. `outgoing` sends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from bot.tickets.delivery_models import DeliveryKind, TicketDelivery
from bot.tickets.delivery_policy import DeliveryPolicy, delivery_policy
from bot.tickets.errors import TicketError
from bot.tickets.models import Ticket, TicketEvent

UNSENT = ("waiting", "sending", "parked")
BY_OFFICE = "office:"
"""How the actor begins who is the body itself: it is not told what it did."""
_ARRIVES = ("opened", "transferred", "returned", "split")
_CHANGES = ("told", "extended", "reopened")
_ENDS = ("cancelled", "duplicate")


class UnknownDelivery(TicketError):
    """There is no such delivery, or it needs nobody any more."""

    status = 404
    wording = "delivery.error_unknown"


@dataclass(frozen=True)
class _Told:
    """A body, what it is told, and what caused that."""

    office: str
    kind: DeliveryKind
    cause: str


def follow(
    session: Session, ticket: Ticket, event: TicketEvent, *, policy: DeliveryPolicy | None = None
) -> list[TicketDelivery]:
    """Enqueue what an event that was just written means for the bodies, before and after it."""
    policy = policy or delivery_policy()
    made = []
    for told in _told(ticket, event):
        if event.actor == f"{BY_OFFICE}{told.office}":
            _drop_unsent(session, ticket, told.office)
        elif (one := _enqueue(session, ticket, told, event.at, policy)) is not None:
            made.append(one)
    return made


def enqueue(
    session: Session,
    ticket: Ticket,
    kind: DeliveryKind,
    now: datetime,
    *,
    cause: str,
    policy: DeliveryPolicy | None = None,
) -> TicketDelivery | None:
    """Have the body in charge told something; None when its people see it in the console.

    The same cause enqueues once, however often it is called.
    """
    told = _Told(ticket.office, kind, cause)
    return _enqueue(session, ticket, told, now, policy or delivery_policy())


def not_delivered(session: Session, *, limit: int = 100) -> Sequence[TicketDelivery]:
    """What a person must see to, the oldest first, with its tickets."""
    return session.scalars(
        select(TicketDelivery)
        .where(TicketDelivery.state == "parked")
        .options(joinedload(TicketDelivery.ticket))
        .order_by(TicketDelivery.id)
        .limit(limit)
    ).all()


def of_ticket(session: Session, ticket_id: int) -> Sequence[TicketDelivery]:
    """Everything that was or is to be sent about a ticket, in order."""
    return session.scalars(
        select(TicketDelivery)
        .where(TicketDelivery.ticket_id == ticket_id)
        .order_by(TicketDelivery.id)
    ).all()


def try_again(session: Session, delivery_id: int, *, now: datetime) -> TicketDelivery:
    """Send a parked delivery again, with all its tries. Raises UnknownDelivery."""
    delivery = _parked(session, delivery_id)
    delivery.state, delivery.attempts, delivery.next_try_at = "waiting", 0, now
    return delivery


def settle(session: Session, delivery_id: int) -> TicketDelivery:
    """Drop a parked delivery that a person saw to in another way. Raises UnknownDelivery."""
    delivery = _parked(session, delivery_id)
    delivery.state = "dropped"
    return delivery


def _told(ticket: Ticket, event: TicketEvent) -> list[_Told]:
    cause, details = f"event-{event.id}", event.details
    told = []
    if event.what in ("transferred", "returned"):
        told.append(_Told(str(details.get("office_before", "")), "withdrawn", cause))
    if event.what in _ARRIVES and ticket.done_at is None:
        told.append(_Told(ticket.office, "opened", cause))
    elif event.what in _CHANGES and ticket.done_at is None:
        told.append(_Told(ticket.office, "changed", cause))
    elif event.what == "merged" or (event.what == "moved" and details.get("to") in _ENDS):
        told.append(_Told(ticket.office, "withdrawn", cause))
    return told


def _enqueue(
    session: Session, ticket: Ticket, told: _Told, now: datetime, policy: DeliveryPolicy
) -> TicketDelivery | None:
    way = policy.way(told.office)
    if way.way == "console" or (way.way == "open311" and told.kind == "reminder"):
        return None
    key = f"{ticket.receipt_number}-{told.cause}-{told.kind}"
    known = session.scalar(select(TicketDelivery).where(TicketDelivery.key == key))
    if known is not None:
        return known
    if told.kind == "withdrawn" and not _drop_unsent(session, ticket, told.office):
        return None
    delivery = TicketDelivery(
        ticket_id=ticket.id,
        office=told.office,
        way=way.way,
        kind=told.kind,
        key=key,
        state="waiting",
        next_try_at=now,
        created_at=now,
    )
    session.add(delivery)
    session.flush()
    return delivery


def _drop_unsent(session: Session, ticket: Ticket, office: str) -> bool:
    """Drop what a body has not been sent; whether it has, or may have, heard of the ticket."""
    arrived = False
    rows = session.scalars(
        select(TicketDelivery)
        .where(TicketDelivery.ticket_id == ticket.id, TicketDelivery.office == office)
        .order_by(TicketDelivery.id)
        .with_for_update()
    ).all()
    for row in rows:
        if row.kind == "withdrawn":
            # It had been taken back before; only what came after counts.
            arrived = arrived and row.state == "dropped"
            continue
        arrived = arrived or row.state in ("sent", "sending") or row.doubtful
        if row.state in ("waiting", "parked"):
            row.state = "dropped"
    return arrived


def _parked(session: Session, delivery_id: int) -> TicketDelivery:
    delivery = session.get(TicketDelivery, delivery_id, with_for_update=True)
    if delivery is None or delivery.state != "parked":
        raise UnknownDelivery(f"No delivery {delivery_id} waits for a person.")
    return delivery
