"""Opening a ticket; and, by their names, all that is done with tickets afterwards.

Functions take a session and commit nothing. What a citizen is to be told is only written down
here; `bot.conversations` delivers it. Every change takes the `version` that the person saw (None
for the system and the citizen) and raises StaleTicket when somebody changed the ticket since.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.privacy.vault import Cipher
from bot.tickets import clock, duplicates, incidents, receipts
from bot.tickets.afterwards import close_done, may_rate, may_reopen, rate, reopen
from bot.tickets.changes import assign, move_on, next_states, note, reply, set_external_number
from bot.tickets.changing import hold, is_open, record
from bot.tickets.duplicates import (
    children,
    joined,
    merge,
    open_like,
    split,
    standing_for,
    withdraw,
)
from bot.tickets.errors import WrongTransition
from bot.tickets.lists import list_tickets
from bot.tickets.lookups import find_for_citizen, forget_attempts
from bot.tickets.models import Ticket
from bot.tickets.passing import not_ours, transfer
from bot.tickets.sealed import Secret, look_at_secret, seal
from bot.tickets.spots import Spot
from bot.tickets.telling import last_told, mark_told, untold_events
from bot.tickets.terms import ask_citizen, extend, told_by_citizen
from bot.tickets.visits import appoint, remind, tried_call

__all__ = [
    "NewTicket",
    "Opened",
    "appoint",
    "ask_citizen",
    "assign",
    "children",
    "close_done",
    "extend",
    "find_for_citizen",
    "forget_attempts",
    "joined",
    "last_told",
    "list_tickets",
    "look_at_secret",
    "mark_told",
    "may_rate",
    "may_reopen",
    "merge",
    "move_on",
    "next_states",
    "not_ours",
    "note",
    "open_like",
    "open_ticket",
    "rate",
    "remind",
    "reopen",
    "reply",
    "set_external_number",
    "split",
    "standing_for",
    "told_by_citizen",
    "transfer",
    "tried_call",
    "untold_events",
    "withdraw",
]

FIRST_STATE = "received"


@dataclass(frozen=True)
class NewTicket:
    """What a ticket is opened with."""

    kind: str
    topic: str
    fields: Mapping[str, str]
    language: str
    petition: str
    office: str
    rule: str
    """Why this office (`Decision.rule`)."""
    origin: str = "chat"
    conversation_id: str | None = None
    message_id: str | None = None
    """What opens it; the same one of a conversation (or of one origin) opens no second ticket."""
    spot: Spot | None = None
    secrets: Iterable[Secret] = ()
    """Personal data to keep, sealed."""
    consent_version: str | None = None
    parent_id: int | None = None
    """The open ticket that the citizen joins instead of having another handled."""
    attachments: tuple[str, ...] = ()
    wanted_from: datetime | None = None
    wanted_until: datetime | None = None


@dataclass(frozen=True)
class Opened:
    """A ticket, and the check code to show once; None when the ticket had been opened before."""

    ticket: Ticket
    check_code: str | None


def open_ticket(session: Session, *, new: NewTicket, cipher: Cipher, now: datetime) -> Opened:
    """Open a ticket; the same message of a conversation opens only one, whoever asks again.

    With a parent it is opened as its duplicate, with a receipt and check code of its own.
    Raises WrongTransition when that one is not open any more, clock.UnknownPetition, and
    clock.UnknownYear when the deadline cannot be told.
    """
    if (known := _opened_by(session, new)) is not None:
        return Opened(known, None)
    parent = _held_parent(session, new.parent_id)
    code = receipts.new_code()
    ticket = _ticket(new, receipts.hash_code(code), parent, now)
    try:
        with session.begin_nested():
            ticket.receipt_number = receipts.next_number(session, now)
            session.add(ticket)
            session.flush()
    except IntegrityError:
        # Another process opened it for this very message meanwhile.
        if (known := _opened_by(session, new)) is None:
            raise
        return Opened(known, None)
    seal(session, ticket, new.secrets, cipher)
    _record_opening(session, ticket, new, parent, now)
    incidents.note_opening(session, ticket, now)
    return Opened(ticket, code)


def _ticket(new: NewTicket, code_hash: str, parent: Ticket | None, now: datetime) -> Ticket:
    return Ticket(
        kind=new.kind,
        topic=new.topic,
        state="duplicate" if parent else FIRST_STATE,
        office=new.office,
        routed_by=new.rule,
        origin=new.origin,
        fields=dict(new.fields),
        language=new.language,
        **_where(new.spot),
        conversation_id=new.conversation_id,
        message_id=new.message_id,
        check_code_hash=code_hash,
        petition=new.petition,
        due_at=clock.due(new.petition, now),
        parent_id=parent.id if parent else None,
        wanted_from=new.wanted_from,
        wanted_until=new.wanted_until,
        consent_version=new.consent_version,
        consented_at=now if new.consent_version else None,
        created_at=now,
        updated_at=now,
        done_at=now if parent else None,
    )


def _where(spot: Spot | None) -> dict[str, Any]:
    if spot is None:
        return {}
    return {
        "place": spot.name,
        "city": spot.city,
        "district": spot.district,
        "latitude": spot.latitude,
        "longitude": spot.longitude,
    }


def _record_opening(
    session: Session, ticket: Ticket, new: NewTicket, parent: Ticket | None, now: datetime
) -> None:
    details = {"office": new.office, "rule": new.rule}
    if parent is not None:
        details["parent"] = parent.receipt_number
    record(session, ticket, actor="citizen", what="opened", details=details, now=now)
    if parent is not None:
        duplicates.note_join(session, parent=parent, child=ticket, actor="citizen", now=now)


def _held_parent(session: Session, parent_id: int | None) -> Ticket | None:
    if parent_id is None:
        return None
    parent = standing_for(session, session.get_one(Ticket, parent_id))
    hold(session, parent, None)
    if not is_open(parent) or parent.parent_id is not None:
        raise WrongTransition(f"{parent.receipt_number} is {parent.state}: nobody can join it.")
    return parent


def _opened_by(session: Session, new: NewTicket) -> Ticket | None:
    if new.message_id is None:
        return None
    return session.scalar(
        select(Ticket).where(
            Ticket.conversation_id == new.conversation_id,
            Ticket.message_id == new.message_id,
            Ticket.origin == new.origin,
        )
    )
