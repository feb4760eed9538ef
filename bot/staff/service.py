"""Staff accounts: one-time passwords, signing in, sessions, throttling, and the audit log.

Every function takes a session and works inside the caller's transaction; nothing here knows HTTP.
Signing in takes three short transactions, so that no password is hashed under the write lock:
`note_attempt` counts the try before it is known to be good, `verify` checks, `sign_in` opens the
session and forgets the count.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.staff import errors
from bot.staff.models import AuditEvent, SignInAttempt, StaffAccount, StaffSession
from bot.staff.rights import ROLES, Right, rights_of

SESSION_AGE = timedelta(hours=12)
"""A session ends this long after signing in, whatever happens in it."""
IDLE_AGE = timedelta(hours=2)
"""A session ends this long after the last page that a person opened."""
SEEN_EVERY = timedelta(minutes=1)
"""How exactly the last page is remembered; saves a write on nearly every page."""

WINDOW = timedelta(minutes=15)
FAILURES_PER_LOGIN = 5
FAILURES_PER_ADDRESS = 5

NO_OFFICE = "-"
MIN_PASSWORD = 12
MAX_PASSWORD = 256
MAX_LOGIN = 64
MAX_AGENT = 200

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
# Without characters that look alike: a one-time password is read out or copied by hand.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_HASHER = PasswordHasher()


@dataclass(frozen=True)
class Staff:
    """The person behind a request, and the CSRF token of the session."""

    account_id: int
    login: str
    name: str
    role: str
    must_change: bool
    csrf_token: str
    office: str | None = None
    """The body whose tickets the person handles, where that is not every body's."""

    def may(self, right: Right) -> bool:
        """Whether the person's role gives a right."""
        return right in rights_of(self.role)

    @property
    def only_office(self) -> str | None:
        """The one office whose tickets the person may see; None for every office's.

        Somebody without an office and without the right to all of them gets a name that none has.
        """
        return None if self.may("all_offices") else self.office or NO_OFFICE

    @property
    def actor(self) -> str:
        """The name under which a ticket's history records this person."""
        return f"staff:{self.login}"


@dataclass(frozen=True)
class Verified:
    """An account whose password was right, and a new hash where the old one is out of date."""

    account_id: int
    login: str
    new_hash: str | None


# Accounts


def add(session: Session, *, login: str, name: str, role: str, now: datetime) -> str:
    """Make an account and return its one-time password, which is shown this once.

    Raises BadLogin, UnknownRole or LoginTaken.
    """
    login = _normal(login)
    if not _LOGIN.fullmatch(login):
        raise errors.BadLogin
    if role not in ROLES:
        raise errors.UnknownRole(role=role, roles=", ".join(ROLES))
    if _account(session, login):
        raise errors.LoginTaken(login=login)
    password = _one_time_password()
    session.add(
        StaffAccount(
            login=login,
            name=name.strip() or login,
            role=role,
            password_hash=_HASHER.hash(password),
            must_change=True,
            active=True,
            created_at=now,
        )
    )
    session.flush()
    return password


def reset(session: Session, *, login: str, now: datetime) -> str:
    """Give the account a new one-time password, reactivate it, and sign it out everywhere.

    Raises UnknownAccount.
    """
    account = _known(session, login)
    password = _one_time_password()
    account.password_hash = _HASHER.hash(password)
    account.must_change = True
    account.active = True
    _forget(session, account)
    audit(session, login="system", what="password_reset", subject=account.login, now=now)
    return password


def deactivate(session: Session, *, login: str, now: datetime) -> None:
    """Close the account and sign it out everywhere. Raises UnknownAccount."""
    account = _known(session, login)
    account.active = False
    _forget(session, account)
    audit(session, login="system", what="deactivated", subject=account.login, now=now)


def accounts(session: Session) -> list[StaffAccount]:
    """Every account, by login."""
    return list(session.scalars(select(StaffAccount).order_by(StaffAccount.login)))


