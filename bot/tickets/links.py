"""Links to a ticket's status page: who has the link needs neither receipt number nor check code.

Who gave the check code is led to such a link, instead of giving it at every click. It ends after a
time, and opens only the ticket whose check code it was signed with.
"""

import re
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.privacy import signing
from bot.tickets.models import Ticket

PURPOSE = "status"
TOKEN = re.compile(r"([1-7]?[0-9a-f]{1,7})\.([0-9a-f]{8,10})\.([\w-]{22})", re.ASCII)
"""The ticket's id and the end in hexadecimal seconds, then the signature."""
LIFETIME = timedelta(minutes=30)
"""Of the link that who gave the check code is led to: the address stays in the browser."""


def status_token(ticket: Ticket, key: str, now: datetime, lifetime: timedelta = LIFETIME) -> str:
    """The last part of the page's address, `/status/<token>`. `key`: `Settings.links_key()`."""
    until = f"{int((now + lifetime).timestamp()):x}"
    return f"{ticket.id:x}.{until}.{_signature(ticket, key, until)}"


def ticket_of(session: Session, token: str, key: str, now: datetime) -> Ticket | None:
    """The ticket that a token opens; None when it is over, changed, or never was one."""
    if (parts := TOKEN.fullmatch(token)) is None:
        return None
    id, until, signature = parts.groups()
    if now.timestamp() >= int(until, 16):
        return None
    ticket = session.get(Ticket, int(id, 16))
    if ticket is None or not signing.fits(signature, key, PURPOSE, *_signed(ticket, until)):
        return None
    return ticket


def _signature(ticket: Ticket, key: str, until: str) -> str:
    return signing.signature(key, PURPOSE, *_signed(ticket, until))


def _signed(ticket: Ticket, until: str) -> tuple[str, ...]:
    return (str(ticket.id), ticket.receipt_number, ticket.check_code_hash, until)
