"""Accounts as administrators see them: roles, offices, and the sessions that are open."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.offices import offices
from bot.staff import errors, service
from bot.staff.models import StaffAccount, StaffSession
from bot.staff.rights import ROLES
from bot.staff.service import Staff, audit

ADMINISTRATOR = "administrator"
OFFICER = "officer"


@dataclass(frozen=True)
class Person:
    """An account and how many browsers are signed in to it."""

    account: StaffAccount
    sessions: int


def listed(session: Session) -> list[Person]:
    """Every account, those in use first, by login."""
    open_ones = (
        select(func.count())
        .select_from(StaffSession)
        .where(StaffSession.account_id == StaffAccount.id)
        .scalar_subquery()
    )
    rows = session.execute(
        select(StaffAccount, open_ones).order_by(StaffAccount.active.desc(), StaffAccount.login)
    )
    return [Person(row[0], row[1]) for row in rows]


def add(
    session: Session, *, login: str, name: str, role: str, office: str, by: Staff, now: datetime
) -> str:
    """Make an account; its one-time password, which is shown this once.

    Raises BadLogin, UnknownRole, LoginTaken or OfficeNeeded.
    """
    chosen = _office(role, office)
    password = service.add(session, login=login, name=name, role=role, now=now)
    account = _account(session, login)
    account.office = chosen
    _audit(session, account, "account_added", by, now, {"role": role, "office": chosen})
    return password


def change(
    session: Session, *, login: str, role: str, office: str, by: Staff, now: datetime
) -> None:
    """Give an account another role or office; it holds from the person's next click.

    Raises UnknownAccount, UnknownRole, OfficeNeeded, or LastAdministrator.
    """
    account = _account(session, login)
    if role not in ROLES:
        raise errors.UnknownRole(role=role, roles=", ".join(ROLES))
    chosen = _office(role, office)
    if role != ADMINISTRATOR:
        _not_the_last(session, account)
    details = {"from": [account.role, account.office], "to": [role, chosen]}
    account.role, account.office = role, chosen
    _audit(session, account, "role_changed", by, now, details)


def close(session: Session, *, login: str, by: Staff, now: datetime) -> None:
    """Close an account and sign it out everywhere. Raises UnknownAccount or LastAdministrator."""
    account = _account(session, login)
    _not_the_last(session, account)
    service.deactivate(session, login=account.login, now=now)
    _audit(session, account, "account_closed", by, now)


def reset(session: Session, *, login: str, by: Staff, now: datetime) -> str:
    """Open an account again; its new one-time password, shown this once. Raises UnknownAccount."""
    account = _account(session, login)
    password = service.reset(session, login=account.login, now=now)
    _audit(session, account, "account_reset", by, now)
    return password


def sessions(session: Session, *, account_id: int) -> list[StaffSession]:
    """The open sessions of an account, the one used last first."""
    return list(
        session.scalars(
            select(StaffSession)
            .where(StaffSession.account_id == account_id)
            .order_by(StaffSession.seen_at.desc())
        )
    )


def revoke(session: Session, *, session_id: str, by: Staff, now: datetime) -> None:
    """End a session of one's own, or of anybody with the right to people. Raises UnknownSession."""
    found = session.scalar(select(StaffSession).where(StaffSession.id == session_id))
    if found is None or (found.account_id != by.account_id and not by.may("people")):
        raise errors.UnknownSession
    account = session.get_one(StaffAccount, found.account_id)
    session.execute(delete(StaffSession).where(StaffSession.id == session_id))
    _audit(session, account, "session_ended", by, now)


def _account(session: Session, login: str) -> StaffAccount:
    found = session.scalar(
        select(StaffAccount).where(StaffAccount.login == login.strip().lower()).with_for_update()
    )
    if found is None:
        raise errors.UnknownAccount(login=login[: service.MAX_LOGIN])
    return found


def _office(role: str, office: str) -> str | None:
    """The office that a role needs, checked; None for a role that sees every office's tickets."""
    if role != OFFICER:
        return None
    if office not in offices():
        raise errors.OfficeNeeded
    return office


def _not_the_last(session: Session, account: StaffAccount) -> None:
    """Refuse what would leave nobody who can manage accounts."""
    if account.role != ADMINISTRATOR or not account.active:
        return
    others = session.scalars(
        select(StaffAccount.id)
        .where(
            StaffAccount.role == ADMINISTRATOR,
            StaffAccount.active,
            StaffAccount.id != account.id,
        )
        .with_for_update()
    ).first()
    if others is None:
        raise errors.LastAdministrator


def _audit(
    session: Session,
    account: StaffAccount,
    what: str,
    by: Staff,
    now: datetime,
    details: dict[str, Any] | None = None,
) -> None:
    audit(session, login=by.login, what=what, subject=account.login, now=now, details=details)
