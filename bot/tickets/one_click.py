"""The link in a letter by which a body gives a ticket back, without an account.

The token is made anew from a key for each try, so that every copy of a letter has the same link;
the database holds only its hash. It ends with one use, or when the ticket leaves the body.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from bot.privacy.signing import signature
from bot.tickets.changes import set_external_number
from bot.tickets.changing import is_open
from bot.tickets.deliveries import BY_OFFICE
from bot.tickets.delivery_models import TicketDelivery
from bot.tickets.errors import TicketError
from bot.tickets.models import Ticket
from bot.tickets.passing import DESK, not_ours

PURPOSE = "not-ours"
LONGEST_REASON = 500


class LinkOver(TicketError):
    """The link was used, the ticket has left the body, or there never was such a link."""

    status = 404
    wording = "delivery.error_link"


@dataclass(frozen=True)
class Link:
    """What a link leads to: a ticket at the body that was sent it."""

    delivery: TicketDelivery

    @property
    def ticket(self) -> Ticket:
        """The ticket."""
        return self.delivery.ticket


def token(key: str, delivery: TicketDelivery) -> str:
    """The token of a delivery's letter, from the key that signs links; its hash is kept."""
    made = signature(key, PURPOSE, delivery.key)
    delivery.token_hash = _hash(made)
    return made


def find(session: Session, given: str) -> Link:
    """What a link leads to. Raises LinkOver."""
    delivery = session.scalar(
        select(TicketDelivery)
        .where(TicketDelivery.token_hash == _hash(given[:100]))
        .options(joinedload(TicketDelivery.ticket))
    )
    if delivery is None or delivery.token_used_at is not None:
        raise LinkOver
    ticket = delivery.ticket
    if ticket.office != delivery.office or ticket.office == DESK or not is_open(ticket):
        raise LinkOver
    if _came_again(session, delivery):
        raise LinkOver
    return Link(delivery)


def give_back(session: Session, given: str, *, reason: str, now: datetime) -> Ticket:
    """Give the ticket back to the 120 desk; `reason` is masked. Raises LinkOver."""
    found = _held(session, given)
    not_ours(
        session,
        ticket=found.ticket,
        reason=reason[:LONGEST_REASON],
        actor=_actor(found),
        version=None,
        now=now,
    )
    found.delivery.token_used_at = now
    return found.ticket


def keep_number(session: Session, given: str, *, number: str, now: datetime) -> Ticket:
    """Keep the ticket's number in the body's own system. Raises LinkOver."""
    found = _held(session, given)
    # PostgreSQL refuses a NUL.
    plain = " ".join(number.replace("\0", "").split())
    set_external_number(
        session, ticket=found.ticket, number=plain, actor=_actor(found), version=None, now=now
    )
    return found.ticket


def _held(session: Session, given: str) -> Link:
    """As `find`, with the delivery's row locked: two clicks at once are one."""
    found = find(session, given)
    session.refresh(found.delivery, with_for_update=True)
    session.refresh(found.ticket, with_for_update=True)
    return find(session, given)


def _came_again(session: Session, delivery: TicketDelivery) -> bool:
    """Whether the ticket left the body after this letter, and came back with another."""
    return (
        session.scalar(
            select(TicketDelivery.id)
            .where(
                TicketDelivery.ticket_id == delivery.ticket_id,
                TicketDelivery.office == delivery.office,
                TicketDelivery.id > delivery.id,
                TicketDelivery.kind == "opened",
            )
            .limit(1)
        )
        is not None
    )


def _actor(found: Link) -> str:
    return f"{BY_OFFICE}{found.delivery.office}"[:64]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
