"""Which events were taken, so that a redelivery is answered once.

Where a platform has no event ids, a repeat is known while its first is still in work; later the
same words are an honest new message.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from uuid import uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.channels.base import Event, Message
from bot.channels.identities import Identities
from bot.channels.models import SeenEvent
from bot.conversations import models
from bot.database import utc_now

KEY_LENGTH = 48
IN_WORK = timedelta(seconds=10)
"""Between noting an event and storing its message lie milliseconds, or a photo's download."""


def key_of(event: Event) -> str:
    """The key of an event with an id: the id, or its digest where it is long."""
    event_id = event.event_id or ""
    if 0 < len(event_id) <= KEY_LENGTH:
        return event_id
    return sha256(event_id.encode()).hexdigest()[:KEY_LENGTH]


def find(session: Session, channel: str, event: Event, identities: Identities) -> SeenEvent | None:
    """The row of this event when it was taken before, or is in work just now."""
    if event.event_id is not None:
        return session.scalar(
            select(SeenEvent).where(
                SeenEvent.channel == channel, SeenEvent.event_key == key_of(event)
            )
        )
    last = session.scalar(
        select(SeenEvent)
        .where(SeenEvent.fingerprint == _fingerprint(channel, event, identities))
        .order_by(SeenEvent.id.desc())
        .limit(1)
    )
    return last if last is not None and _in_work(session, last) else None


def note(
    session: Session,
    channel: str,
    event: Event,
    conversation_id: str,
    identities: Identities,
    now: datetime,
) -> str:
    """Note an event that is new; returns its key."""
    message_id = getattr(event, "message_id", None)
    has_id = event.event_id is not None
    key = key_of(event) if has_id else f"own:{uuid4()}"
    session.add(
        SeenEvent(
            channel=channel,
            event_key=key,
            fingerprint=None if has_id else _fingerprint(channel, event, identities),
            message_ref=identities.digest("message", channel, message_id) if message_id else None,
            conversation_id=conversation_id,
            at=now,
        )
    )
    session.flush()
    return key


def purge(session: Session, *, before: datetime) -> None:
    """Forget what is older."""
    session.execute(delete(SeenEvent).where(SeenEvent.at < before))


def _fingerprint(channel: str, event: Event, identities: Identities) -> str:
    content: tuple[str, ...] = (type(event).__name__,)
    if isinstance(event, Message):
        photos = ",".join(photo.where for photo in event.photos)
        place = repr(event.location) if event.location else ""
        content = (event.text, event.button or "", photos, place, event.unreadable or "")
    return identities.digest("content", channel, event.user, *content)


def _in_work(session: Session, row: SeenEvent) -> bool:
    message = session.scalar(
        select(models.Message).where(
            models.Message.conversation_id == row.conversation_id,
            models.Message.client_id == row.event_key,
        )
    )
    if message is None:
        return row.at > utc_now() - IN_WORK
    return message.turn in ("queued", "asking", "alarm")
