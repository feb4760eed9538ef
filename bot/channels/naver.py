"""Naver TalkTalk (챗봇 API v1): webhooks are taken at once, answers go out by the Send API.

There is no signature: the caller is proven by its address and by the unguessable end of ours. There
is no event id and no repeat of a failed webhook; Naver blocks an address that fails often. The Send
API says 200 always, and what happened in the body. See docs/channels/naver.md.
"""

from collections.abc import Mapping, Sequence
from ipaddress import IPv6Address, ip_address
from typing import Any, ClassVar

import httpx
from pydantic import ValidationError

from bot import networks
from bot.channels import capabilities
from bot.channels import http as web
from bot.channels.base import (
    Address,
    Channel,
    Event,
    Ignored,
    Left,
    Message,
    Opened,
    Outgoing,
    Payload,
    PhotoRef,
    RawRequest,
    Refused,
    ReleasedElsewhere,
    Sent,
    Withdrawn,
    json_body,
)
from bot.channels.checks import listed, retry_after, same
from bot.channels.naver_models import TalkEvent, TextContent
from bot.channels.rendering import Choice, Piece, fit
from bot.settings import Settings

PERSON_SIDE = 1
"""`targetId` of the partner centre, where people answer."""
READABLE = frozenset({"typing", "button", "vphone", "product"})
"""Kinds of input whose text says something; a sticker's does not."""
POISON: Mapping[str, str] = {
    "02": "the Send API does not take this message",
    "IMG-01": "the photo has a format that Naver does not show",
    "IMG-03": "the photo is too large for Naver",
}
"""Results that another try does not change."""
FAILED: Mapping[str, str] = {
    "01": "the Send API does not know the Authorization key",
    "03": "handing over is not allowed; is it on in the partner centre?",
    "IMG-02": "Naver could not fetch the photo in time",
}