def name_of(session: Session, login: str | None) -> str | None:
    """The name that citizens read of a member of staff; None for nobody."""
    return session.scalar(select(StaffAccount.name).where(StaffAccount.login == login))


def _account(session: Session, login: str) -> StaffAccount | None:
    return session.scalar(select(StaffAccount).where(StaffAccount.login == login))


def _known(session: Session, login: str) -> StaffAccount:
    account = _account(session, _normal(login))
    if account is None:
        raise errors.UnknownAccount(login=_normal(login))
    return account


def _forget(session: Session, account: StaffAccount) -> None:
    session.execute(delete(StaffSession).where(StaffSession.account_id == account.id))
    session.execute(delete(SignInAttempt).where(SignInAttempt.login == account.login))


def _normal(login: str) -> str:
    return login.strip().lower()[:MAX_LOGIN]


def _one_time_password() -> str:
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(4))
    return "-".join(groups)


# Signing in


def note_attempt(session: Session, *, login: str, address: str, now: datetime) -> None:
    """Count an attempt as failed until `sign_in` forgets it, so that parallel tries all count.

    Raises TooManyAttempts, the same for a login that does not exist; then nothing is counted.
    """
    purge_expired(session, now=now)
    login, address = _normal(login), address[:64]
    waits = (
        _wait(session, SignInAttempt.login == login, FAILURES_PER_LOGIN, now),
        _wait(session, SignInAttempt.address == address, FAILURES_PER_ADDRESS, now),
    )
    if any(waits):
        raise errors.TooManyAttempts(seconds=max(waits))
    session.add(SignInAttempt(login=login, address=address, at=now))
    session.flush()


def _wait(session: Session, whose: Any, allowed: int, now: datetime) -> int:
    """Seconds until fewer than `allowed` attempts are left in the window; 0 when there are."""
    oldest_that_counts = session.scalar(
        select(SignInAttempt.at)
        .where(whose, SignInAttempt.at > now - WINDOW)
        .order_by(SignInAttempt.at.desc())
        .offset(allowed - 1)
        .limit(1)
    )
    if oldest_that_counts is None:
        return 0
    return max(1, int((oldest_that_counts + WINDOW - now).total_seconds()))


def verify(session: Session, *, login: str, password: str) -> Verified:
    """The active account of `login`, when `password` is its own.

    Raises WrongPassword otherwise, after the same work for a login that does not exist.
    """
    account = _account(session, _normal(login))
    usable = account is not None and account.active
    nobodys = nobodys_hash()
    stored = account.password_hash if account and usable else nobodys
    right = _matches(stored, password)
    if account is None or not usable or not right:
        raise errors.WrongPassword
    stale = _HASHER.check_needs_rehash(account.password_hash)
    return Verified(account.id, account.login, _HASHER.hash(password) if stale else None)


@lru_cache
def nobodys_hash() -> str:
    """The hash of a password that nobody knows."""
    return _HASHER.hash(secrets.token_urlsafe(16))


def _matches(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password[: MAX_PASSWORD + 1])
    except (VerificationError, InvalidHashError):
        return False


def sign_in(
    session: Session, *, verified: Verified, replaces: str | None, now: datetime, agent: str = ""
) -> tuple[str, StaffSession]:
    """Open a session; return the cookie's value, which is stored only as a hash.

    `replaces` is the cookie the browser brought: it ends, so that no session outlives a sign-in.
    `agent`: the browser, as it calls itself.
    """
    if replaces:
        sign_out(session, token=replaces)
    account = session.get_one(StaffAccount, verified.account_id)
    if verified.new_hash:
        account.password_hash = verified.new_hash
    session.execute(delete(SignInAttempt).where(SignInAttempt.login == account.login))
    audit(session, login=account.login, what="sign_in", subject=account.login, now=now)
    return open_session(session, account=account, now=now, agent=agent)


