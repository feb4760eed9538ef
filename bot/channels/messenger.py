"""Facebook Messenger: webhooks signed with the app's secret, answers by the Graph API.

A page may write within 24 hours of the citizen's last action; later only a real person's answer
goes, with the HUMAN_AGENT tag, for seven days. See docs/channels/messenger.md.
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

import httpx
from pydantic import ValidationError

from bot.channels import capabilities, mixing
from bot.channels import http as web
from bot.channels.base import (
    Address,
    Channel,
    Event,
    HeldElsewhere,
    HttpAnswer,
    Ignored,
    Message,
    Opened,
    Outgoing,
    Payload,
    PhotoRef,
    RawRequest,
    Refused,
    ReleasedElsewhere,
    Sent,
    Unsent,
    json_body,
)
from bot.channels.checks import listed, same
from bot.channels.messenger_models import ChatMessage, Occurrence, Webhook
from bot.channels.messenger_results import result
from bot.channels.mixing import pieces_of
from bot.channels.rendering import Choice, Piece
from bot.conversations.schemas import Location
from bot.database import utc_now
from bot.settings import Settings

SIGNATURE = "x-hub-signature-256"
GET_STARTED = "GET_STARTED"
"""The payload of the «get started» button, as the set-up page says to set it."""
WINDOW = timedelta(hours=24)
TELEPHONE = "tel:"


class Messenger(Channel):
    """One Facebook page."""

    name: ClassVar[str] = "messenger"

    def __init__(self, settings: Settings, http: httpx.AsyncClient) -> None:
        self.capabilities = capabilities.of(self.name)
        self._settings = settings
        self._http = http
        self._page = settings.messenger_page_id
        self._photo_hosts = listed(settings.messenger_photo_hosts)
        self._url = f"{settings.messenger_api_url.rstrip('/')}/{self._page}/messages"

    def missing(self) -> list[str]:
        """Names of the settings without which it stays off."""
        wanted = {
            "MESSENGER_APP_SECRET": self._settings.messenger_app_secret.get_secret_value(),
            "MESSENGER_VERIFY_TOKEN": self._settings.messenger_verify_token.get_secret_value(),
            "MESSENGER_PAGE_TOKEN": self._settings.messenger_page_token.get_secret_value(),
            "MESSENGER_PAGE_ID": self._page,
        }
        return [name for name, value in wanted.items() if not value]

    # In

    def handshake(self, request: RawRequest) -> HttpAnswer:
        """Give Meta's challenge back when it brings our token. Raises Refused (403)."""
        token = self._settings.messenger_verify_token.get_secret_value()
        challenge = request.query.get("hub.challenge", "")
        asks = request.query.get("hub.mode") == "subscribe"
        if not asks or not same(request.query.get("hub.verify_token", ""), token):
            raise Refused(403, "the handshake brings another token")
        if not challenge.isalnum() or len(challenge) > 200:
            # It is given back as it came: never anything that a browser could read as a page.
            raise Refused(403, "the handshake's challenge is no plain word")
        return HttpAnswer(body=challenge)

    def verify(self, request: RawRequest) -> None:
        """Check the signature over the body as it came. Raises Refused (401, 403)."""
        secret = self._settings.messenger_app_secret.get_secret_value()
        given = request.headers.get(SIGNATURE, "")
        if not secret or not given:
            raise Refused(401, "the signature is missing")
        digest = hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest()
        if not same(given, f"sha256={digest}"):
            raise Refused(403, "the signature is wrong")

    def parse(self, request: RawRequest) -> list[Event]:
        """The events of every entry, in order. Raises Refused (400)."""
        try:
            hook = Webhook.model_validate(json_body(request))
        except ValidationError:
            # From None: the cause holds what the citizen said.
            raise Refused(400, "the body is no webhook of Meta's") from None
        if hook.object != "page":
            return [Ignored(kind="object")]
        return list(self._events(hook))

    async def photo(self, ref: PhotoRef, max_bytes: int) -> bytes:
        """A citizen's photo. Raises PhotoUnreachable."""
        return await web.fetch(self._http, ref.where, max_bytes=max_bytes, hosts=self._photo_hosts)

    def _events(self, hook: Webhook) -> Iterator[Event]:
        for entry in hook.entry:
            both = ((entry.messaging, False), (entry.standby, True))
            for occurrences, standby in both:
                for raw in occurrences or ():
                    try:
                        occurrence = Occurrence.model_validate(raw)
                    except ValidationError:
                        # The others of the batch are answered all the same.
                        yield Ignored(kind="malformed")
                        continue
                    yield self._event(occurrence, standby)

    def _event(self, it: Occurrence, standby: bool) -> Event:
        user = it.sender.id
        if it.message is not None and it.message.is_echo:
            return Ignored(user=it.recipient.id, kind="echo")
        if not user or it.recipient.id != self._page:
            return Ignored(user=user, kind="other_page")
        if it.message is not None:
            return _message(it, it.message, standby)
        if it.postback is not None:
            return self._pressed(it, standby)
        if it.take_thread_control is not None:
            return HeldElsewhere(user=user, at=it.at)
        if it.pass_thread_control is not None:
            return ReleasedElsewhere(user=user, at=it.at)
        if it.referral is not None and not standby:
            return Opened(user=user, at=it.at)
        return Ignored(user=user, kind="edit" if it.message_edit is not None else "unknown")

    def _pressed(self, it: Occurrence, standby: bool) -> Event:
        user, press = it.sender.id, it.postback
        if press is None or not press.payload:
            return Ignored(user=user, kind="postback")
        if press.payload == GET_STARTED:
            return Opened(user=user, event_id=press.mid, at=it.at)
        return Message(
            user=user,
            event_id=press.mid,
            at=it.at,
            button=press.payload,
            message_id=press.mid,
            standby=standby,
        )

    # Out

    def shows_numbers(self, parts: Sequence[Outgoing]) -> bool | None:
        """Links and presses stand apart here, so that fewer units need numbers."""
        return mixing.shows_numbers(parts, self.capabilities)

    def render(self, parts: Sequence[Outgoing]) -> list[Payload]:
        """One message a piece; the quick replies stand at the last, under which they stay."""
        pieces, quick = pieces_of(parts, self.capabilities)
        messages = [_content(piece) for piece in pieces]
        if quick and messages:
            messages[-1]["quick_replies"] = [
                {"content_type": "text", "title": choice.label, "payload": choice.payload}
                for choice in quick
            ]
        return [{"message": message} for message in messages]

    async def send(self, to: Address, payload: Payload, key: str) -> Sent:
        """Send one message. The Graph API takes no key: what came through twice is shown twice."""
        return await self._called({"recipient": {"id": to.user}, **_purpose(to), **payload})

    async def typing(self, to: Address) -> None:
        """Show the typing sign. Never raises."""
        await self._called({"recipient": {"id": to.user}, "sender_action": "typing_on"})

    async def _called(self, body: Payload) -> Sent:
        # In a header: an address with a token in it ends up in somebody's log.
        token = self._settings.messenger_page_token.get_secret_value()
        headers = {"Authorization": f"Bearer {token}"}
        try:
            called = await web.call(self._http, "POST", self._url, json=body, headers=headers)
        except web.NotCalled as error:
            return error.sent()
        return result(called)


