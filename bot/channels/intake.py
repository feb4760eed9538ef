"""A verified event becomes a masked, stored message, by the same door as the widget's.

`take` returns when everything of the event is stored; answering goes on in the background. A
repeated event finds what was stored for it (`seen`). What the door itself has to say (a sticker
cannot be read, too many messages) is stored in the talk as well, unless there is no talk any more.
"""

import asyncio
from dataclasses import dataclass

import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.attachments.preparing import Photos
from bot.channels import policy, privacy, rendering, seen
from bot.channels.base import (
    Channel,
    Event,
    Fetch,
    HeldElsewhere,
    Ignored,
    Left,
    Message,
    Opened,
    Outgoing,
    PhotoUnreachable,
    ReleasedElsewhere,
    Unsent,
    Withdrawn,
)
from bot.channels.deleting import Deleting
from bot.channels.identities import Identities, Known
from bot.channels.metrics import EVENTS
from bot.channels.outgoing import Outgoings
from bot.conversations import errors, holding, models, service
from bot.conversations.greeting import greeting
from bot.conversations.memory import Memory
from bot.conversations.models import Conversation
from bot.conversations.rendering import Renderer
from bot.conversations.schemas import IncomingMessage
from bot.conversations.turns import Turns
from bot.database import Database, utc_now
from bot.replies import Reply, Say
from bot.wording import Wording

log = structlog.get_logger(__name__)
RATE_REFUSALS = (errors.TooManyMessages,)


@dataclass(frozen=True)
class Taken:
    """What became of an event."""

    conversation_id: str | None = None
    message_ids: tuple[str, ...] = ()
    """Stored messages whose answer is awaited, in order."""
    said: tuple[Outgoing, ...] = ()
    """What is said at once without being stored, because there is no talk to store it in."""
    user: str = ""
    language: str = "ko"
    is_message: bool = False
    """Whether it is a message, or a repeat of it; else somebody asks for what waits."""


@dataclass(frozen=True)
class _Prepared:
    """An event whose conversation is known."""

    known: Known | None = None
    key: str = ""
    button: str | None = None
    command: str = ""
    over: bool = False
    """Nothing more is to be done."""
    stored: tuple[str, ...] = ()
    """What a repeated event was stored as before."""


