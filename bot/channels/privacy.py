"""Deleting our copy: of one message that was unsent, of everything a citizen had with us."""

import re
from collections.abc import Sequence

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from bot.attachments.models import Attachment
from bot.attachments.store import Store
from bot.channels.models import SeenEvent
from bot.conversations import service
from bot.conversations.models import Conversation, Label, Message
from bot.conversations.search_models import MessageWord
from bot.knowledge import topics
from bot.privacy.models import VaultEntry
from bot.wording import Wording

PLACEHOLDER = re.compile(r"\[[^\[\]]+ \d+\]")


def erase(session: Session, conversation_ids: Sequence[str], store: Store) -> None:
    """Delete conversations with their messages, photos and the citizen's identity; tickets stay."""
    for conversation_id in conversation_ids:
        service.erase(session, conversation_id=conversation_id, store=store)


def messages_of(session: Session, channel: str, message_ref: str) -> list[Message]:
    """What we stored of one message of the platform: its photos and its text."""
    events = session.scalars(
        select(SeenEvent).where(SeenEvent.channel == channel, SeenEvent.message_ref == message_ref)
    ).all()
    found: list[Message] = []
    for event in events:
        found += stored_for(session, event)
    return found


def stored_for(session: Session, event: SeenEvent) -> list[Message]:
    """The messages that an event was stored as, in order."""
    key = event.event_key
    mine = or_(Message.client_id == key, Message.client_id.startswith(f"{key}:", autoescape=True))
    return list(
        session.scalars(
            select(Message)
            .where(Message.conversation_id == event.conversation_id, mine)
            .order_by(Message.seq)
        )
    )


def unsend(session: Session, message: Message, wording: Wording) -> list[str]:
    """Delete what a message said, its photos, its personal data and its copies.

    The row stays, so that the talk keeps its order. Returns the ids of the photos whose files are
    to be deleted.
    """
    _forget_values(session, message)
    mine = (Attachment.message_id == message.id, Attachment.ticket_id.is_(None))
    photos = list(session.scalars(delete(Attachment).where(*mine).returning(Attachment.id)))
    session.execute(delete(MessageWord).where(MessageWord.message_id == message.id))
    session.execute(
        delete(Label).where(Label.message_id == message.id, Label.status != "confirmed")
    )
    session.execute(
        update(Label)
        .where(Label.message_id == message.id)
        .values(message_id=None, conversation_id=None)
    )
    message.text = wording.text("channel.unsent", message.language)
    message.press = message.understood = None
    message.topic = None
    if message.turn in ("queued", "asking"):
        message.turn = "held"
    session.flush()
    _about_the_rest(session, message.conversation_id)
    return photos


def _about_the_rest(session: Session, conversation_id: str) -> None:
    """Let the conversation be about what its other messages were."""
    conversation = session.get_one(Conversation, conversation_id)
    conversation.topic = session.scalar(
        select(Message.topic)
        .where(
            Message.conversation_id == conversation_id,
            Message.sender == "citizen",
            Message.topic.in_(topics.topics()),
        )
        .order_by(Message.seq.desc())
        .limit(1)
    )


def _forget_values(session: Session, message: Message) -> None:
    """Destroy what the vault holds of this message alone."""
    names = set(PLACEHOLDER.findall(message.text))
    if not names:
        return
    others = session.scalars(
        select(Message.text).where(
            Message.conversation_id == message.conversation_id,
            Message.sender == "citizen",
            Message.id != message.id,
        )
    )
    for text in others:
        names -= set(PLACEHOLDER.findall(text))
    session.execute(
        delete(VaultEntry).where(
            VaultEntry.conversation_id == message.conversation_id,
            VaultEntry.placeholder.in_(names),
        )
    )
