"""Private notes: what staff tell each other about a conversation. Masked, and never sent."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversations import written
from bot.conversations.turn_queue import locked
from bot.privacy.masking import Masker
from bot.staff import errors
from bot.staff.desk_models import StaffNote
from bot.staff.service import Staff, audit

MAX_NOTE = 2000
"""Characters of a note."""
MOST = 200


def of(session: Session, *, conversation_ids: list[str]) -> list[StaffNote]:
    """The notes about conversations, the oldest first."""
    newest = session.scalars(
        select(StaffNote)
        .where(StaffNote.conversation_id.in_(conversation_ids))
        .order_by(StaffNote.created_at.desc())
        .limit(MOST)
    )
    return list(reversed(newest.all()))


def add(
    session: Session,
    *,
    conversation_id: str,
    staff: Staff,
    text: str,
    masker: Masker,
    now: datetime,
) -> StaffNote:
    """Add a note. Raises UnknownConversation, NoNote or NoteTooLong."""
    conversation = locked(session, conversation_id.replace("\0", ""))
    if conversation is None:
        raise errors.UnknownConversation
    tidy = written.lines(text)
    if not tidy:
        raise errors.NoNote
    if len(tidy) > MAX_NOTE:
        raise errors.NoteTooLong(limit=f"{MAX_NOTE:,}", length=f"{len(tidy):,}")
    masked = written.masked(conversation, tidy, masker)
    # Other consoles learn of it by the conversation's change.
    conversation.updated_at = now
    note = StaffNote(
        conversation_id=conversation.id, login=staff.login, text=masked.text, created_at=now
    )
    session.add(note)
    session.flush()
    audit(session, login=staff.login, what="note", subject=conversation.id, now=now)
    return note
