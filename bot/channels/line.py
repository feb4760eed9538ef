"""LINE Messaging API: webhook of 2025, reply and push (docs/channels/line.md).

A reply token answers for free and once; whatever comes later is pushed with a retry key, by which
LINE takes a repeated push for the same message (409).
"""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from bot.channels import capabilities
from bot.channels.base import (
    Address,
    Channel,
    Event,
    HeldElsewhere,
    Ignored,
    Left,
    Message,
    Opened,
    Outgoing,
    Payload,
    PhotoRef,
    PhotoUnreachable,
    RawRequest,
    Refused,
    ReleasedElsewhere,
    Sent,
    Unsent,
    json_body,
)
from bot.channels.capabilities import Length
from bot.channels.http import Called, NotCalled, call, fetch
from bot.channels.rendering import Choice, Piece, fit
from bot.channels.splitting import shorten
from bot.conversations.schemas import Location
from bot.settings import Settings
from bot.wording import wording

ALT_TEXT = Length(most=400, counts="utf16")
"""What a list of chats and a screen reader say instead of a template."""
LOADING_SECONDS = 20
MONTHLY_LIMIT_AGAIN = 3600.0
REPLY_TRIES, REPLY_AGAIN_SECONDS, REPLY_PAUSE_SECONDS = 7, 0.3, 2.0
"""The pause doubles after each try, up to the last figure: a reply that may have been shown is not
left unclear lightly."""
REPLY_SECONDS, PUSH_SECONDS = 4.0, 10.0
"""All tries of a reply and a push behind them stay within the outbox's lease."""
REPLY_OVER = "the reply token is over"
SERVER_ERROR = "LINE answered 5"


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore", alias_generator=to_camel)


class _Source(_Model):
    type: str = ""
    user_id: str | None = None


class _Provider(_Model):
    type: str = "line"
    original_content_url: str | None = None


class _Message(_Model):
    type: str
    id: str = ""
    text: str = ""
    content_provider: _Provider = _Provider()
    latitude: float | None = None
    longitude: float | None = None


class _Postback(_Model):
    data: str = ""


class _Unsend(_Model):
    message_id: str


class _Event(_Model):
    type: str
    timestamp: int = 0
    mode: str = "active"
    webhook_event_id: str | None = None
    source: _Source = _Source()
    reply_token: str | None = None
    message: _Message | None = None
    postback: _Postback | None = None
    unsend: _Unsend | None = None


class Line(Channel):
    """One LINE official account."""

    name: ClassVar[str] = "line"

    def __init__(self, settings: Settings, http: httpx.AsyncClient) -> None:
        self.capabilities = capabilities.of(self.name)
        self._secret = settings.line_channel_secret.get_secret_value()
        self._token = settings.line_access_token.get_secret_value()
        self._api = settings.line_api_url.rstrip("/")
        self._data = settings.line_data_url.rstrip("/")
        self._fold = settings.channel_long_answers == "fold"
        self._http = http

    def missing(self) -> list[str]:
        needed = {"LINE_CHANNEL_SECRET": self._secret, "LINE_ACCESS_TOKEN": self._token}
        return [name for name, value in needed.items() if not value]

    def verify(self, request: RawRequest) -> None:
        given = request.headers.get("x-line-signature", "")
        if not given:
            raise Refused(401, "no signature")
        digest = hmac.new(self._secret.encode(), request.body, hashlib.sha256).digest()
        expected = base64.b64encode(digest)
        if not hmac.compare_digest(expected, given.encode("utf-8", "replace")):
            raise Refused(403, "the signature is another's")

    def parse(self, request: RawRequest) -> list[Event]:
        events = json_body(request).get("events")
        if not isinstance(events, list):
            raise Refused(400, "no list of events")
        return [_parsed(each) for each in events]

    def render(self, parts: Sequence[Outgoing]) -> list[Payload]:
        language = parts[-1].language if parts else "ko"
        pieces = fit(parts, self.capabilities, fold=self._fold)
        messages = [_message(piece, language) for piece in pieces]
        most = self.capabilities.messages
        return [{"messages": messages[at : at + most]} for at in range(0, len(messages), most)]

    async def send(self, to: Address, payload: Payload, key: str) -> Sent:
        if to.reply_token and (sent := await self._replied(to.reply_token, payload)):
            return sent
        return await self._post("push", {"to": to.user, **payload}, {"X-Line-Retry-Key": key})

    async def photo(self, ref: PhotoRef, max_bytes: int) -> bytes:
        if not ref.where.isalnum():
            raise PhotoUnreachable("the photo lies outside LINE")
        url = f"{self._data}/v2/bot/message/{ref.where}/content"
        return await fetch(self._http, url, max_bytes=max_bytes, headers=self._headers())

    async def typing(self, to: Address) -> None:
        body = {"chatId": to.user, "loadingSeconds": LOADING_SECONDS}
        url = f"{self._api}/v2/bot/chat/loading/start"
        try:
            await call(self._http, "POST", url, json=body, headers=self._headers(), seconds=3.0)
        except NotCalled:
            return

    async def _replied(self, token: str, payload: Payload) -> Sent | None:
        """How a reply went; None when its token is over, so that only a push is left.

        A reply has no retry key, but a token is taken once: asked again after an unclear try, LINE
        refuses the token of a reply that it has shown.
        """
        unclear = False
        for tried in range(REPLY_TRIES):
            sent = await self._post("reply", {"replyToken": token, **payload}, {})
            if sent.reason == REPLY_OVER:
                return Sent("ok") if unclear else None
            if sent.outcome not in ("maybe", "again"):
                return sent
            unclear = unclear or sent.outcome == "maybe" or sent.reason.startswith(SERVER_ERROR)
            await asyncio.sleep(min(REPLY_AGAIN_SECONDS * 2**tried, REPLY_PAUSE_SECONDS))
        return sent

    async def _post(self, how: str, body: Payload, headers: dict[str, str]) -> Sent:
        url = f"{self._api}/v2/bot/message/{how}"
        try:
            called = await call(
                self._http,
                "POST",
                url,
                json=body,
                headers={**self._headers(), **headers},
                seconds=REPLY_SECONDS if how == "reply" else PUSH_SECONDS,
            )
        except NotCalled as failure:
            return failure.sent()
        return _outcome(called)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}


