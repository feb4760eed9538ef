"""Telegram Bot API 10 (docs/channels/telegram.md): private chats only.

Telegram has no key for a repeated send: a message that timed out may be shown twice, and is
counted. The token stands in every address of the API, so no address is ever logged or raised.
"""

import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.channels import capabilities
from bot.channels.base import (
    Address,
    Channel,
    Event,
    Ignored,
    Left,
    Message,
    Outgoing,
    Payload,
    PhotoRef,
    PhotoUnreachable,
    RawRequest,
    Refused,
    Sent,
    json_body,
)
from bot.channels.http import Called, NotCalled, call, fetch
from bot.channels.rendering import Choice, Piece, fit
from bot.conversations.schemas import Location
from bot.settings import Settings
from bot.wording import wording

SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
FILE_PATH = re.compile(r"(?!.*\.\.)[\w./-]{1,300}")
UPDATES = ("message", "callback_query", "my_chat_member")
"""What setWebhook asks for."""
UNREADABLE = (
    "sticker",
    "voice",
    "audio",
    "video",
    "video_note",
    "animation",
    "document",
    "contact",
    "poll",
    "dice",
    "story",
    "game",
)
GONE = ("chat not found", "user is deactivated", "bot was blocked", "bot can't initiate")


class WebhookNotSet(Exception):
    """Telegram did not take the webhook's address; the text is what it answered."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Chat(_Model):
    id: int
    type: str = ""


class _User(_Model):
    id: int
    is_bot: bool = False
    language_code: str | None = None


class _File(_Model):
    file_id: str
    file_size: int | None = None
    mime_type: str = ""


class _Venue(_Model):
    location: Location


class _Message(_Model):
    message_id: int
    date: int = 0
    chat: _Chat
    sender: _User | None = Field(None, alias="from")
    text: str = ""
    caption: str = ""
    photo: list[_File] = []
    document: _File | None = None
    location: Location | None = None
    venue: _Venue | None = None


class _Callback(_Model):
    id: str
    sender: _User = Field(alias="from")
    message: _Message | None = None
    data: str = ""


class _Member(_Model):
    status: str = ""


class _MemberChange(_Model):
    chat: _Chat
    date: int = 0
    new_chat_member: _Member


class Telegram(Channel):
    """One Telegram bot."""

    name: ClassVar[str] = "telegram"

    def __init__(self, settings: Settings, http: httpx.AsyncClient) -> None:
        self.capabilities = capabilities.of(self.name)
        self._token = settings.telegram_token.get_secret_value()
        self._secret = settings.telegram_webhook_secret.get_secret_value()
        self._api = settings.telegram_api_url.rstrip("/")
        self._fold = settings.channel_long_answers == "fold"
        self._http = http

    def missing(self) -> list[str]:
        missing = [] if self._token else ["TELEGRAM_TOKEN"]
        return missing if SECRET.fullmatch(self._secret) else [*missing, "TELEGRAM_WEBHOOK_SECRET"]

    def verify(self, request: RawRequest) -> None:
        given = request.headers.get("x-telegram-bot-api-secret-token", "")
        if not given:
            raise Refused(401, "no secret")
        if not hmac.compare_digest(self._secret.encode(), given.encode("utf-8", "replace")):
            raise Refused(403, "the secret is another's")

    def parse(self, request: RawRequest) -> list[Event]:
        update = json_body(request)
        update_id = update.get("update_id")
        if not isinstance(update_id, int) or isinstance(update_id, bool):
            raise Refused(400, "no update_id")
        try:
            return [_parsed(update, str(update_id))]
        except ValidationError:
            return [Ignored(kind="unreadable", event_id=str(update_id))]

    def render(self, parts: Sequence[Outgoing]) -> list[Payload]:
        language = parts[-1].language if parts else "ko"
        pieces = fit(parts, self.capabilities, fold=self._fold)
        return [_payload(piece, language) for piece in pieces]

    async def send(self, to: Address, payload: Payload, key: str) -> Sent:
        body = {name: value for name, value in payload.items() if name != "method"}
        try:
            called = await self._call(str(payload["method"]), {"chat_id": int(to.user), **body})
        except NotCalled as failure:
            return failure.sent()
        return _outcome(called)

    async def photo(self, ref: PhotoRef, max_bytes: int) -> bytes:
        try:
            called = await self._call("getFile", {"file_id": ref.where})
        except NotCalled as failure:
            raise PhotoUnreachable(str(failure)) from None
        found = called.body.get("result")
        path = str(found.get("file_path", "")) if isinstance(found, dict) else ""
        if not FILE_PATH.fullmatch(path):
            raise PhotoUnreachable(f"Telegram answered {called.status} and named no file")
        url = f"{self._api}/file/bot{self._token}/{path}"
        return await fetch(self._http, url, max_bytes=max_bytes)

    async def acknowledge(self, message: Message) -> None:
        try:
            body = {"callback_query_id": message.acknowledge}
            await self._call("answerCallbackQuery", body, seconds=3.0)
        except NotCalled:
            return

    async def typing(self, to: Address) -> None:
        try:
            body = {"chat_id": int(to.user), "action": "typing"}
            await self._call("sendChatAction", body, seconds=3.0)
        except NotCalled:
            return

    async def set_webhook(self, url: str) -> None:
        """Tell Telegram where updates go and what proves them. Raises WebhookNotSet."""
        body = {"url": url, "secret_token": self._secret, "allowed_updates": list(UPDATES)}
        try:
            called = await self._call("setWebhook", body)
        except NotCalled as failure:
            raise WebhookNotSet(str(failure)) from None
        if called.body.get("ok") is not True:
            raise WebhookNotSet(_description(called) or str(called.status))

    async def _call(self, method: str, body: Payload, seconds: float = 10.0) -> Called:
        url = f"{self._api}/bot{self._token}/{method}"
        return await call(self._http, "POST", url, json=body, seconds=seconds)


def _description(called: Called) -> str:
    return str(called.body.get("description", ""))[:100]


def _outcome(called: Called) -> Sent:
    if called.status == httpx.codes.OK and called.body.get("ok") is True:
        result = called.body.get("result")
        number = result.get("message_id") if isinstance(result, dict) else None
        return Sent("ok", message_id=str(number) if number is not None else None)
    reason = f"Telegram answered {called.status}: {_description(called)}"
    if called.status == httpx.codes.TOO_MANY_REQUESTS:
        parameters = called.body.get("parameters")
        asked = parameters.get("retry_after") if isinstance(parameters, dict) else None
        return Sent("again", reason, retry_after=asked if isinstance(asked, int | float) else None)
    gone = any(sign in _description(called).lower() for sign in GONE)
    if called.status == httpx.codes.FORBIDDEN or gone:
        return Sent("blocked", reason)
    if called.status in (400, 413):
        return Sent("parked", reason)
    return Sent("again", reason)


def _parsed(update: dict[str, Any], update_id: str) -> Event:
    if isinstance(raw := update.get("message"), dict):
        return _said(_Message.model_validate(raw), raw, update_id)
    if isinstance(raw := update.get("callback_query"), dict):
        return _pressed(_Callback.model_validate(raw), update_id)
    if isinstance(raw := update.get("my_chat_member"), dict):
        change = _MemberChange.model_validate(raw)
        if change.chat.type == "private" and change.new_chat_member.status == "kicked":
            return Left(user=str(change.chat.id), event_id=update_id)
    kind = next((name for name in update if name != "update_id"), "empty")
    return Ignored(kind=kind, event_id=update_id)


def _said(message: _Message, raw: dict[str, Any], update_id: str) -> Event:
    if message.chat.type != "private":
        return Ignored(kind="group", event_id=update_id)
    if message.sender is not None and message.sender.is_bot:
        return Ignored(kind="echo", event_id=update_id)
    base: dict[str, Any] = {
        "user": str(message.chat.id),
        "event_id": update_id,
        "at": datetime.fromtimestamp(message.date, UTC) if 0 <= message.date < 2**33 else None,
        "message_id": str(message.message_id),
        "language": _language(message.sender),
    }
    if message.text:
        return Message(text=message.text, **base)
    if message.photo:
        return Message(text=message.caption, photos=(PhotoRef(message.photo[-1].file_id),), **base)
    if message.document is not None and message.document.mime_type.startswith("image/"):
        return Message(text=message.caption, photos=(PhotoRef(message.document.file_id),), **base)
    spot = message.venue.location if message.venue else message.location
    if spot is not None:
        return Message(location=spot, **base)
    unreadable = next((name for name in UNREADABLE if name in raw), None)
    if unreadable:
        return Message(unreadable=unreadable, **base)
    return Ignored(kind="service", event_id=update_id)


def _pressed(pressed: _Callback, update_id: str) -> Event:
    if pressed.message is None or pressed.message.chat.type != "private" or not pressed.data:
        return Ignored(kind="callback", event_id=update_id)
    return Message(
        user=str(pressed.message.chat.id),
        event_id=update_id,
        button=pressed.data,
        acknowledge=pressed.id,
        language=_language(pressed.sender),
    )


def _language(sender: _User | None) -> Literal["ko", "en"] | None:
    """Telegram tells the language of the citizen's app; all but Korean get English first."""
    code = (sender.language_code if sender else None) or ""
    return None if not code else "ko" if code.startswith("ko") else "en"


def _payload(piece: Piece, language: str) -> Payload:
    if piece.photo.startswith("https://"):
        return {"method": "sendPhoto", "photo": piece.photo}
    text = piece.text
    if piece.photo:
        text = wording().text("channel.photo", language, {"url": piece.photo})
    made: Payload = {
        "method": "sendMessage",
        "text": text,
        "link_preview_options": {"is_disabled": True},
    }
    if piece.buttons:
        made["reply_markup"] = {"inline_keyboard": [[_key(choice)] for choice in piece.buttons]}
    elif piece.asks_location:
        label = wording().text("channel.share_location", language)
        made["reply_markup"] = {
            "keyboard": [[{"text": label, "request_location": True}]],
            "one_time_keyboard": True,
            "resize_keyboard": True,
        }
    return made


def _key(choice: Choice) -> Payload:
    if choice.url:
        return {"text": choice.label, "url": choice.url}
    return {"text": choice.label, "callback_data": choice.payload}
