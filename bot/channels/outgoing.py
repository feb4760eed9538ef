"""What waits to be sent: the units of the outbox as `Outgoing`s, in the order of the talk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.attachments import links
from bot.attachments import service as attachments
from bot.channels.base import OutButton, Outgoing
from bot.channels.models import ChannelUser
from bot.conversations import service
from bot.conversations.models import Conversation, Message, OutboxUnit
from bot.conversations.rendering import Renderer
from bot.conversations.revealing import text_for_citizen
from bot.privacy.vault import Cipher
from bot.replies import Reply
from bot.wording import Wording

Sender = Literal["bot", "staff", "system"]


@dataclass(frozen=True)
class Unit:
    """Messages that are said together, and how far sending them is."""

    id: str
    conversation_id: str
    channel: str
    parts: tuple[Outgoing, ...]
    sent: int = 0
    attempts: int = 0
    owner_until: datetime | None = None


class Outgoings:
    """Makes what is sent from what is stored, with the keys and the address given once."""

    def __init__(self, *, cipher: Cipher, links_key: str, base_url: str, wording: Wording) -> None:
        self._cipher = cipher
        self._links_key = links_key
        self._base_url = base_url
        self._wording = wording

    def parts(self, session: Session, unit_id: str, now: datetime) -> tuple[Outgoing, ...]:
        """The messages of a unit in order."""
        found = session.scalars(
            select(Message).where(Message.unit_id == unit_id).order_by(Message.seq)
        ).all()
        return self._made(session, found, now)

    def said(self, session: Session, reply: Reply, language: str) -> Outgoing:
        """A reply that is said without being stored; its buttons are left out."""
        rendered = Renderer(session, self._wording, language)(reply)
        return Outgoing(rendered.text, sender="system", language=language)

    def last_shown(
        self, session: Session, conversation_id: str, now: datetime
    ) -> tuple[Outgoing, ...]:
        """The messages of the unit that the bot said last and the platform has."""
        unit_id = session.scalar(
            select(Message.unit_id)
            .join(OutboxUnit, Message.unit_id == OutboxUnit.id)
            .where(
                Message.conversation_id == conversation_id,
                Message.sender == "bot",
                OutboxUnit.delivered_at.is_not(None),
            )
            .order_by(Message.seq.desc())
            .limit(1)
        )
        return self.parts(session, unit_id, now) if unit_id else ()

    def _made(
        self, session: Session, messages: Sequence[Message], now: datetime
    ) -> tuple[Outgoing, ...]:
        ids = [message.id for message in messages]
        buttons = service.buttons_of(session, message_ids=ids)
        photos = attachments.of_messages(session, ids)
        return tuple(
            Outgoing(
                text=text_for_citizen(session, self._cipher, message, now),
                buttons=tuple(
                    OutButton(each.title, each.id if each.press else None, each.url)
                    for each in buttons.get(message.id, [])
                    if each.press or each.url
                ),
                photos=tuple(
                    self._base_url + links.path(photo, self._links_key, now)
                    for photo in photos.get(message.id, [])
                ),
                sender=cast(Sender, message.sender),
                language=message.language,
                asks=(message.reply or {}).get("asks"),
                more_url=self._base_url + ("/status" if message.ticket else "/chat"),
            )
            for message in messages
        )


def waiting(session: Session, conversation_id: str) -> list[OutboxUnit]:
    """The units of a conversation that are neither sent nor set aside, in the order of the talk."""
    first = func.min(Message.seq)
    return list(
        session.scalars(
            select(OutboxUnit)
            .join(Message, Message.unit_id == OutboxUnit.id)
            .where(
                OutboxUnit.conversation_id == conversation_id,
                OutboxUnit.delivered_at.is_(None),
                OutboxUnit.parked_at.is_(None),
            )
            .group_by(OutboxUnit.id)
            .order_by(first)
        )
    )


def conversations_waiting(
    session: Session, channels: Sequence[str], now: datetime, limit: int
) -> list[str]:
    """Conversations of these channels with something that may be sent now, the oldest first."""
    oldest = func.min(OutboxUnit.created_at)
    due = (OutboxUnit.next_try_at.is_(None)) | (OutboxUnit.next_try_at <= now)
    free = (OutboxUnit.lease_until.is_(None)) | (OutboxUnit.lease_until <= now)
    return list(
        session.scalars(
            select(OutboxUnit.conversation_id)
            .join(Conversation, Conversation.id == OutboxUnit.conversation_id)
            .where(
                Conversation.channel.in_(channels),
                OutboxUnit.delivered_at.is_(None),
                OutboxUnit.parked_at.is_(None),
                due,
                free,
            )
            .group_by(OutboxUnit.conversation_id)
            .order_by(oldest)
            .limit(limit)
        )
    )


def conversations_for_a_person(session: Session, channels: Sequence[str], limit: int) -> list[str]:
    """Conversations of these channels that wait for a person and can be reached, the longest wait
    first.
    """
    return list(
        session.scalars(
            select(Conversation.id)
            .join(ChannelUser, ChannelUser.conversation_id == Conversation.id)
            .where(
                Conversation.state == "waiting",
                Conversation.channel.in_(channels),
                ChannelUser.blocked_at.is_(None),
            )
            .order_by(Conversation.waiting_since, Conversation.id)
            .limit(limit)
        )
    )