def _outcome(called: Called) -> Sent:
    """What LINE's reply means. 409: the push with this retry key was accepted before."""
    if called.status in (200, 409):
        sent = called.body.get("sentMessages") or [{}]
        first = sent[0] if isinstance(sent, list) and isinstance(sent[0], dict) else {}
        return Sent("ok", message_id=str(first.get("id", "")) or None)
    message = str(called.body.get("message", "")).lower()
    if called.status == httpx.codes.BAD_REQUEST and "reply token" in message:
        return Sent("parked", reason=REPLY_OVER)
    reason = f"LINE answered {called.status}"
    if called.status == httpx.codes.TOO_MANY_REQUESTS:
        monthly = "monthly limit" in message
        return Sent("again", reason=reason, retry_after=MONTHLY_LIMIT_AGAIN if monthly else None)
    if called.status >= 500 or called.status in (401, 403):
        # The account's own trouble: mended settings let it go out.
        return Sent("again", reason=reason)
    return Sent("parked", reason=reason)


def _parsed(raw: Any) -> Event:
    try:
        event = _Event.model_validate(raw)
    except ValidationError:
        return Ignored(kind="unreadable")
    if event.source.type != "user" or not event.source.user_id:
        return Ignored(kind="group")
    base: dict[str, Any] = {
        "user": event.source.user_id,
        "event_id": event.webhook_event_id,
        "at": _moment(event.timestamp),
    }
    if event.type == "message" and event.message is not None:
        return _said(event, event.message, base)
    if event.type == "postback" and event.postback is not None:
        return Message(button=event.postback.data, **_answerable(event), **base)
    if event.type == "unsend" and event.unsend is not None:
        return Unsent(message_id=event.unsend.message_id, **base)
    if event.type == "follow" and event.mode != "standby":
        return Opened(reply_token=event.reply_token, **base)
    kinds: dict[str, type[Event]] = {
        "unfollow": Left,
        "activated": ReleasedElsewhere,
        "deactivated": HeldElsewhere,
    }
    kind = kinds.get(event.type)
    return kind(**base) if kind else Ignored(kind=event.type, **base)


def _said(event: _Event, message: _Message, base: dict[str, Any]) -> Message:
    more: dict[str, Any] = {"message_id": message.id or None, **_answerable(event), **base}
    if message.type == "text":
        return Message(text=message.text, **more)
    if message.type == "image":
        external = message.content_provider.original_content_url
        return Message(photos=(PhotoRef(external or message.id),), **more)
    if message.type == "location":
        try:
            spot = Location.model_validate(
                {"latitude": message.latitude, "longitude": message.longitude}
            )
        except ValidationError:
            return Message(unreadable="location", **more)
        return Message(location=spot, **more)
    return Message(unreadable=message.type, **more)


def _answerable(event: _Event) -> dict[str, Any]:
    return {"reply_token": event.reply_token, "standby": event.mode == "standby"}


def _moment(milliseconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _message(piece: Piece, language: str) -> Payload:
    made: Payload
    if piece.photo.startswith("https://"):
        made = {
            "type": "image",
            "originalContentUrl": piece.photo,
            "previewImageUrl": piece.photo,
        }
    elif piece.photo:
        # LINE fetches from https only.
        text = wording().text("channel.photo", language, {"url": piece.photo})
        made = {"type": "text", "text": text}
    elif piece.buttons:
        template = {
            "type": "buttons",
            "text": piece.text,
            "actions": [_action(choice) for choice in piece.buttons],
        }
        made = {
            "type": "template",
            "altText": shorten(piece.text, ALT_TEXT),
            "template": template,
        }
    else:
        made = {"type": "text", "text": piece.text}
    if items := _quick(piece, language):
        made["quickReply"] = {"items": items}
    return made


def _quick(piece: Piece, language: str) -> list[Payload]:
    actions = [_action(choice) for choice in piece.quick_replies]
    if piece.asks_location:
        label = wording().text("channel.share_location", language)
        actions.append({"type": "location", "label": label})
    return [{"type": "action", "action": action} for action in actions]


def _action(choice: Choice) -> Payload:
    if choice.url:
        return {"type": "uri", "label": choice.label, "uri": choice.url}
    return {
        "type": "postback",
        "label": choice.label,
        "data": choice.payload,
        "displayText": choice.label,
    }