def _message(it: Occurrence, message: ChatMessage, standby: bool) -> Event:
    user, mid = it.sender.id, message.mid
    if message.is_deleted:
        return Unsent(user=user, message_id=mid) if mid else Ignored(user=user, kind="deleted")
    brought = _brought(message)
    if not brought:
        return Ignored(user=user, kind="empty")
    return Message(user=user, event_id=mid, at=it.at, message_id=mid, standby=standby, **brought)


def _brought(message: ChatMessage) -> Mapping[str, Any]:
    """The contents of a message; empty when it has none."""
    if message.quick_reply is not None and message.quick_reply.payload:
        return {"button": message.quick_reply.payload}
    photos, places, others = [], [], []
    for attachment in message.attachments or ():
        contents = attachment.payload
        if contents is not None and contents.sticker_id is not None:
            others.append("sticker")
        elif attachment.type == "image" and contents is not None and contents.url:
            photos.append(PhotoRef(contents.url))
        elif attachment.type == "location" and (place := _place(contents)) is not None:
            places.append(place)
        else:
            others.append(attachment.type[:20] or "other")
    text = (message.text or "").strip()
    if text or photos or places:
        # A page that somebody shares comes as a text and an attachment that repeats it.
        location = places[0] if places else None
        return {"text": text, "photos": tuple(photos), "location": location}
    if message.is_unsupported:
        others.append("unsupported")
    return {"unreadable": others[0]} if others else {}


def _place(contents: Any) -> Location | None:
    if contents is None or contents.coordinates is None:
        return None
    try:
        return Location(latitude=contents.coordinates.lat, longitude=contents.coordinates.long)
    except ValidationError:
        return None


def _purpose(to: Address) -> Payload:
    """What Meta wants to know of a message: whether it answers, and why it may come late."""
    in_window = to.seen_at is None or utc_now() - to.seen_at < WINDOW
    if to.sender == "staff" and not in_window:
        return {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    answers = to.sender == "bot" and in_window
    return {"messaging_type": "RESPONSE" if answers else "UPDATE"}


def _content(piece: Piece) -> Payload:
    if piece.photo:
        return {"attachment": {"type": "image", "payload": {"url": piece.photo}}}
    if not piece.buttons:
        return {"text": piece.text}
    template = {
        "template_type": "button",
        "text": piece.text,
        "buttons": [_button(choice) for choice in piece.buttons],
    }
    return {"attachment": {"type": "template", "payload": template}}


def _button(choice: Choice) -> Payload:
    if choice.url and choice.url.startswith(TELEPHONE):
        number = choice.url.removeprefix(TELEPHONE)
        return {"type": "phone_number", "title": choice.label, "payload": number}
    if choice.url:
        return {"type": "web_url", "title": choice.label, "url": choice.url}
    return {"type": "postback", "title": choice.label, "payload": choice.payload}
