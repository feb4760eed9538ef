"""The citizen API: the contract for the widget and for anyone else (OpenAPI at /api/docs)."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from sqlalchemy.orm import Session
from sse_starlette.sse import EventSourceResponse
from starlette.concurrency import run_in_threadpool

from bot.attachments import links
from bot.attachments import service as attachments
from bot.conversations import service, waiting
from bot.conversations.errors import MissingToken, NotNow, RasaFailed, UnknownConversation
from bot.conversations.greeting import greeting
from bot.conversations.models import Conversation, Message
from bot.conversations.rendering import Renderer
from bot.conversations.revealing import text_for_citizen
from bot.conversations.schemas import (
    AnswerOut,
    ButtonOut,
    ConversationOut,
    HoldingOut,
    IncomingMessage,
    MessageOut,
    NewConversation,
    NewMessage,
    PhotoOut,
    StateOut,
)
from bot.conversations.turns import Received
from bot.database import utc_now
from bot.staff.service import name_of
from bot.web.limits import new_conversation_allowed
from bot.web.parts import Parts

router = APIRouter(prefix="/api/conversations", tags=["conversations"])
WAIT_SECONDS = 30.0
"""How long a sent message waits for its answer; later it comes by the event stream."""
MOST_MESSAGES = 2**31 - 1
"""The largest number that a message can have in the database."""


def parts_of(request: Request) -> Parts:
    """The application's parts."""
    parts: Parts = request.app.state.parts
    return parts


def bearer(authorization: Annotated[str | None, Header()] = None) -> str:
    """The bearer token. Raises MissingToken."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise MissingToken
    return token.strip()


PartsOf = Annotated[Parts, Depends(parts_of)]
Token = Annotated[str, Depends(bearer)]


@router.post("", status_code=201, dependencies=[Depends(new_conversation_allowed)])
def open_conversation(parts: PartsOf, body: NewConversation) -> ConversationOut:
    """Open a conversation; the greeting says that an automatic service answers."""
    with parts.database.writing() as session:
        now = utc_now()
        conversation, token = service.open_conversation(
            session, channel="widget", language=body.language, now=now
        )
        messages = service.say(
            session,
            conversation_id=conversation.id,
            replies=[greeting(session, now)],
            render=Renderer(session, parts.wording, body.language),
            now=now,
        )
        return ConversationOut(
            id=conversation.id, token=token, messages=out(session, parts, messages)
        )


@router.post("/{conversation_id}/messages")
async def send(parts: PartsOf, token: Token, conversation_id: str, body: NewMessage) -> AnswerOut:
    """Send a text, press a button or share a spot; the answer comes here, or by the stream."""
    received = await parts.turns.receive(
        conversation_id=conversation_id,
        token=token,
        incoming=IncomingMessage(
            body.text or "", body.payload, body.client_id, location=body.location
        ),
    )
    return await answer_of(parts, conversation_id, received)


@router.get("/{conversation_id}/messages")
def messages(
    parts: PartsOf,
    token: Token,
    conversation_id: str,
    after: Annotated[int, Query(ge=0, le=MOST_MESSAGES)] = 0,
) -> StateOut:
    """The conversation's messages after number `after`, and who holds it."""
    with parts.database.reading() as session:
        conversation = service.authenticated(session, conversation_id=conversation_id, token=token)
        found = service.messages_after(session, conversation_id=conversation_id, after=after)
        holding = _holding(session, conversation)
        return StateOut(**holding.model_dump(), messages=out(session, parts, found))


def _holding(session: Session, conversation: Conversation) -> HoldingOut:
    place = waiting.place_of(session, conversation_id=conversation.id, now=utc_now())
    return HoldingOut.model_validate(
        {
            "state": conversation.state,
            "waiting": place and {"place": place.number, "minutes": place.minutes},
            "staff": name_of(session, conversation.staff_login)
            if conversation.state == "staff"
            else None,
        }
    )


