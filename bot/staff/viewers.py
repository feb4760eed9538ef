"""Who has a conversation open, and who is typing in it: so that two do not answer at once."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.conversations.models import Conversation
from bot.staff import errors
from bot.staff.desk_models import Viewer
from bot.staff.desk_policy import desk_policy

KEPT = timedelta(hours=1)


@dataclass(frozen=True)
class Looking:
    """A person with a conversation open."""

    login: str
    typing: bool


def note(
    session: Session, *, conversation_id: str, login: str, typing: bool, now: datetime
) -> None:
    """Note that a person's page shows the conversation. Raises UnknownConversation."""
    if session.get(Conversation, conversation_id) is None:
        raise errors.UnknownConversation
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    row = {"conversation_id": conversation_id, "login": login, "seen_at": now}
    row["typed_at"] = now if typing else None
    changed = {"seen_at": now, "typed_at": row["typed_at"]}
    session.execute(
        insert(Viewer)
        .values(row)
        .on_conflict_do_update(index_elements=["conversation_id", "login"], set_=changed)
    )


def left(session: Session, *, conversation_id: str, login: str) -> None:
    """Note that a person closed the page."""
    session.execute(
        delete(Viewer).where(Viewer.conversation_id == conversation_id, Viewer.login == login)
    )


def now_looking(session: Session, *, now: datetime) -> dict[str, tuple[Looking, ...]]:
    """Everybody who looks now, by conversation and login."""
    policy = desk_policy()
    typing_since = now - timedelta(seconds=policy.typing_seconds)
    rows = session.scalars(
        select(Viewer)
        .where(Viewer.seen_at > now - timedelta(seconds=policy.viewer_seconds))
        .order_by(Viewer.conversation_id, Viewer.login)
    )
    found: dict[str, list[Looking]] = defaultdict(list)
    for row in rows:
        typing = row.typed_at is not None and row.typed_at > typing_since
        found[row.conversation_id].append(Looking(row.login, typing))
    return {conversation_id: tuple(people) for conversation_id, people in found.items()}


def purge(session: Session, *, now: datetime) -> None:
    """Delete signs that say nothing any more."""
    session.execute(delete(Viewer).where(Viewer.seen_at <= now - KEPT))
