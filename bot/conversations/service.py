"""What happens to a conversation: it is opened, receives, is answered, handed over and closed.

Every function takes a session and does its work inside the caller's transaction.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.attachments import service as attachments
from bot.attachments.images import Photo
from bot.attachments.preparing import Photos
from bot.attachments.store import Store
from bot.conversations import codes, errors, feedback, labels, satisfaction, search, shared, written
from bot.conversations.models import (
    Conversation,
    Message,
    OutboxUnit,
    Sender,
    ShownButton,
    State,
    new_id,
)
from bot.conversations.rendering import Rendered, Renderer
from bot.conversations.schemas import MAX_TEXT, IncomingMessage
from bot.conversations.turn_queue import Job, locked
from bot.knowledge import topics
from bot.korean.text import clean, language
from bot.privacy import vault
from bot.privacy.masking import Masker
from bot.privacy.vault import Cipher
from bot.replies import Reply, Say
from bot.wording import Wording, wording

PULL_CHANNELS = frozenset({"widget", "terminal"})
"""Channels that fetch their messages; storing a unit is delivering it."""

Render = Callable[[Reply], Rendered]


@dataclass(frozen=True)
class Keeping:
    """What is needed to keep a message without its personal data."""

    masker: Masker
    cipher: Cipher
    photos: Photos | None = None
    """Where photos are kept; without it none is taken."""


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def open_conversation(
    session: Session, *, channel: str, language: str, now: datetime
) -> tuple[Conversation, str]:
    """Open a conversation; return it and the token, which is stored only as a hash."""
    token = secrets.token_urlsafe(32)
    conversation = Conversation(
        token_hash=_hash(token),
        channel=channel,
        language=language,
        state="bot",
        last_seq=0,
        placeholders={},
        created_at=now,
        updated_at=now,
    )
    session.add(conversation)
    session.flush()
    return conversation, token


def authenticated(session: Session, *, conversation_id: str, token: str) -> Conversation:
    """The conversation that `token` opens.

    Raises UnknownConversation when there is none or the token is another's.
    """
    # PostgreSQL refuses a NUL, and no id has one.
    conversation = session.get(Conversation, conversation_id.replace("\0", ""))
    expected = conversation.token_hash if conversation else _hash("")
    if not hmac.compare_digest(expected, _hash(token)) or conversation is None:
        raise errors.UnknownConversation
    return conversation


def _held(session: Session, conversation_id: str) -> Conversation:
    """The conversation, its row locked. Raises UnknownConversation."""
    if (conversation := locked(session, conversation_id)) is None:
        raise errors.UnknownConversation
    return conversation


def receive(
    session: Session,
    *,
    conversation: Conversation,
    incoming: IncomingMessage,
    keeping: Keeping,
    per_minute: int,
    now: datetime,
    photo: Photo | None = None,
) -> Message:
    """Store a citizen's message, its personal data replaced by placeholders.

    `photo`: what the incoming photo was redrawn to before; without it, that is done here.
    A `client_id` seen before gives the message stored then. Raises EmptyMessage, MessageTooLong,
    UnknownButton, PhotoRefused, ConversationClosed or TooManyMessages; then nothing is stored.
    """
    # One at a time: a client_id stored meanwhile is seen, and no placeholder is given twice.
    _held(session, conversation.id)
    if known := may_send(
        session, conversation=conversation, incoming=incoming, per_minute=per_minute, now=now
    ):
        return known
    kept = None
    if (came := photo or incoming.photo) is not None:
        photos = shared.needed(keeping.photos)
        kept = shared.keep(session, photos, came, conversation.id, now)
        text, press = shared.photo_content(kept, conversation.language)
    else:
        text, press = _content(session, conversation, incoming)
    if incoming.button_id is not None:
        labels.note_press(session, button=session.get_one(ShownButton, incoming.button_id), now=now)
    masked = written.masked(conversation, text, keeping.masker)
    vault.keep(
        session,
        keeping.cipher,
        conversation_id=conversation.id,
        findings=masked.findings,
        now=now,
    )
    if press is None and (spoken := _spoken(masked.text)):
        conversation.language = spoken
    message = _add(
        session,
        conversation,
        sender="citizen",
        text=masked.text,
        now=now,
        client_id=incoming.client_id,
        press=press,
        turn="queued",
    )
    if kept is not None:
        kept.message_id = message.id
    return message


def may_send(
    session: Session,
    *,
    conversation: Conversation,
    incoming: IncomingMessage,
    per_minute: int,
    now: datetime,
) -> Message | None:
    """The message that this very one was stored as before; None when it is new and may be stored.

    Raises ConversationClosed or TooManyMessages.
    """
    if incoming.client_id and (known := _sent_before(session, conversation, incoming.client_id)):
        return known
    if conversation.state == "closed" and not _says_how_it_was(session, incoming):
        raise errors.ConversationClosed
    if _sent_since(session, conversation, now - timedelta(minutes=1)) >= per_minute:
        raise errors.TooManyMessages
    return None


def _says_how_it_was(session: Session, incoming: IncomingMessage) -> bool:
    """Whether a message presses how satisfied the citizen is, which is asked when a talk ends."""
    button = session.get(ShownButton, incoming.button_id) if incoming.button_id else None
    return button is not None and (button.press or {}).get("control") == "satisfied"


def _spoken(text: str) -> str | None:
    """The language to answer in from now on; None when the text does not tell.

    «GS25» and a mistyped check code are Latin letters and no English.
    """
    if " " not in text and text.isupper():
        return None
    return spoken if (spoken := language(text)) in ("ko", "en") else None


def _sent_before(session: Session, conversation: Conversation, client_id: str) -> Message | None:
    return session.scalar(
        select(Message).where(
            Message.conversation_id == conversation.id, Message.client_id == client_id
        )
    )


def _sent_since(session: Session, conversation: Conversation, since: datetime) -> int:
    return (
        session.scalar(
            select(func.count())
            .select_from(Message)
            .where(
                Message.conversation_id == conversation.id,
                Message.sender == "citizen",
                Message.created_at > since,
            )
        )
        or 0
    )


def _content(
    session: Session, conversation: Conversation, incoming: IncomingMessage
) -> tuple[str, dict[str, Any] | None]:
    if incoming.button_id is not None:
        button = session.get(ShownButton, incoming.button_id)
        if button is None or button.conversation_id != conversation.id or button.press is None:
            raise errors.UnknownButton
        return button.title, button.press
    if incoming.location is not None:
        return shared.place_content(incoming.location, conversation.language)
    if len(incoming.text) > MAX_TEXT:
        raise errors.MessageTooLong(limit=f"{MAX_TEXT:,}", length=f"{len(incoming.text):,}")
    text = clean(incoming.text)
    if not text:
        raise errors.EmptyMessage
    return text, None


def _add(
    session: Session,
    conversation: Conversation,
    *,
    sender: Sender,
    text: str,
    now: datetime,
    **fields: Any,
) -> Message:
    # The caller holds the row: two writers get two numbers.
    conversation.last_seq += 1
    conversation.updated_at = now
    message = Message(
        id=new_id(),
        conversation_id=conversation.id,
        seq=conversation.last_seq,
        sender=sender,
        text=text,
        language=conversation.language,
        created_at=now,
        **fields,
    )
    session.add(message)
    session.flush()
    return message


def answer(
    session: Session,
    *,
    job: Job,
    replies: Sequence[Reply],
    render: Render,
    turn: str,
    now: datetime,
) -> list[Message]:
    """Store the replies to a message as one unit; the second answer to a message is dropped."""
    conversation = locked(session, job.conversation_id)
    if conversation is None:
        # The citizen deleted the conversation meanwhile.
        return []
    message = session.get_one(Message, job.message_id)
    if message.turn not in ("asking", "queued", "alarm"):
        return []
    message.turn = turn
    understood = next((reply.understood for reply in replies if reply.understood), None)
    if understood:
        message.understood = understood.model_dump(mode="json")
        message.topic = understood.intent
        if understood.intent in topics.topics():
            conversation.topic = understood.intent
    return say(
        session,
        conversation_id=job.conversation_id,
        replies=replies,
        render=render,
        now=now,
        in_reply_to=job.message_id,
    )


def say(
    session: Session,
    *,
    conversation_id: str,
    replies: Sequence[Reply],
    render: Render,
    now: datetime,
    in_reply_to: str | None = None,
    cause: str | None = None,
    sender: Sender = "bot",
) -> list[Message]:
    """Put replies into the outbox as one unit and into the conversation in order."""
    if not replies:
        return []
    conversation = _held(session, conversation_id)
    unit = OutboxUnit(
        id=new_id(),
        conversation_id=conversation_id,
        in_reply_to=in_reply_to,
        cause=cause,
        created_at=now,
        delivered_at=now if conversation.channel in PULL_CHANNELS else None,
    )
    session.add(unit)
    session.flush()
    return [_say_one(session, conversation, unit, reply, render, now, sender) for reply in replies]


def _say_one(
    session: Session,
    conversation: Conversation,
    unit: OutboxUnit,
    reply: Reply,
    render: Render,
    now: datetime,
    sender: Sender,
) -> Message:
    rendered = render(reply)
    message = _add(
        session,
        conversation,
        sender=sender,
        text=rendered.text,
        now=now,
        reply=reply.model_dump(mode="json", exclude={"understood"}),
        topic=reply.topic,
        ticket=reply.ticket,
        unit_id=unit.id,
    )
    for place, button in enumerate(rendered.buttons):
        session.add(
            ShownButton(
                id=secrets.token_urlsafe(12),
                conversation_id=conversation.id,
                message_id=message.id,
                place=place,
                title=button.title,
                press=button.press.model_dump(mode="json") if button.press else None,
                url=button.url,
            )
        )
    session.flush()
    return message


def notice(
    session: Session, *, conversation_id: str, key: str, wording: Wording, now: datetime
) -> None:
    """Tell the citizen of a change in who holds the conversation, as a system message."""
    conversation = _held(session, conversation_id)
    say(
        session,
        conversation_id=conversation_id,
        replies=[Reply(parts=[Say(key=key)])],
        render=Renderer(session, wording, conversation.language),
        now=now,
        sender="system",
    )


def hand_over(
    session: Session, *, conversation_id: str, reason: str, now: datetime, alarm: str | None = None
) -> bool:
    """Ask for a person; True when the conversation now waits, False when one already has it."""
    conversation = _held(session, conversation_id)
    if alarm:
        conversation.alarm = alarm
    if conversation.state != "bot":
        return False
    conversation.state = "waiting"
    conversation.reason = reason
    conversation.waiting_since = now
    conversation.updated_at = now
    return True


def raise_alarm(session: Session, *, conversation_id: str, alarm: str, now: datetime) -> None:
    """Mark the conversation so that staff see the alarm first."""
    conversation = _held(session, conversation_id)
    conversation.alarm = alarm
    conversation.updated_at = now


def take(session: Session, *, conversation_id: str, login: str, now: datetime) -> Conversation:
    """A staff member takes a waiting (or the bot's) conversation.

    Raises WrongState when another person holds it or it is closed.
    """
    conversation = _held(session, conversation_id)
    if conversation.state == "closed":
        raise errors.WrongState
    if conversation.state == "staff" and conversation.staff_login != login:
        raise errors.WrongState
    _hold(conversation, "staff", now)
    conversation.staff_login = login
    return conversation


def staff_says(
    session: Session,
    *,
    conversation_id: str,
    login: str,
    text: str,
    masker: Masker,
    now: datetime,
    photos: Sequence[Photo] = (),
    store: Store | None = None,
) -> Message:
    """A staff member's words to the citizen, masked like everybody's.

    `photos`: what `Photos.prepare` made of the files, kept in `store`; then the text may be empty.
    Raises WrongState unless this person holds the conversation, EmptyMessage or MessageTooLong.
    """
    conversation = _held(session, conversation_id)
    if conversation.state != "staff" or conversation.staff_login != login:
        raise errors.WrongState
    cleaned = written.lines(text)
    if not cleaned and photos:
        cleaned = wording().text("photo.sent", conversation.language)
    if not cleaned:
        raise errors.EmptyMessage
    if len(cleaned) > MAX_TEXT:
        raise errors.MessageTooLong(limit=f"{MAX_TEXT:,}", length=f"{len(cleaned):,}")
    masked = written.masked(conversation, cleaned, masker)
    unit = OutboxUnit(
        id=new_id(),
        conversation_id=conversation_id,
        created_at=now,
        delivered_at=now if conversation.channel in PULL_CHANNELS else None,
    )
    session.add(unit)
    session.flush()
    message = _add(
        session,
        conversation,
        sender="staff",
        text=masked.text,
        now=now,
        staff_login=login,
        unit_id=unit.id,
    )
    for photo in photos:
        assert store is not None, "photos come with the store that keeps them"
        attachments.keep(
            session,
            data=photo,
            conversation_id=conversation_id,
            message_id=message.id,
            now=now,
            store=store,
        )
    return message


def hand_back(session: Session, *, conversation_id: str, now: datetime) -> None:
    """Give the conversation back to the bot. Raises WrongState when it is closed."""
    conversation = _held(session, conversation_id)
    if conversation.state == "closed":
        raise errors.WrongState
    _hold(conversation, "bot", now)
    conversation.staff_login = None
    conversation.reason = None
    conversation.alarm = None


def close(session: Session, *, conversation_id: str, now: datetime) -> None:
    """End the conversation; what no ticket took from its vault is destroyed."""
    conversation = _held(session, conversation_id)
    _hold(conversation, "closed", now)
    conversation.closed_at = now
    vault.purge(session, conversation_id=conversation_id)


def erase(session: Session, *, conversation_id: str, store: Store | None = None) -> None:
    """Delete the conversation with all its messages; its tickets stay, as acts of the office.

    Of a label that staff confirmed its text and topic stay; of the photos, those of tickets. The
    files of the others go with `store` at once, without it within the hour.
    """
    # Whoever writes meanwhile has finished, or finds the conversation gone.
    locked(session, conversation_id)
    vault.purge(session, conversation_id=conversation_id)
    labels.forget(session, conversation_id=conversation_id)
    feedback.forget(session, conversation_id=conversation_id)
    codes.forget(session, conversation_id=conversation_id)
    satisfaction.forget(session, conversation_id=conversation_id)
    search.forget(session, conversation_id=conversation_id)
    attachments.erase(session, conversation_id=conversation_id, store=store)
    for table in (ShownButton, Message, OutboxUnit):
        session.execute(delete(table).where(table.conversation_id == conversation_id))
    session.execute(delete(Conversation).where(Conversation.id == conversation_id))


def _hold(conversation: Conversation, state: State, now: datetime) -> None:
    conversation.state = state
    conversation.updated_at = now
    if state != "waiting":
        conversation.waiting_since = None


def messages_after(session: Session, *, conversation_id: str, after: int) -> list[Message]:
    """The conversation's messages with a number above `after`, in order."""
    return list(
        session.scalars(
            select(Message)
            .where(Message.conversation_id == conversation_id, Message.seq > after)
            .order_by(Message.seq)
        )
    )


def replies_to(session: Session, *, message_id: str) -> list[Message]:
    """The stored replies to one citizen's message."""
    return list(
        session.scalars(
            select(Message)
            .join(OutboxUnit, Message.unit_id == OutboxUnit.id)
            .where(OutboxUnit.in_reply_to == message_id)
            .order_by(Message.seq)
        )
    )


def buttons_of(session: Session, *, message_ids: Sequence[str]) -> dict[str, list[ShownButton]]:
    """The buttons shown under each of these messages, in order."""
    shown: dict[str, list[ShownButton]] = {}
    if not message_ids:
        return shown
    rows = session.scalars(
        select(ShownButton)
        .where(ShownButton.message_id.in_(message_ids))
        .order_by(ShownButton.message_id, ShownButton.place)
    )
    for button in rows:
        shown.setdefault(button.message_id, []).append(button)
    return shown


def last_bot_reply(session: Session, *, conversation_id: str) -> Reply | None:
    """What the bot said last, as the Reply it was."""
    stored = session.scalar(
        select(Message.reply)
        .where(Message.conversation_id == conversation_id, Message.sender == "bot")
        .order_by(Message.seq.desc())
        .limit(1)
    )
    return Reply.model_validate(stored) if stored else None
