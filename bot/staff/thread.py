"""A conversation as staff read it: over all channels, with what was understood and delivered."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot.attachments import service as attachments
from bot.attachments.models import Attachment
from bot.channels import capabilities
from bot.channels.models import ChannelUser
from bot.conversations import service as conversations
from bot.conversations.models import Conversation, Message, OutboxUnit, ShownButton
from bot.staff import abuse, notes
from bot.staff.desk_models import StaffNote, TalkEnd
from bot.staff.talk import known
from bot.tickets.models import Ticket

PAGE = 200
"""Messages on one page: the newest ones."""
MOST_LINKS = 10
"""Conversations that one talk may have gone through; earlier ones that are linked."""


@dataclass(frozen=True)
class Given:
    """A facet of an article's revision that an answer gave."""

    topic: str
    facet: str
    revision: int


@dataclass(frozen=True)
class Entry:
    """A message with all that is shown beside it, or a note between the messages."""

    message: Message | None = None
    note: StaffNote | None = None
    talk: Conversation | None = None
    """The conversation that it was said in, where that is another one of the chain."""
    buttons: tuple[ShownButton, ...] = ()
    photos: tuple[Attachment, ...] = ()
    given: tuple[Given, ...] = ()
    """Of a citizen's message: the facets that the answer to it gave."""
    escalated: str | None = None
    """Of a bot's message by which a person was called: the rule that called."""
    unit: OutboxUnit | None = None
    """Of an answer: how its delivery stands, where that is not done."""
    folded: bool = False

    @property
    def at(self) -> datetime:
        """When it was said."""
        one = self.message or self.note
        assert one is not None
        return one.created_at


@dataclass(frozen=True)
class Delivery:
    """How and when an answer reaches the citizen on this channel."""

    way: str
    """`open` (seen in the open window), `push`, `next` (with the citizen's next words), `never`."""
    parked: tuple[OutboxUnit, ...] = ()


@dataclass(frozen=True)
class Thread:
    """A whole conversation, and what belongs to it."""

    conversation: Conversation
    chain: tuple[Conversation, ...]
    """The conversations of which it is the last, or a part, in time."""
    entries: tuple[Entry, ...]
    more: bool
    """Whether there are earlier messages than these."""
    tickets: tuple[Ticket, ...]
    earlier: tuple[Conversation, ...]
    """Other conversations of the same citizen on the same messenger."""
    delivery: Delivery
    end: TalkEnd | None
    topics: tuple[str, ...] = field(default=())
    """What it is about, the newest first."""


def chain(session: Session, conversation: Conversation) -> list[Conversation]:
    """The conversations that are one talk on several channels, the oldest first."""
    found = {conversation.id: conversation}
    looked: set[str] = set()
    while (open_ends := set(found) - looked) and len(found) < MOST_LINKS:
        looked |= open_ends
        next_ids = [found[id].continued_in for id in open_ends if found[id].continued_in]
        for one in session.scalars(
            select(Conversation)
            .where(or_(Conversation.continued_in.in_(open_ends), Conversation.id.in_(next_ids)))
            .limit(MOST_LINKS)
        ):
            found.setdefault(one.id, one)
    return sorted(found.values(), key=lambda one: (one.created_at, one.id))


def read(session: Session, *, conversation_id: str, before: datetime | None = None) -> Thread:
    """The conversation with what was said in it, the newest PAGE before a moment.

    Raises UnknownConversation.
    """
    conversation = known(session, conversation_id)
    talks = chain(session, conversation)
    ids = [one.id for one in talks]
    query = select(Message).where(Message.conversation_id.in_(ids))
    if before is not None:
        query = query.where(Message.created_at < before)
    newest = session.scalars(
        query.order_by(Message.created_at.desc(), Message.seq.desc()).limit(PAGE + 1)
    ).all()
    # By their numbers: the clocks of two processes may differ by a moment.
    messages = sorted(newest[:PAGE], key=lambda one: (ids.index(one.conversation_id), one.seq))
    return Thread(
        conversation=conversation,
        chain=tuple(talks),
        entries=tuple(_entries(session, conversation, talks, messages, before)),
        more=len(newest) > PAGE,
        tickets=tuple(_tickets(session, ids)),
        earlier=tuple(_earlier(session, conversation, ids)),
        delivery=_delivery(session, conversation),
        end=session.get(TalkEnd, conversation.id),
        topics=tuple(_topics(messages)),
    )


