"""What is done with tickets: opened, found again, moved on, looked at. All of it leaves a trace.

Functions take a session and commit nothing. What a citizen is to be told is only written down
here; `bot.conversations` delivers it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from bot.database import utc_now
from bot.privacy.vault import BadKey, Cipher
from bot.tickets import clock, receipts
from bot.tickets.errors import UnknownSecret, WrongTransition
from bot.tickets.lookups import find_for_citizen, forget_attempts
from bot.tickets.models import Ticket, TicketEvent, TicketSecret
from bot.tickets.policy import ticket_policy

__all__ = [
    "Opened",
    "find_for_citizen",
    "forget_attempts",
    "list_tickets",
    "look_at_secret",
    "mark_told",
    "move_on",
    "next_states",
    "open_ticket",
    "untold_events",
]

FIRST_STATE = "received"


@dataclass(frozen=True)
class Opened:
    """A ticket, and the check code to show once; None when the ticket had been opened before."""

    ticket: Ticket
    check_code: str | None


def open_ticket(
    session: Session,
    *,
    kind: str,
    topic: str,
    fields: Mapping[str, str],
    language: str,
    conversation_id: str,
    message_id: str,
    department: str,
    petition: str,
    secrets: Iterable[tuple[str, str, str]],
    cipher: Cipher,
    consent_version: str | None,
    now: datetime,
    rule: str = "",
) -> Opened:
    """Open a ticket; the same message of a conversation opens only one, whoever asks again.

    `secrets`: placeholder, kind and plaintext of each personal datum to keep, sealed.
    `rule`: why this department (`Decision.rule`), for the history.
    Raises clock.UnknownPetition, and clock.UnknownYear when the deadline cannot be told.
    """
    if (known := _opened_by(session, conversation_id, message_id)) is not None:
        return Opened(known, None)
    code = receipts.new_code()
    ticket = Ticket(
        kind=kind,
        topic=topic,
        state=FIRST_STATE,
        department=department,
        fields=dict(fields),
        language=language,
        conversation_id=conversation_id,
        message_id=message_id,
        check_code_hash=receipts.hash_code(code),
        petition=petition,
        due_at=clock.due(petition, now),
        consent_version=consent_version,
        consented_at=now if consent_version else None,
        created_at=now,
    )
    try:
        with session.begin_nested():
            ticket.receipt_number = receipts.next_number(session, now)
            session.add(ticket)
            session.flush()
    except IntegrityError:
        # Another process opened it for this very message meanwhile.
        if (known := _opened_by(session, conversation_id, message_id)) is None:
            raise
        return Opened(known, None)
    _seal(session, ticket, secrets, cipher)
    opened = {"department": department, "rule": rule}
    _record(session, ticket, actor="citizen", what="opened", details=opened, now=now)
    return Opened(ticket, code)


def next_states(ticket: Ticket) -> tuple[str, ...]:
    """The states that a ticket may move on to."""
    rule = ticket_policy().states.get(ticket.state)
    return rule.next if rule else ()


def move_on(
    session: Session,
    *,
    ticket: Ticket,
    to: str,
    actor: str,
    note: str,
    tell_citizen: bool,
    now: datetime,
) -> TicketEvent:
    """Move a ticket to the state `to`; where no further state follows, destroy its personal data.

    `note` is for the citizen when `tell_citizen`, else for staff. The event's details are `from`,
    `to` and `note`. Raises WrongTransition, also when somebody else moved the ticket first.
    """
    session.refresh(ticket, with_for_update=True)
    before = ticket.state
    if to not in next_states(ticket):
        raise WrongTransition(f"{ticket.receipt_number} cannot go from {before} to {to!r}.")
    ticket.state = to
    moved = _record(
        session,
        ticket,
        actor=actor,
        what="moved",
        details={"from": before, "to": to, "note": note},
        tell_citizen=tell_citizen,
        now=now,
    )
    if not next_states(ticket):
        _forget_secrets(session, ticket, actor, now)
    return moved


def look_at_secret(
    session: Session, *, ticket: Ticket, placeholder: str, cipher: Cipher, actor: str, now: datetime
) -> str:
    """The personal datum behind a placeholder of this ticket; the look is recorded.

    Raises UnknownSecret, and BadKey when it does not open or was moved there from elsewhere.
    """
    secret = session.scalar(
        select(TicketSecret).where(
            TicketSecret.ticket_id == ticket.id, TicketSecret.placeholder == placeholder
        )
    )
    if secret is None:
        raise UnknownSecret(f"{ticket.receipt_number} holds nothing under {placeholder}.")
    plain = _unseal(ticket, secret, cipher)
    seen = {"placeholder": placeholder, "kind": secret.kind}
    _record(session, ticket, actor=actor, what="looked", details=seen, now=now)
    return plain


def list_tickets(
    session: Session,
    *,
    state: str | None = None,
    topic: str | None = None,
    overdue: bool = False,
    limit: int = 50,
    before: int | None = None,
    now: datetime | None = None,
) -> list[Ticket]:
    """Tickets, the newest first. `before`: the id of the last one of the page before.

    `overdue`: only those that somebody still has to handle and whose term is over at `now`.
    """
    query = select(Ticket).order_by(Ticket.id.desc()).limit(limit)
    if state is not None:
        query = query.where(Ticket.state == state)
    if topic is not None:
        query = query.where(Ticket.topic == topic)
    if before is not None:
        query = query.where(Ticket.id < before)
    if overdue:
        still_open = Ticket.state.in_(ticket_policy().open_states)
        query = query.where(still_open, Ticket.due_at < (now or utc_now()))
    return list(session.scalars(query))


def untold_events(session: Session, limit: int = 100) -> list[TicketEvent]:
    """Changes that their citizens have not been told yet, the oldest first, with their tickets."""
    return list(
        session.scalars(
            select(TicketEvent)
            .where(TicketEvent.tell_citizen, TicketEvent.told_at.is_(None))
            .options(joinedload(TicketEvent.ticket))
            .order_by(TicketEvent.id)
            .limit(limit)
        )
    )


def mark_told(session: Session, event: TicketEvent, now: datetime) -> None:
    """Note that the citizen was told of a change; the first time stands."""
    if event.told_at is None:
        event.told_at = now
    session.flush()


def _opened_by(session: Session, conversation_id: str, message_id: str) -> Ticket | None:
    return session.scalar(
        select(Ticket).where(
            Ticket.conversation_id == conversation_id, Ticket.message_id == message_id
        )
    )


def _seal(
    session: Session, ticket: Ticket, secrets: Iterable[tuple[str, str, str]], cipher: Cipher
) -> None:
    for placeholder, kind, plaintext in secrets:
        # The owner is sealed in, so that a row moved to another ticket does not open there.
        sealed = json.dumps([ticket.receipt_number, placeholder, plaintext])
        session.add(
            TicketSecret(
                ticket=ticket, placeholder=placeholder, kind=kind, ciphertext=cipher.encrypt(sealed)
            )
        )
    session.flush()


def _unseal(ticket: Ticket, secret: TicketSecret, cipher: Cipher) -> str:
    owner, placeholder, plaintext = json.loads(cipher.decrypt(secret.ciphertext))
    if (owner, placeholder) != (ticket.receipt_number, secret.placeholder):
        raise BadKey("A sealed value belongs to another ticket or placeholder.")
    return str(plaintext)


def _forget_secrets(session: Session, ticket: Ticket, actor: str, now: datetime) -> None:
    """What the citizen consented to ends with the ticket (개인정보 보호법 제21조)."""
    held = list(ticket.secrets)
    if not held:
        return
    for secret in held:
        session.delete(secret)
    placeholders = {"placeholders": [secret.placeholder for secret in held]}
    _record(session, ticket, actor=actor, what="forgotten", details=placeholders, now=now)
    session.expire(ticket, ["secrets"])


def _record(
    session: Session,
    ticket: Ticket,
    *,
    actor: str,
    what: str,
    details: dict[str, Any],
    now: datetime,
    tell_citizen: bool = False,
) -> TicketEvent:
    event = TicketEvent(
        ticket=ticket, at=now, actor=actor, what=what, details=details, tell_citizen=tell_citizen
    )
    session.add(event)
    session.flush()
    return event
