"""Views of the inbox that a person keeps under a name."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.staff import errors
from bot.staff.desk_models import SavedView

MOST = 20
MAX_NAME = 40


def of(session: Session, *, login: str) -> list[SavedView]:
    """A person's views, the oldest first."""
    return list(
        session.scalars(
            select(SavedView)
            .where(SavedView.login == login)
            .order_by(SavedView.created_at, SavedView.id)
        )
    )


def keep(
    session: Session, *, login: str, name: str, wanted: dict[str, Any], now: datetime
) -> SavedView:
    """Keep a view; one of the same name is replaced.

    Raises BadViewName for an empty or long name, TooManyViews beyond MOST.
    """
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME:
        raise errors.BadViewName(limit=str(MAX_NAME))
    known = session.scalar(
        select(SavedView).where(SavedView.login == login, SavedView.name == name)
    )
    if known is not None:
        known.wanted = wanted
        return known
    count = select(func.count()).select_from(SavedView).where(SavedView.login == login)
    if (session.scalar(count) or 0) >= MOST:
        raise errors.TooManyViews(limit=str(MOST))
    view = SavedView(login=login, name=name, wanted=wanted, created_at=now)
    session.add(view)
    session.flush()
    return view


def forget(session: Session, *, login: str, view_id: str) -> None:
    """Delete a view of this very person; nothing happens when there is none."""
    session.execute(delete(SavedView).where(SavedView.id == view_id, SavedView.login == login))