class Intake:
    """Takes events, with the parts it needs given once."""

    def __init__(
        self,
        *,
        database: Database,
        turns: Turns,
        memory: Memory,
        wording: Wording,
        identities: Identities,
        outgoings: Outgoings,
        photos: Photos,
    ) -> None:
        self._database = database
        self._turns = turns
        self._wording = wording
        self._identities = identities
        self._outgoings = outgoings
        self._photos = photos
        self._deleting = Deleting(
            database=database,
            memory=memory,
            wording=wording,
            identities=identities,
            store=photos.store,
        )

    async def take(self, channel: Channel, event: Event) -> Taken:
        """Store what an event brings. Raises only where nothing is stored and a repeat helps."""
        kind = type(event).__name__.lower()
        if isinstance(event, Message) and event.unreadable:
            kind = "unreadable"
        EVENTS.labels(channel=channel.name, kind=kind).inc()
        if isinstance(event, Ignored):
            return Taken()
        if isinstance(event, Message):
            return await self._message(channel, event)
        if isinstance(event, Withdrawn):
            await self._deleting.withdrawn(channel.name, event.user)
            return Taken()
        if isinstance(event, Unsent):
            await self._deleting.unsent(channel.name, event.message_id)
            return Taken()
        return await asyncio.to_thread(self._change, channel, event)

    async def _message(self, channel: Channel, event: Message) -> Taken:
        prepared = await self._prepared(channel, event)
        if prepared.command == "delete":
            said = await self._deleting.asked(channel.name, event.user)
            return Taken(said=(said,), user=event.user, language=said.language)
        known = prepared.known
        if known is None:
            return Taken()
        if prepared.over:
            return Taken(known.conversation_id, prepared.stored, user=event.user, is_message=True)
        stored: list[str] = []
        try:
            for incoming in await self._incoming(channel, event, prepared):
                received = await self._turns.receive(
                    conversation_id=known.conversation_id, token=known.token, incoming=incoming
                )
                stored.append(received.message_id)
        except errors.ConversationError as problem:
            await asyncio.to_thread(self._refused, known.conversation_id, prepared.key, problem)
        except PhotoUnreachable as problem:
            log.warning("photo_unreachable", channel=channel.name, why=str(problem))
            say = Reply(parts=[Say(key="channel.photo_unreachable")])
            await asyncio.to_thread(self._say, known.conversation_id, prepared.key, say)
        return Taken(known.conversation_id, tuple(stored), user=event.user, is_message=True)

    async def _prepared(self, channel: Channel, event: Message) -> _Prepared:
        try:
            return await asyncio.to_thread(self._prepare, channel, event)
        except IntegrityError:
            # The same citizen's, or the same event's, other request was a moment quicker.
            return await asyncio.to_thread(self._prepare, channel, event)

    def _prepare(self, channel: Channel, event: Message) -> _Prepared:
        now = utc_now()
        starts = policy.is_command(event.text, policy.commands().start)
        with self._database.writing() as session:
            before = seen.find(session, channel.name, event, self._identities)
            if before is not None:
                known = self._identities.of_conversation(session, before.conversation_id)
                stored = privacy.stored_for(session, before)
                over = bool(event.unreadable) or starts or len(stored) >= _messages_in(event)
                ids = tuple(message.id for message in stored)
                return _Prepared(known, before.event_key, event.button, over=over, stored=ids)
            if policy.is_command(event.text, policy.commands().delete):
                # Noted without a talk: repeated later it must not delete what was begun since.
                seen.note(session, channel.name, event, "", self._identities, now)
                return _Prepared(command="delete")
            known = self._identities.known(
                session, channel.name, event.user, language=event.language or "ko", now=now
            )
            id = known.conversation_id
            key = seen.note(session, channel.name, event, id, self._identities, now)
            self._identities.mark_blocked(session, id, None)
            if event.reply_token:
                self._identities.keep_reply_token(session, id, event.reply_token, now)
            self._held(session, id, event.standby)
            if known.is_new and not event.standby:
                self._greet(session, id, offers=starts)
            if starts:
                if not known.is_new:
                    self._greet(session, id, offers=True)
                return _Prepared(known, key, over=True)
            if event.unreadable:
                if not event.standby:
                    say = Reply(parts=[Say(key="channel.unreadable")])
                    self._stored(session, id, say)
                return _Prepared(known, key, over=True)
            return _Prepared(known, key, self._button(session, channel, event, id))

    def _button(
        self, session: Session, channel: Channel, event: Message, conversation_id: str
    ) -> str | None:
        """The button that is pressed, or picked by its number; None for a text."""
        if event.button:
            return event.button
        number = policy.number_in(event.text)
        if number is None:
            return None
        shown = self._outgoings.last_shown(session, conversation_id, utc_now())
        if channel.shows_numbers(shown) is False:
            return None
        choices = rendering.choices_by_number(shown, channel.capabilities)
        return choices[number - 1].payload if 0 < number <= len(choices) else None

    async def _incoming(
        self, channel: Channel, event: Message, prepared: _Prepared
    ) -> list[IncomingMessage]:
        key = prepared.key
        if prepared.button:
            return [IncomingMessage(button_id=prepared.button, client_id=key)]
        brought = [
            IncomingMessage(
                photo=await channel.photo(ref, self._photos.limits.max_bytes),
                client_id=f"{key}:{number}",
            )
            for number, ref in enumerate(event.photos)
        ]
        if event.location is not None:
            brought.append(IncomingMessage(location=event.location, client_id=f"{key}:place"))
        if event.text.strip() or not brought:
            brought.append(IncomingMessage(event.text, client_id=key))
        return brought

    def _change(self, channel: Channel, event: Event) -> Taken:
        """Everything but messages: nothing of it waits for Rasa."""
        now = utc_now()
        with self._database.writing() as session:
            if isinstance(event, Opened):
                return self._opened(session, channel, event)
            found = self._identities.current(session, channel.name, event.user)
            if isinstance(event, Fetch):
                return self._fetching(session, found, event)
            if found is None:
                return Taken()
            id = found.conversation_id
            if isinstance(event, Left):
                self._identities.mark_blocked(session, id, now)
            elif isinstance(event, HeldElsewhere | ReleasedElsewhere):
                self._held(session, id, isinstance(event, HeldElsewhere))
            return Taken()

    def _fetching(self, session: Session, found: Known | None, event: Fetch) -> Taken:
        """What waits is served; what is in work is waited for."""
        if found is None:
            return Taken(user=event.user)
        if event.brings:
            return Taken(found.conversation_id, user=event.user)
        in_work = session.scalars(
            select(models.Message.id)
            .where(
                models.Message.conversation_id == found.conversation_id,
                models.Message.turn.in_(("queued", "asking", "alarm")),
            )
            .order_by(models.Message.seq)
        )
        return Taken(found.conversation_id, tuple(in_work), user=event.user)

    def _opened(self, session: Session, channel: Channel, event: Opened) -> Taken:
        now = utc_now()
        if seen.find(session, channel.name, event, self._identities) is not None:
            return Taken()
        known = self._identities.known(
            session, channel.name, event.user, language=event.language or "ko", now=now
        )
        id = known.conversation_id
        self._identities.mark_blocked(session, id, None)
        if event.event_id is not None:
            seen.note(session, channel.name, event, id, self._identities, now)
        if event.reply_token:
            self._identities.keep_reply_token(session, id, event.reply_token, now)
        if known.is_new:
            self._greet(session, id, offers=True)
        return Taken(id, user=event.user)

    def _held(self, session: Session, conversation_id: str, standby: bool | None) -> None:
        now = utc_now()
        if standby:
            holding.held_by_platform(session, conversation_id=conversation_id, now=now)
        elif standby is False:
            holding.released_by_platform(session, conversation_id=conversation_id, now=now)

    def _greet(
        self, session: Session, conversation_id: str, *, offers: bool, cause: str | None = None
    ) -> None:
        reply = greeting(session, utc_now(), offers=offers)
        self._stored(session, conversation_id, reply, cause=cause, sender="bot")

    def _refused(self, conversation_id: str, key: str, problem: errors.ConversationError) -> None:
        reply = Reply(parts=[Say(key=problem.wording, values=problem.values)])
        if isinstance(problem, RATE_REFUSALS):
            # Told once: a flood is not answered by a flood.
            with self._database.reading() as session:
                conversation = session.get_one(Conversation, conversation_id)
                last = service.messages_after(
                    session, conversation_id=conversation_id, after=conversation.last_seq - 1
                )
            if last and (last[-1].reply or {}).get("parts") == [
                part.model_dump(mode="json") for part in reply.parts
            ]:
                return
        self._say(conversation_id, key, reply)

    def _say(self, conversation_id: str, key: str, reply: Reply) -> None:
        cause = f"event:{conversation_id[:8]}:{key}"
        unit = select(models.OutboxUnit.id).where(models.OutboxUnit.cause == cause)
        with self._database.writing() as session:
            if session.get(Conversation, conversation_id) and session.scalar(unit) is None:
                self._stored(session, conversation_id, reply, cause=cause)

    def _stored(
        self,
        session: Session,
        conversation_id: str,
        reply: Reply,
        *,
        cause: str | None = None,
        sender: str = "system",
    ) -> None:
        conversation = session.get_one(Conversation, conversation_id)
        service.say(
            session,
            conversation_id=conversation_id,
            replies=[reply],
            render=Renderer(session, self._wording, conversation.language),
            now=utc_now(),
            cause=cause,
            sender="bot" if sender == "bot" else "system",
        )


def _messages_in(event: Message) -> int:
    """How many messages an event is stored as: each photo, the place, the text."""
    if event.button:
        return 1
    return max(len(event.photos) + bool(event.location) + bool(event.text.strip()), 1)