class Naver(Channel):
    """One TalkTalk account."""

    name: ClassVar[str] = "naver"

    def __init__(self, settings: Settings, http: httpx.AsyncClient) -> None:
        self.capabilities = capabilities.of(self.name)
        self._settings = settings
        self._http = http
        self._networks = networks.parsed(settings.naver_source_ranges)
        self._photo_hosts = listed(settings.naver_photo_hosts)
        self._url = f"{settings.naver_api_url.rstrip('/')}/event"

    def missing(self) -> list[str]:
        """Names of the settings without which it stays off."""
        wanted = {
            "NAVER_PATH_SECRET": self._settings.naver_path_secret,
            "NAVER_AUTHORIZATION": self._settings.naver_authorization,
        }
        return [name for name, value in wanted.items() if not value.get_secret_value()]

    # In

    def verify(self, request: RawRequest) -> None:
        """Check the end of the address, then where the call comes from. Raises Refused."""
        if not same(request.path_secret, self._settings.naver_path_secret.get_secret_value()):
            raise Refused(404, "the end of the address is missing or wrong")
        if self._networks and not self._is_naver(request.client):
            raise Refused(403, "the call comes from outside of Naver's networks")

    def parse(self, request: RawRequest) -> list[Event]:
        """The one event of a webhook. Raises Refused (400)."""
        try:
            talk = TalkEvent.model_validate(json_body(request))
        except ValidationError:
            # From None: the cause holds what the citizen said.
            raise Refused(400, "the body is no TalkTalk event") from None
        if not talk.user:
            return [Ignored(kind=talk.event[:20])]
        return [self._event(talk)]

    async def photo(self, ref: PhotoRef, max_bytes: int) -> bytes:
        """A citizen's photo. Raises PhotoUnreachable."""
        return await web.fetch(self._http, ref.where, max_bytes=max_bytes, hosts=self._photo_hosts)

    def _is_naver(self, client: str) -> bool:
        try:
            address = ip_address(client)
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return any(address in network for network in self._networks)

    def _event(self, talk: TalkEvent) -> Event:
        user = talk.user
        match talk.event:
            case "send":
                return self._message(talk)
            case "open":
                return Opened(user=user)
            case "friend" if talk.option("set") == "on":
                return Opened(user=user)
            case "leave":
                return Left(user=user)
            case "profile" if talk.withdraws:
                return Withdrawn(user=user)
            case "handover" if talk.option("control") == "passThread":
                # It comes to us when the person in the partner centre has finished.
                return ReleasedElsewhere(user=user)
            case _:
                # An echo is what we or a person said: answering it would never end.
                return Ignored(user=user, kind=talk.event[:20])

    def _message(self, talk: TalkEvent) -> Message:
        user, standby = talk.user, self._standby(talk)
        if talk.image_content is not None and talk.image_content.image_url:
            photo = PhotoRef(talk.image_content.image_url)
            return Message(user=user, photos=(photo,), standby=standby)
        content = talk.text_content or TextContent()
        if content.code:
            return Message(user=user, button=content.code, standby=standby)
        kind = content.input_type or "typing"
        if kind not in READABLE or not (content.text or "").strip():
            unreadable = kind if kind not in READABLE else "other"
            return Message(user=user, unreadable=unreadable[:20], standby=standby)
        return Message(user=user, text=content.text or "", standby=standby)

    def _standby(self, talk: TalkEvent) -> bool | None:
        """Absent means that the talk is ours, but for a press of one of our buttons."""
        if talk.standby:
            return True
        pressed = talk.text_content is not None and (
            talk.text_content.code or talk.text_content.input_type == "button"
        )
        return None if pressed or not self._settings.naver_handover else False

    # Out

    def render(self, parts: Sequence[Outgoing]) -> list[Payload]:
        """One `send` event a piece: a text, a photo, or a composite with buttons."""
        return [{"event": "send", **_content(piece)} for piece in fit(parts, self.capabilities)]

    async def send(self, to: Address, payload: Payload, key: str) -> Sent:
        """Send one message. The Send API takes no key: what came through twice is shown twice."""
        body: Payload = {**payload, "user": to.user}
        if to.sender != "bot":
            # What nobody waits for in the open chat rings.
            body["options"] = {"notification": True}
        return await self._called(body)

    async def typing(self, to: Address) -> None:
        """Show the typing sign for up to ten seconds. Never raises."""
        body = {"event": "action", "user": to.user, "options": {"action": "typingOn"}}
        await self._called(body)

    def hands_over(self) -> bool:
        """Whether people answer in the partner centre."""
        return self._settings.naver_handover

    async def hand_over(self, to: Address) -> Sent:
        """Give the talk to a person in the partner centre. Never raises."""
        options = {"control": "passThread", "targetId": PERSON_SIDE}
        return await self._called({"event": "handover", "user": to.user, "options": options})

    async def _called(self, body: Payload) -> Sent:
        key = self._settings.naver_authorization.get_secret_value()
        headers = {"Authorization": key, "Content-Type": "application/json;charset=UTF-8"}
        try:
            called = await web.call(self._http, "POST", self._url, json=body, headers=headers)
        except web.NotCalled as error:
            return error.sent()
        if called.status == httpx.codes.OK:
            return _result(called.body)
        reason = f"the Send API said {called.status}"
        if called.status in (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE):
            return Sent("again", reason=reason, retry_after=retry_after(called))
        # It says 200 even to a refusal: what is between us and it may have let the call through.
        is_unclear = called.status >= httpx.codes.INTERNAL_SERVER_ERROR
        return Sent("maybe" if is_unclear else "again", reason=reason)


def _result(body: Mapping[str, Any]) -> Sent:
    code = str(body.get("resultCode", ""))[:20]
    if body.get("success") is True or code == "00":
        return Sent("ok")
    if not body:
        return Sent("maybe", reason="the Send API's reply is unreadable")
    if code in POISON:
        return Sent("parked", reason=POISON[code])
    known = FAILED.get(code)
    return Sent("again", reason=known or f"the Send API said {code if code.isalnum() else 'no'}")


def _content(piece: Piece) -> Payload:
    if piece.photo:
        return {"imageContent": {"imageUrl": piece.photo}}
    buttons = [_button(choice) for choice in piece.buttons]
    if buttons:
        return {
            "compositeContent": {
                "compositeList": [{"description": piece.text, "buttonList": buttons}]
            }
        }
    content: Payload = {"text": piece.text}
    if piece.quick_replies:
        quick = [_button(choice) for choice in piece.quick_replies]
        content["quickReply"] = {"buttonList": quick}
    return {"textContent": content}


def _button(choice: Choice) -> Payload:
    if choice.url:
        data = {"title": choice.label, "url": choice.url, "mobileUrl": choice.url}
        return {"type": "LINK", "data": data}
    return {"type": "TEXT", "data": {"title": choice.label, "code": choice.payload}}