@router.get("/{conversation_id}/events")
async def events(
    request: Request,
    parts: PartsOf,
    token: Token,
    conversation_id: str,
    last_event_id: Annotated[str | None, Header()] = None,
) -> EventSourceResponse:
    """Messages as they come (`event: message`, id = their number) and changes of the state."""
    await check_token(parts, conversation_id, token)
    seen = last_event_id or ""
    after = min(int(seen), MOST_MESSAGES) if seen.isdecimal() and len(seen) < 20 else 0
    return EventSourceResponse(
        _stream(request, parts, conversation_id, token, after), ping=20, send_timeout=10
    )


@router.delete("/{conversation_id}", status_code=204)
async def delete(parts: PartsOf, token: Token, conversation_id: str) -> None:
    """Delete the conversation with its messages, photos, the vault's values and Rasa's tracker.

    While Rasa cannot be reached nothing is deleted, and the answer says to try again.
    """
    await check_token(parts, conversation_id, token)
    try:
        await parts.rasa.forget(conversation_id)
    except RasaFailed as failure:
        raise NotNow from failure
    await run_in_threadpool(_erase, parts, conversation_id, token)
    parts.hub.notify(conversation_id)


def _erase(parts: Parts, conversation_id: str, token: str) -> None:
    with parts.database.writing() as session:
        service.authenticated(session, conversation_id=conversation_id, token=token)
        service.erase(session, conversation_id=conversation_id, store=parts.photos.store)


async def _stream(
    request: Request, parts: Parts, conversation_id: str, token: str, after: int
) -> AsyncIterator[dict[str, str]]:
    held: HoldingOut | None = None
    while not await request.is_disconnected():
        try:
            now = await run_in_threadpool(messages, parts, token, conversation_id, after)
        except UnknownConversation:
            return
        for message in now.messages:
            after = message.seq
            yield {
                "event": "message",
                "id": str(message.seq),
                "data": message.model_dump_json(),
            }
        if (holds := HoldingOut.model_validate(now.model_dump(exclude={"messages"}))) != held:
            held = holds
            yield {"event": "state", "data": holds.model_dump_json()}
        await parts.hub.wait(conversation_id)


async def check_token(parts: Parts, conversation_id: str, token: str) -> None:
    """Raises UnknownConversation unless the token opens the conversation."""
    await run_in_threadpool(_check, parts, conversation_id, token)


async def answer_of(parts: Parts, conversation_id: str, received: Received) -> AnswerOut:
    """The answer to a message just received, as soon as it is there."""
    done = await parts.turns.answered(conversation_id, received.message_id, WAIT_SECONDS)
    return await run_in_threadpool(_answer, parts, received.message_id, done)


def _check(parts: Parts, conversation_id: str, token: str) -> None:
    with parts.database.reading() as session:
        service.authenticated(session, conversation_id=conversation_id, token=token)


def _answer(parts: Parts, message_id: str, done: bool) -> AnswerOut:
    with parts.database.reading() as session:
        replies = service.replies_to(session, message_id=message_id)
        return AnswerOut(messages=out(session, parts, replies), pending=not done)


def out(session: Session, parts: Parts, found: Sequence[Message]) -> list[MessageOut]:
    """Messages as the citizen sees them; a check code is put in here and nowhere else."""
    ids = [message.id for message in found]
    buttons = service.buttons_of(session, message_ids=ids)
    photos = attachments.of_messages(session, ids)
    now = utc_now()
    return [
        MessageOut(
            id=message.id,
            seq=message.seq,
            sender=message.sender,
            text=text_for_citizen(session, parts.cipher, message, now),
            buttons=[
                ButtonOut(
                    title=button.title,
                    payload=button.id if button.press else None,
                    url=button.url,
                )
                for button in buttons.get(message.id, [])
            ],
            photos=[
                PhotoOut(
                    url=links.path(photo, parts.links_key, now),
                    width=photo.width,
                    height=photo.height,
                )
                for photo in photos.get(message.id, [])
            ],
            topic=message.topic if message.sender != "citizen" else None,
            ticket=message.ticket,
            client_id=message.client_id,
            created_at=message.created_at,
        )
        for message in found
    ]
