"""Short codes: digits that lead a counsellor on the phone, or the citizen elsewhere, to a talk."""

import re
import secrets
import unicodedata
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.conversations.errors import TooManyCodes
from bot.conversations.models import Conversation
from bot.conversations.people_models import CodeTry, ShortCode
from bot.conversations.people_policy import people_policy
from bot.conversations.turn_queue import locked

log = structlog.get_logger(__name__)
TRIES_TO_MAKE = 5


def code_for(session: Session, *, conversation_id: str, now: datetime) -> ShortCode:
    """The conversation's code: the one that still holds for half its life, else a fresh one."""
    rule = people_policy().code
    known = session.scalar(
        select(ShortCode)
        .where(
            ShortCode.conversation_id == conversation_id,
            ShortCode.expires_at > now + timedelta(minutes=rule.minutes / 2),
        )
        .order_by(ShortCode.expires_at.desc())
        .limit(1)
    )
    if known is not None:
        return known
    expires = now + timedelta(minutes=rule.minutes)
    for _ in range(TRIES_TO_MAKE):
        code = "".join(str(secrets.randbelow(10)) for _ in range(rule.digits))
        fresh = ShortCode(code=code, conversation_id=conversation_id, expires_at=expires)
        try:
            with session.begin_nested():
                session.add(fresh)
        except IntegrityError:
            continue
        return fresh
    raise AssertionError("no free code; people.yml must give codes more digits")


def shown(code: str) -> str:
    """A code as it is read out: in two halves."""
    half = len(code) // 2
    return f"{code[:half]}-{code[half:]}"


def tidy(typed: str) -> str | None:
    """The digits of a code from what was typed, when that is a code and nothing else."""
    plain = re.sub(r"[\s‐-―−-]", "", unicodedata.normalize("NFKC", typed))
    fits = plain.isascii() and plain.isdigit() and len(plain) == people_policy().code.digits
    return plain if fits else None


def find(session: Session, *, typed: str, now: datetime) -> Conversation | None:
    """The open conversation behind a code that still holds; None for any other."""
    code = session.get(ShortCode, tidy(typed) or "")
    if code is None or code.expires_at <= now:
        return None
    conversation = session.get(Conversation, code.conversation_id)
    return conversation if conversation is not None and conversation.state != "closed" else None


def find_for_citizen(
    session: Session, *, typed: str, conversation_id: str, now: datetime
) -> Conversation | None:
    """As `find`, for a citizen who types the code in another conversation: once, guessing bounded.

    Needs a writing session, committed also when nothing is found. Raises TooManyCodes.
    """
    rule = people_policy().code
    # One at a time, so that parallel guesses are counted; both talks in one order, so that two who
    # type each other's codes do not wait for each other.
    meant = find(session, typed=typed, now=now)
    for id in sorted({conversation_id} | ({meant.id} if meant else set())):
        locked(session, id)
    tries = session.get(CodeTry, conversation_id)
    if tries is not None and now - tries.since >= timedelta(minutes=rule.tries_minutes):
        session.delete(tries)
        session.flush()
        tries = None
    if tries is not None and tries.wrong >= rule.tries:
        raise TooManyCodes
    if _wrong_in_all(session, since=now - timedelta(minutes=rule.tries_minutes)) >= (
        rule.tries_of_all
    ):
        log.warning("codes_guessed")
        raise TooManyCodes
    found = find(session, typed=typed, now=now)
    if found is None or found.id == conversation_id:
        if tries is None:
            tries = CodeTry(conversation_id=conversation_id, wrong=0, since=now)
            session.add(tries)
        tries.wrong += 1
        session.flush()
        return None
    forget(session, conversation_id=found.id)
    return found


def _wrong_in_all(session: Session, *, since: datetime) -> int:
    return session.scalar(select(func.sum(CodeTry.wrong)).where(CodeTry.since > since)) or 0


def forget(session: Session, *, conversation_id: str) -> None:
    """Delete the codes of a conversation. The count of wrong ones typed in it stays for its hour:
    who deletes a talk must not begin to guess anew.
    """
    session.execute(delete(ShortCode).where(ShortCode.conversation_id == conversation_id))


def purge(session: Session, *, now: datetime) -> None:
    """Delete codes whose time is over, and old counts of wrong ones."""
    session.execute(delete(ShortCode).where(ShortCode.expires_at <= now))
    old = now - timedelta(minutes=people_policy().code.tries_minutes)
    session.execute(delete(CodeTry).where(CodeTry.since <= old))
