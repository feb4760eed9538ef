"""Posting a request: a ticket like any other, routed by the same rules, under the same clock."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.metrics import TICKETS
from bot.open311 import keys
from bot.open311.models import Open311Key, Open311Post
from bot.open311.posted import Posted
from bot.open311.requests import ORIGIN
from bot.privacy.vault import Cipher
from bot.tickets import service as tickets
from bot.tickets.models import Ticket
from bot.tickets.routing import routing
from bot.tickets.service import NewTicket

CONSENT = "open311"
"""The client has the citizen's consent, as docs/open311.md asks of whoever gets a key."""


def post(
    session: Session,
    posted: Posted,
    *,
    api_key: str,
    language: str,
    allowed: int,
    cipher: Cipher,
    now: datetime,
) -> Ticket:
    """Open the ticket of a posted request; the same reference of a key opens only one.

    `allowed`: posts of a key in a minute. Raises NoKey and TooMany.
    """
    # The key's row is held, so that its posts come one after the other.
    key = keys.find(session, api_key, lock=True)
    known = by_reference(session, key, posted.reference) if posted.reference else ()
    if known:
        return known[0]
    keys.check_minute(session, key, allowed=allowed, now=now)
    new = _new(posted, _message_id(key, posted.reference), language)
    ticket = tickets.open_ticket(session, new=new, cipher=cipher, now=now).ticket
    session.add(Open311Post(key_id=key.id, ticket_id=ticket.id, reference=posted.reference, at=now))
    key.used_at = now
    session.flush()
    TICKETS.labels(kind=ticket.kind, topic=ticket.topic).inc()
    return ticket


def by_reference(session: Session, key: Open311Key, reference: str) -> Sequence[Ticket]:
    """The ticket that a key opened with its own number, as a list of one or none."""
    return session.scalars(
        select(Ticket)
        .join(Open311Post, Open311Post.ticket_id == Ticket.id)
        .where(Open311Post.key_id == key.id, Open311Post.reference == reference)
    ).all()


def _new(posted: Posted, message_id: str | None, language: str) -> NewTicket:
    topic = posted.form.topic
    decision = routing().decide(topic, posted.spot, posted.answers)
    return NewTicket(
        kind=posted.form.kind,
        topic=topic,
        fields=posted.fields,
        language=language,
        petition=routing().petition(topic),
        office=decision.office,
        rule=decision.rule,
        origin=ORIGIN,
        message_id=message_id,
        spot=posted.spot,
        secrets=posted.secrets,
        consent_version=CONSENT if posted.secrets else None,
    )


def _message_id(key: Open311Key, reference: str | None) -> str | None:
    if reference is None:
        return None
    return f"{ORIGIN}:{key.id}:{hashlib.sha256(reference.encode()).hexdigest()[:32]}"