def open_session(
    session: Session, *, account: StaffAccount, now: datetime, agent: str = ""
) -> tuple[str, StaffSession]:
    """Open a session of an account that has proven itself; the cookie's value and the session."""
    token = new_token()
    opened = StaffSession(
        token_hash=token_hash(token),
        account_id=account.id,
        csrf_token=new_token(),
        agent=agent[:MAX_AGENT],
        created_at=now,
        seen_at=now,
        expires_at=now + SESSION_AGE,
    )
    session.add(opened)
    session.flush()
    return token, opened


def sign_out(session: Session, *, token: str) -> None:
    """End the session of this cookie, if there is one."""
    session.execute(delete(StaffSession).where(StaffSession.token_hash == token_hash(token)))


def signed_in(session: Session, *, token: str, now: datetime) -> tuple[Staff, bool]:
    """Who is signed in with this cookie, and whether `seen` should be called for it.

    Raises SignedOut when there is no such session, it has expired, or the account is closed.
    """
    row = session.execute(
        select(StaffSession, StaffAccount)
        .join(StaffAccount, StaffSession.account_id == StaffAccount.id)
        .where(StaffSession.token_hash == token_hash(token))
    ).one_or_none()
    if row is None:
        raise errors.SignedOut
    current, account = row
    if now >= current.expires_at or now >= current.seen_at + IDLE_AGE or not account.active:
        raise errors.SignedOut
    staff = Staff(
        account_id=account.id,
        login=account.login,
        name=account.name,
        role=account.role,
        must_change=account.must_change,
        csrf_token=current.csrf_token,
        office=account.office,
    )
    return staff, now >= current.seen_at + SEEN_EVERY


def seen(session: Session, *, token: str, now: datetime) -> None:
    """Remember that a person, not a page refreshing itself, used this session just now."""
    current = session.get(StaffSession, token_hash(token))
    if current is not None:
        current.seen_at = now


def change_password(
    session: Session, *, verified: Verified, current: str, new: str, now: datetime
) -> tuple[str, StaffSession]:
    """Set the person's own password, end every session of the account and open a new one.

    Returns the new cookie's value and session. Raises WeakPassword.
    """
    check_password(new, login=verified.login, current=current)
    account = session.get_one(StaffAccount, verified.account_id)
    account.password_hash = _HASHER.hash(new)
    account.must_change = False
    _forget(session, account)
    audit(session, login=account.login, what="password_change", subject=account.login, now=now)
    return open_session(session, account=account, now=now)


def check_password(new: str, *, login: str, current: str) -> None:
    """Raises WeakPassword, naming the rule, for a new password that may not be used."""
    if len(new) < MIN_PASSWORD:
        raise errors.WeakPassword("staff.error_password_short", minimum=str(MIN_PASSWORD))
    if len(new) > MAX_PASSWORD:
        raise errors.WeakPassword("staff.error_password_long", maximum=str(MAX_PASSWORD))
    if new == current:
        raise errors.WeakPassword("staff.error_password_same")
    if login in new.lower() or len(set(new)) < 5:
        raise errors.WeakPassword("staff.error_password_guessable")


def purge_expired(session: Session, *, now: datetime) -> None:
    """Delete attempts older than the window and sessions that have ended."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.at <= now - WINDOW))
    session.execute(
        delete(StaffSession).where(
            (StaffSession.expires_at <= now) | (StaffSession.seen_at <= now - IDLE_AGE)
        )
    )


def new_token() -> str:
    """A value that cannot be guessed: a cookie's, or a form's."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """The form in which a session's token is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


# The audit log


def audit(
    session: Session,
    *,
    login: str,
    what: str,
    subject: str,
    now: datetime,
    details: dict[str, Any] | None = None,
) -> None:
    """Add to the log what a staff member did or looked at; never with personal data in it."""
    session.add(AuditEvent(at=now, login=login, what=what, subject=subject, details=details or {}))
