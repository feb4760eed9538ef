"""Receipt numbers, and the check codes that prove whose a ticket is."""

import base64
import hashlib
import hmac
import re
import secrets
import unicodedata
from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.hours import SEOUL
from bot.tickets.models import ReceiptCounter

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without 0, 1, I and O, which are mistaken for one another."""
HALF = 4
RECEIPT = re.compile(r"120-\d{4}-\d{6,9}")

# About 10 ms and 4 MB a try: with 40 bits of code and a lock after five wrong ones, enough.
_COST, _BLOCK, _PARALLEL = 2**12, 8, 1
_SALT_BYTES, _HASH_BYTES = 16, 32


def next_number(session: Session, now: datetime) -> str:
    """The next receipt number, `120-YYYY-NNNNNN`, of the year that `now` (aware) is in in Seoul.

    Unique also among concurrent writers: the counter's row stays locked until the transaction
    ends, and a rollback gives the number back.
    """
    year = now.astimezone(SEOUL).year
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    counted = (
        insert(ReceiptCounter)
        .values(year=year, last=1)
        .on_conflict_do_update(index_elements=["year"], set_={"last": ReceiptCounter.last + 1})
        .returning(ReceiptCounter.last)
    )
    return f"120-{year}-{session.execute(counted).scalar_one():06d}"


def tidy_number(typed: str) -> str | None:
    """A receipt number as it is stored, from one as it was typed; None when it cannot be one."""
    number = re.sub(r"[\s‐-―−]", "", unicodedata.normalize("NFKC", typed))
    return number if RECEIPT.fullmatch(number) else None


def new_code() -> str:
    """A fresh check code, `XXXX-XXXX`, with at least one digit and one letter."""
    while True:
        code = "".join(secrets.choice(ALPHABET) for _ in range(2 * HALF))
        if not code.isdigit() and not code.isalpha():
            return f"{code[:HALF]}-{code[HALF:]}"


def hash_code(code: str) -> str:
    """A salted scrypt hash of a check code, to be stored."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return _pack(salt, _digest(code, salt))


def code_fits(code: str, stored: str | None) -> bool:
    """Whether `code`, in any case and with or without hyphens, is the one behind `stored`.

    `stored` None (no such ticket) takes as long as a wrong code.
    """
    salt, expected = _unpack(stored or _NOBODYS)
    return hmac.compare_digest(_digest(code, salt), expected) and stored is not None


def _digest(code: str, salt: bytes) -> bytes:
    plain = re.sub(r"[^0-9A-Z]", "", unicodedata.normalize("NFKC", code).upper())
    return hashlib.scrypt(
        plain.encode(), salt=salt, n=_COST, r=_BLOCK, p=_PARALLEL, dklen=_HASH_BYTES
    )


def _pack(salt: bytes, digest: bytes) -> str:
    return "$".join(base64.b64encode(part).decode() for part in (salt, digest))


def _unpack(stored: str) -> tuple[bytes, bytes]:
    salt, digest = (base64.b64decode(part) for part in stored.split("$"))
    return salt, digest


_NOBODYS = _pack(secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_HASH_BYTES))
