"""The citizen API: the contract for the widget and for anyone else (OpenAPI at /api/docs)."""

import json
from collections.abc import AsyncIterator, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from sqlalchemy.orm import Session
from sse_starlette.sse import EventSourceResponse
from starlette.concurrency import run_in_threadpool

from bot.conversations import service
from bot.conversations.errors import MissingToken, NotNow, RasaFailed, UnknownConversation
from bot.conversations.models import Message
from bot.conversations.rendering import Renderer
from bot.conversations.schemas import (
    AnswerOut,
    ButtonOut,
    ConversationOut,
    IncomingMessage,
    MessageOut,
    NewConversation,
    NewMessage,
    StateOut,
)
from bot.database import utc_now
from bot.knowledge import notices
from bot.privacy import vault
from bot.privacy.kinds import KINDS
from bot.replies import Button, Press, Reply, Say
from bot.web.limits import new_conversation_allowed
from bot.web.parts import Parts

router = APIRouter(prefix="/api/conversations", tags=["conversations"])
WAIT_SECONDS = 30.0
"""How long a sent message waits for its answer; later it comes by the event stream."""
MOST_MESSAGES = 2**31 - 1
"""The largest number that a message can have in the database."""
CODE_LABEL = f"[{KINDS['check_code'].label} "


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
        greeting = Reply(
            parts=[*notices.greeting(session, now), Say(key="greeting.first")],
            buttons=[
                Button(title_of=topic, press=Press(topic=topic))
                for topic in ("passport_issue", "bulky_waste", "road_damage")
            ]
            + [Button(title=Say(key="button.person"), press=Press(control="person"))],
        )
        messages = service.say(
            session,
            conversation_id=conversation.id,
            replies=[greeting],
            render=Renderer(session, parts.wording, body.language),
            now=now,
        )
        return ConversationOut(
            id=conversation.id, token=token, messages=out(session, parts, messages)
        )


@router.post("/{conversation_id}/messages")
async def send(parts: PartsOf, token: Token, conversation_id: str, body: NewMessage) -> AnswerOut:
    """Send a text or press a button; the answer comes back here, or by the event stream."""
    received = await parts.turns.receive(
        conversation_id=conversation_id,
        token=token,
        incoming=IncomingMessage(body.text or "", body.payload, body.client_id),
    )
    done = await parts.turns.answered(conversation_id, received.message_id, WAIT_SECONDS)
    return await run_in_threadpool(_answer, parts, received.message_id, done)


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
        return StateOut.model_validate(
            {"state": conversation.state, "messages": out(session, parts, found)}
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
    await run_in_threadpool(_check, parts, conversation_id, token)
    seen = last_event_id or ""
    after = min(int(seen), MOST_MESSAGES) if seen.isdecimal() and len(seen) < 20 else 0
    return EventSourceResponse(
        _stream(request, parts, conversation_id, token, after), ping=20, send_timeout=10
    )


@router.delete("/{conversation_id}", status_code=204)
async def delete(parts: PartsOf, token: Token, conversation_id: str) -> None:
    """Delete the conversation with its messages, the vault's values and Rasa's tracker.

    While Rasa cannot be reached nothing is deleted, and the answer says to try again.
    """
    await run_in_threadpool(_check, parts, conversation_id, token)
    try:
        await parts.rasa.forget(conversation_id)
    except RasaFailed as failure:
        raise NotNow from failure
    await run_in_threadpool(_erase, parts, conversation_id, token)
    parts.hub.notify(conversation_id)


def _erase(parts: Parts, conversation_id: str, token: str) -> None:
    with parts.database.writing() as session:
        service.authenticated(session, conversation_id=conversation_id, token=token)
        service.erase(session, conversation_id=conversation_id)


async def _stream(
    request: Request, parts: Parts, conversation_id: str, token: str, after: int
) -> AsyncIterator[dict[str, str]]:
    state = ""
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
        if now.state != state:
            state = now.state
            yield {"event": "state", "data": json.dumps({"state": state})}
        await parts.hub.wait(conversation_id)


def _check(parts: Parts, conversation_id: str, token: str) -> None:
    with parts.database.reading() as session:
        service.authenticated(session, conversation_id=conversation_id, token=token)


def _answer(parts: Parts, message_id: str, done: bool) -> AnswerOut:
    with parts.database.reading() as session:
        replies = service.replies_to(session, message_id=message_id)
        return AnswerOut(messages=out(session, parts, replies), pending=not done)


def out(session: Session, parts: Parts, found: Sequence[Message]) -> list[MessageOut]:
    """Messages as the citizen sees them; a check code is put in here and nowhere else."""
    buttons = service.buttons_of(session, message_ids=[message.id for message in found])
    return [
        MessageOut(
            id=message.id,
            seq=message.seq,
            sender=message.sender,
            text=_with_code(session, parts, message),
            buttons=[
                ButtonOut(
                    title=button.title,
                    payload=button.id if button.press else None,
                    url=button.url,
                )
                for button in buttons.get(message.id, [])
            ],
            topic=message.topic if message.sender != "citizen" else None,
            ticket=message.ticket,
            client_id=message.client_id,
            created_at=message.created_at,
        )
        for message in found
    ]


def _with_code(session: Session, parts: Parts, message: Message) -> str:
    if message.sender != "bot" or CODE_LABEL not in message.text:
        return message.text
    start = message.text.index(CODE_LABEL)
    name = message.text[start : message.text.index("]", start) + 1]
    code = vault.reveal(
        session,
        parts.cipher,
        conversation_id=message.conversation_id,
        placeholder=name,
        now=utc_now(),
    )
    return message.text.replace(name, code) if code else message.text
