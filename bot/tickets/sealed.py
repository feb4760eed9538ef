"""The personal data of a ticket: sealed when it opens, each look recorded, destroyed in the end."""

import json
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.privacy.vault import BadKey, Cipher
from bot.tickets.changing import record
from bot.tickets.errors import UnknownSecret
from bot.tickets.models import Ticket, TicketSecret

Secret = tuple[str, str, str]
"""Placeholder, kind and plaintext of a personal datum."""

VISIT, HOME = "visit", "location"


def seal(session: Session, ticket: Ticket, secrets: Iterable[Secret], cipher: Cipher) -> None:
    """Keep personal data with a ticket, each bound to it."""
    for placeholder, kind, plaintext in secrets:
        # The owner is sealed in, so that a row moved to another ticket does not open there.
        sealed = json.dumps([ticket.receipt_number, placeholder, plaintext])
        session.add(
            TicketSecret(
                ticket=ticket, placeholder=placeholder, kind=kind, ciphertext=cipher.encrypt(sealed)
            )
        )
    session.flush()


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
    record(session, ticket, actor=actor, what="looked", details=seen, now=now)
    return plain


def forget_secrets(session: Session, ticket: Ticket, *, actor: str, now: datetime) -> None:
    """Destroy what the citizen consented to: it ends with the ticket (개인정보 보호법 제21조)."""
    held = session.scalars(select(TicketSecret).where(TicketSecret.ticket_id == ticket.id)).all()
    _forget_home(ticket)
    if not held:
        return
    for secret in held:
        session.delete(secret)
    placeholders = {"placeholders": [secret.placeholder for secret in held]}
    record(session, ticket, actor=actor, what="forgotten", details=placeholders, now=now)
    session.expire(ticket, ["secrets"])


def _forget_home(ticket: Ticket) -> None:
    """A visit's place is somebody's home: of it only the district is kept, for the figures."""
    if ticket.kind == VISIT and ticket.fields.get(HOME):
        ticket.fields = {name: value for name, value in ticket.fields.items() if name != HOME}
        ticket.place = ticket.latitude = ticket.longitude = None


def _unseal(ticket: Ticket, secret: TicketSecret, cipher: Cipher) -> str:
    owner, placeholder, plaintext = json.loads(cipher.decrypt(secret.ciphertext))
    if (owner, placeholder) != (ticket.receipt_number, secret.placeholder):
        raise BadKey("A sealed value belongs to another ticket or placeholder.")
    return str(plaintext)