def _entries(
    session: Session,
    conversation: Conversation,
    talks: Sequence[Conversation],
    messages: Sequence[Message],
    before: datetime | None,
) -> list[Entry]:
    talk_of = {one.id: one for one in talks}
    ids = [message.id for message in messages]
    buttons = conversations.buttons_of(session, message_ids=ids)
    photos = attachments.of_messages(session, ids)
    units = _units(session, messages)
    answers = _answers(messages, units)
    folded = abuse.folded(session, messages)
    entries = []
    for message in messages:
        unit = units.get(message.unit_id or "")
        other = message.conversation_id != conversation.id
        entries.append(
            Entry(
                message=message,
                talk=talk_of[message.conversation_id] if other else None,
                buttons=tuple(buttons.get(message.id, ())),
                photos=tuple(photos.get(message.id, ())),
                given=tuple(_given(answers.get(message.id, ()))),
                escalated=_escalated(message, unit, messages),
                unit=unit if unit is not None and unit.delivered_at is None else None,
                folded=message.id in folded,
            )
        )
    return _with_notes(entries, notes.of(session, conversation_ids=list(talk_of)), before)


def _with_notes(
    entries: list[Entry], written: Sequence[StaffNote], before: datetime | None
) -> list[Entry]:
    """The messages with the notes of their time between them."""
    first = entries[0].at if entries and len(entries) >= PAGE else None
    for note in written:
        if (first and note.created_at < first) or (before and note.created_at >= before):
            continue
        later = [place for place, one in enumerate(entries) if one.at <= note.created_at]
        entries.insert(later[-1] + 1 if later else 0, Entry(note=note))
    return entries


def _units(session: Session, messages: Sequence[Message]) -> dict[str, OutboxUnit]:
    ids = {message.unit_id for message in messages if message.unit_id}
    found = session.scalars(select(OutboxUnit).where(OutboxUnit.id.in_(ids)))
    return {unit.id: unit for unit in found}


def _answers(messages: Sequence[Message], units: dict[str, OutboxUnit]) -> dict[str, list[Message]]:
    """The bot's messages that answer each citizen's message."""
    found: dict[str, list[Message]] = {}
    for message in messages:
        unit = units.get(message.unit_id or "")
        if unit is not None and unit.in_reply_to:
            found.setdefault(unit.in_reply_to, []).append(message)
    return found


def _parts(message: Message) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = (message.reply or {}).get("parts") or []
    return parts


def _given(answers: Sequence[Message]) -> list[Given]:
    return [
        Given(part["topic"], part["facet"], part["revision"])
        for answer in answers
        for part in _parts(answer)
        if "facet" in part
    ]


_CALLS = ("handover.waiting", "handover.closed", "handover.distress", "guard.", "failure.")
"""How the keys of sentences begin by which a person is called, or the guard speaks."""


def _escalated(
    message: Message, unit: OutboxUnit | None, messages: Sequence[Message]
) -> str | None:
    keys = [str(part.get("key", "")) for part in _parts(message)]
    if not any(key.startswith(_CALLS) for key in keys):
        return None
    asked = next((one for one in messages if unit and one.id == unit.in_reply_to), None)
    understood = (asked.understood if asked else None) or {}
    return str(understood.get("rule") or next(key for key in keys if key.startswith(_CALLS)))


def _tickets(session: Session, ids: Sequence[str]) -> list[Ticket]:
    return list(
        session.scalars(
            select(Ticket)
            .where(Ticket.conversation_id.in_(ids))
            .order_by(Ticket.created_at)
            .limit(50)
        )
    )


def _earlier(
    session: Session, conversation: Conversation, ids: Sequence[str]
) -> list[Conversation]:
    user = session.get(ChannelUser, conversation.id)
    if user is None:
        return []
    return list(
        session.scalars(
            select(Conversation)
            .join(ChannelUser, ChannelUser.conversation_id == Conversation.id)
            .where(
                ChannelUser.channel == user.channel,
                ChannelUser.user_hash == user.user_hash,
                Conversation.id.not_in(ids),
            )
            .order_by(Conversation.created_at.desc())
            .limit(MOST_LINKS)
        )
    )


def _delivery(session: Session, conversation: Conversation) -> Delivery:
    parked = session.scalars(
        select(OutboxUnit)
        .where(
            OutboxUnit.conversation_id == conversation.id,
            OutboxUnit.parked_at.is_not(None),
            OutboxUnit.delivered_at.is_(None),
        )
        .order_by(OutboxUnit.created_at)
        .limit(20)
    ).all()
    user = session.get(ChannelUser, conversation.id)
    if user is not None and user.blocked_at is not None:
        way = "never"
    elif conversation.channel in conversations.PULL_CHANNELS:
        way = "open"
    else:
        known_channel = capabilities.table().get(conversation.channel)
        way = "push" if known_channel is not None and known_channel.push else "next"
    return Delivery(way, tuple(parked))


def _topics(messages: Sequence[Message]) -> list[str]:
    said = [
        message.topic
        for message in reversed(messages)
        if message.sender in ("citizen", "bot") and message.topic
    ]
    return list(dict.fromkeys(said))
