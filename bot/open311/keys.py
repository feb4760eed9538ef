"""API keys: made at the command line, shown once, kept as hashes."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.open311.errors import NoKey, TooMany
from bot.open311.models import Open311Key, Open311Post

LONGEST_NAME = 64
LONGEST_KEY = 200
MINUTE = timedelta(minutes=1)


class BadName(Exception):
    """A key's name is empty, too long or taken, or there is no such key."""


def add(session: Session, *, name: str, now: datetime) -> str:
    """Make a key and return it: it cannot be shown again. Raises BadName."""
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME or _named(session, name) is not None:
        raise BadName(name)
    key = secrets.token_urlsafe(32)
    session.add(Open311Key(name=name, key_hash=_hash(key), created_at=now))
    session.flush()
    return key


def listed(session: Session) -> Sequence[Open311Key]:
    """Every key, by name, the revoked ones as well."""
    return session.scalars(select(Open311Key).order_by(Open311Key.name)).all()


def revoke(session: Session, *, name: str, now: datetime) -> None:
    """End a key for ever. Raises BadName when there is none of that name in use."""
    key = _named(session, name.strip())
    if key is None or key.revoked_at is not None:
        raise BadName(name)
    key.revoked_at = now


def find(session: Session, key: str, *, lock: bool = False) -> Open311Key:
    """The key in use that this is. Raises NoKey."""
    query = select(Open311Key).where(
        Open311Key.key_hash == _hash(key[:LONGEST_KEY]), Open311Key.revoked_at.is_(None)
    )
    found = session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NoKey("open311.no_key")
    return found


def check_minute(session: Session, key: Open311Key, *, allowed: int, now: datetime) -> None:
    """Raises TooMany when a key, held by this transaction, has used up its minute."""
    posted = session.scalar(
        select(func.count())
        .select_from(Open311Post)
        .where(Open311Post.key_id == key.id, Open311Post.at > now - MINUTE)
    )
    if (posted or 0) >= allowed:
        raise TooMany("open311.too_many", retry_after=60)


def _named(session: Session, name: str) -> Open311Key | None:
    return session.scalar(select(Open311Key).where(Open311Key.name == name))


def _hash(key: str) -> str:
    # 256 random bits need no slow hash.
    return hashlib.sha256(key.encode()).hexdigest()
