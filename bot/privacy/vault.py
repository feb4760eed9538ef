"""The short-lived vault: originals of a conversation's placeholders, encrypted.

Only kinds that may be kept get in (kinds.py). A ticket takes what it needs with consent; the
rest is purged when the conversation closes, and in any case after VAULT_HOURS.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from bot.privacy.kinds import KINDS
from bot.privacy.masking import Finding
from bot.privacy.models import VaultEntry
from bot.settings import settings


class BadKey(Exception):
    """A key of the vault is missing, malformed, or not the one a value was encrypted with."""


class Cipher:
    """Encrypts and decrypts short texts with Fernet (AES-128-CBC and HMAC-SHA256)."""

    def __init__(self, key: str) -> None:
        """`key`: Fernet keys separated by commas, newest first; the others only decrypt.

        Raises BadKey when there is none or one is malformed.
        """
        keys = [part.strip() for part in key.split(",") if part.strip()]
        if not keys:
            raise BadKey("The vault has no key. Set VAULT_KEYS to a Fernet key.")
        try:
            self._fernet = MultiFernet([Fernet(part) for part in keys])
        except ValueError:
            # The cause would carry the key into a log.
            raise BadKey(
                "A vault key is malformed: each must be 32 bytes in URL-safe base64."
            ) from None

    def encrypt(self, text: str) -> bytes:
        """`text` encrypted with the newest key."""
        return self._fernet.encrypt(text.encode())

    def decrypt(self, ciphertext: bytes) -> str:
        """The text of `ciphertext`. Raises BadKey when no key fits or it was tampered with."""
        try:
            return self._fernet.decrypt(ciphertext).decode()
        except InvalidToken:
            raise BadKey("A stored value does not open with any key in VAULT_KEYS.") from None

    def rotate(self, ciphertext: bytes) -> bytes:
        """`ciphertext` encrypted anew with the newest key. Raises BadKey as `decrypt` does."""
        try:
            return self._fernet.rotate(ciphertext)
        except InvalidToken:
            raise BadKey("A stored value does not open with any key in VAULT_KEYS.") from None


def keep(
    session: Session,
    cipher: Cipher,
    *,
    conversation_id: str,
    findings: Iterable[Finding],
    now: datetime,
    lifetime: timedelta | None = None,
) -> None:
    """Store the originals of `findings` that may be kept, encrypted, for `lifetime`.

    Without `lifetime`, VAULT_HOURS of the settings. Storing a placeholder again replaces it, so
    a message handled twice after a crash does no harm.
    """
    expires_at = now + (lifetime or timedelta(hours=settings().vault_hours))
    for finding in findings:
        if not (finding.keep and KINDS[finding.kind].keep and finding.original):
            continue
        entry = _entry(session, conversation_id, finding.placeholder)
        if entry is None:
            entry = VaultEntry(conversation_id=conversation_id, placeholder=finding.placeholder)
            session.add(entry)
        entry.kind = finding.kind
        entry.ciphertext = cipher.encrypt(
            json.dumps([conversation_id, finding.placeholder, finding.original])
        )
        entry.created_at, entry.expires_at = now, expires_at
    session.flush()


def reveal(
    session: Session, cipher: Cipher, *, conversation_id: str, placeholder: str, now: datetime
) -> str | None:
    """The original behind a placeholder of this very conversation, or None when it is gone.

    Raises BadKey when it does not open, or was moved there from elsewhere.
    """
    entry = _entry(session, conversation_id, placeholder)
    if entry is None or entry.expires_at <= now:
        return None
    owner, name, original = json.loads(cipher.decrypt(entry.ciphertext))
    if (owner, name) != (conversation_id, placeholder):
        raise BadKey("A stored value belongs to another conversation or placeholder.")
    return str(original)


def purge(session: Session, *, conversation_id: str) -> int:
    """Delete everything the vault holds of a conversation. Returns how many values that was."""
    return _purged(session, VaultEntry.conversation_id == conversation_id)


def purge_expired(session: Session, *, now: datetime) -> int:
    """Delete what has outlived its time in any conversation. Returns how many values that was."""
    return _purged(session, VaultEntry.expires_at <= now)


def counters(session: Session, conversation_id: str) -> dict[str, int]:
    """Kind to the highest number the vault still holds of a conversation.

    Only what was not purged: a conversation numbers on from what `merge_counters` gave it.
    """
    rows = session.execute(
        select(VaultEntry.kind, VaultEntry.placeholder).where(
            VaultEntry.conversation_id == conversation_id
        )
    )
    highest: dict[str, int] = {}
    for kind, name in rows:
        highest[kind] = max(highest.get(kind, 0), _number(name))
    return highest


def merge_counters(taken: Mapping[str, int], findings: Iterable[Finding]) -> dict[str, int]:
    """`taken` (kind to highest number used) with `findings` counted in, as a new dict."""
    merged = dict(taken)
    for finding in findings:
        merged[finding.kind] = max(merged.get(finding.kind, 0), _number(finding.placeholder))
    return merged


def _number(name: str) -> int:
    match = re.search(r"(\d+)\]$", name)
    return int(match[1]) if match else 0


def _entry(session: Session, conversation_id: str, placeholder: str) -> VaultEntry | None:
    return session.scalar(
        select(VaultEntry).where(
            VaultEntry.conversation_id == conversation_id, VaultEntry.placeholder == placeholder
        )
    )


def _purged(session: Session, condition: ColumnElement[bool]) -> int:
    # Fetching the ids gives the count without relying on the driver's rowcount.
    ids = session.scalars(delete(VaultEntry).where(condition).returning(VaultEntry.id))
    return len(ids.all())
