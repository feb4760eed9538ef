"""Photos are kept, taken by a ticket, found again, and deleted.

Functions take a session and commit nothing. A file is written before its row and removed after its
row, so that no row is ever without its file; what a crash leaves over, `sweep` removes.
"""

import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import batched

from sqlalchemy import ColumnElement, delete, event, func, select, update
from sqlalchemy.orm import Session

from bot.attachments import images
from bot.attachments.errors import PhotoGone, TooManyPhotos
from bot.attachments.images import Photo
from bot.attachments.models import Attachment
from bot.attachments.preparing import MB, Limits
from bot.attachments.store import Store

HOUR = timedelta(hours=1)
A_QUERY = 500
"""Photos asked for at once; every kept one is looked at in each round."""
LEFT_OVER_SECONDS = 3600.0
"""A file without a row that is older was left by a crash, or its conversation was deleted."""


def keep(
    session: Session,
    *,
    data: bytes | Photo,
    conversation_id: str | None,
    now: datetime,
    store: Store,
    message_id: str | None = None,
    limits: Limits | None = None,
) -> Attachment:
    """Keep a photo: the bytes as they came, or one that `Photos.prepare` has redrawn already.

    With `limits` the conversation's hour is looked at (a citizen's photos; staff have no limit).
    Raises an AttachmentError; then, and when the transaction is rolled back, nothing is kept.
    """
    photo = data if isinstance(data, Photo) else images.redrawn(data)
    if limits is not None and conversation_id is not None:
        check_hour(session, conversation_id=conversation_id, limits=limits, now=now)
    attachment = Attachment(
        id=secrets.token_urlsafe(32),
        conversation_id=conversation_id,
        message_id=message_id,
        media_type=photo.media_type,
        size=len(photo.data),
        width=photo.width,
        height=photo.height,
        sha256=photo.sha256,
        created_at=now,
    )
    store.write(attachment.id, photo.data)
    _at_the_end(session, rolled_back=partial(store.delete, attachment.id))
    session.add(attachment)
    session.flush()
    return attachment


def check_hour(session: Session, *, conversation_id: str, limits: Limits, now: datetime) -> None:
    """Raises TooManyPhotos when the conversation's last hour is used up."""
    count, size = session.execute(
        select(func.count(), func.coalesce(func.sum(Attachment.size), 0)).where(
            Attachment.conversation_id == conversation_id, Attachment.created_at > now - HOUR
        )
    ).one()
    if count >= limits.hourly_count or size >= limits.hourly_mb * MB:
        raise TooManyPhotos(count=str(limits.hourly_count))


def attach(session: Session, *, ids: Iterable[str], ticket_id: int) -> list[Attachment]:
    """Let a ticket take photos; return those that it now has.

    A photo that is gone, or that another ticket took before, is left out.
    """
    wanted = list(ids)
    found = {each.id: each for each in _where(session, Attachment.id.in_(wanted))} if wanted else {}
    taken = [found[id] for id in wanted if id in found]
    taken = [each for each in taken if each.ticket_id in (None, ticket_id)]
    for each in taken:
        each.ticket_id = ticket_id
    session.flush()
    return taken


def find(session: Session, id: str) -> Attachment:
    """The photo with this id. Raises PhotoGone."""
    # PostgreSQL refuses a NUL, and no id has one.
    if (found := session.get(Attachment, id.replace("\0", ""))) is None:
        raise PhotoGone
    return found


def of_ticket(session: Session, ticket_id: int) -> list[Attachment]:
    """The photos of a ticket, in the order in which they came."""
    return _where(session, Attachment.ticket_id == ticket_id)


def of_message(session: Session, message_id: str) -> list[Attachment]:
    """The photos of a message."""
    return _where(session, Attachment.message_id == message_id)


def of_messages(session: Session, message_ids: Sequence[str]) -> dict[str, list[Attachment]]:
    """The photos of each of these messages, as far as they have any."""
    found: dict[str, list[Attachment]] = {}
    for each in _where(session, Attachment.message_id.in_(message_ids)) if message_ids else ():
        found.setdefault(str(each.message_id), []).append(each)
    return found


def erase(session: Session, *, conversation_id: str, store: Store | None = None) -> int:
    """Delete a conversation's photos; return how many. One that a ticket took stays with it.

    Without `store` the rows go now, and the files with the next `sweep`.
    """
    mine = Attachment.conversation_id == conversation_id
    gone = _deleted(session, store, mine, Attachment.ticket_id.is_(None))
    session.execute(update(Attachment).where(mine).values(conversation_id=None, message_id=None))
    return gone


def purge(session: Session, *, now: datetime, hours: int, store: Store) -> int:
    """Delete photos that no ticket took within `hours`; return how many that was."""
    old = Attachment.created_at < now - timedelta(hours=hours)
    return _deleted(session, store, old, Attachment.ticket_id.is_(None))


def sweep(session: Session, *, store: Store) -> int:
    """Delete files that belong to no row; return how many that was."""
    gone = 0
    for ids in batched(store.older_than(LEFT_OVER_SECONDS), A_QUERY):
        known = set(session.scalars(select(Attachment.id).where(Attachment.id.in_(ids))))
        left_over = [id for id in ids if id not in known]
        store.delete_all(left_over)
        gone += len(left_over)
    return gone


def _where(session: Session, condition: ColumnElement[bool]) -> list[Attachment]:
    order = (Attachment.created_at, Attachment.id)
    return list(session.scalars(select(Attachment).where(condition).order_by(*order)))


def _deleted(session: Session, store: Store | None, *conditions: ColumnElement[bool]) -> int:
    ids = list(session.scalars(delete(Attachment).where(*conditions).returning(Attachment.id)))
    if store is not None:
        _at_the_end(session, committed=partial(store.delete_all, ids))
    return len(ids)


def _at_the_end(
    session: Session,
    *,
    committed: Callable[[], object] = lambda: None,
    rolled_back: Callable[[], object] = lambda: None,
) -> None:
    """Do one of the two when the session's transaction ends, but not at the end of a savepoint."""
    over = False

    def end(outcome: Callable[[], object]) -> Callable[[Session], None]:
        def ended(session: Session) -> None:
            nonlocal over
            if not over and not session.in_nested_transaction():
                over = True
                outcome()

        return ended

    event.listen(session, "after_commit", end(committed))
    event.listen(session, "after_rollback", end(rolled_back))
