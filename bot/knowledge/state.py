"""Whether what is served has changed: a stamp, read in one look-up."""

from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.knowledge.models import KnowledgeState

_ONLY = 1


def stamp(session: Session) -> str:
    """What stands for everything served and its lemmas; empty before the first change."""
    return session.scalar(select(KnowledgeState.stamp).where(KnowledgeState.id == _ONLY)) or ""


def renew(session: Session) -> None:
    """Set a stamp that was never there before; call it last in a transaction.

    On PostgreSQL the next writer waits here until this one has committed. Whoever took locks on
    articles after it could wait for that writer in turn.
    """
    fresh = uuid4().hex
    row = update(KnowledgeState).where(KnowledgeState.id == _ONLY).values(stamp=fresh)
    if session.scalar(row.returning(KnowledgeState.id)) is None:
        session.add(KnowledgeState(id=_ONLY, stamp=fresh))
        session.flush()
