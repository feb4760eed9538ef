"""KakaoTalk (챗봇 관리자센터): a skill call is answered in its own HTTP reply, within 4 seconds.

There is no signature: the caller is proven by a header that is set on the skill, and by the bot's
id. There is no event id and no documented repeat of a call. What is ready later goes to the call's
callback address where the block has one, else waits for the button «답변 확인» or the next message;
what staff say goes out by the Event API where that is set up. See docs/channels/kakao.md.
"""

from collections.abc import Sequence
from typing import ClassVar

import httpx
from pydantic import ValidationError

from bot.channels import capabilities, kakao_events, kakao_template, mixing
from bot.channels import http as web
from bot.channels.base import (
    Address,
    CalledBack,
    Channel,
    Event,
    Fetch,
    HttpAnswer,
    Ignored,
    Message,
    Opened,
    Outgoing,
    Payload,
    PhotoRef,
    RawRequest,
    Refused,
    Replied,
    Sent,
    json_body,
)
from bot.channels.checks import listed, same
from bot.channels.kakao_models import SkillCall
from bot.settings import Settings
from bot.wording import wording

PHOTO_SCHEMES = ("http", "https")
"""Secure images lie behind plain http, alive for at most ten minutes."""


class Kakao(Channel):
    """The skill server of one or more bots."""

    name: ClassVar[str] = "kakao"

    def __init__(self, settings: Settings, http: httpx.AsyncClient) -> None:
        self.capabilities = capabilities.of(self.name)
        self._settings = settings
        self._http = http
        self._bots = tuple(bot.rstrip("!") for bot in listed(settings.kakao_bot_ids))
        self._photo_hosts = listed(settings.kakao_photo_hosts)
        self._callback_hosts = listed(settings.kakao_callback_hosts)
        key = settings.kakao_rest_key.get_secret_value()
        self._events = (
            kakao_events.Events(
                http,
                url=settings.kakao_api_url,
                key=key,
                bot=self._bots[0],
                name=settings.kakao_event_name,
            )
            if key and settings.kakao_event_name and self._bots
            else None
        )

    def missing(self) -> list[str]:
        """Names of the settings without which it stays off."""
        wanted = {
            "KAKAO_HEADER_VALUE": self._settings.kakao_header_value.get_secret_value(),
            "KAKAO_BOT_IDS": self._bots,
        }
        return [name for name, value in wanted.items() if not value]

    def can_push(self) -> bool:
        """Whether the Event API is set up."""
        return self._events is not None

    # In

    def verify(self, request: RawRequest) -> None:
        """Check the header that is set on the skill, then the bot's id. Raises Refused."""
        expected = self._settings.kakao_header_value.get_secret_value()
        given = request.headers.get(self._settings.kakao_header_name.lower(), "")
        if not given:
            raise Refused(401, "the skill's header is missing")
        if not same(given, expected):
            raise Refused(403, "the skill's header is wrong")
        bot = json_body(request).get("bot")
        id_ = bot.get("id") if isinstance(bot, dict) else None
        # The development channel's id ends with an exclamation mark.
        own = id_.removesuffix("!") if isinstance(id_, str) else ""
        if not any(same(own, each) for each in self._bots):
            raise Refused(403, "another bot calls")

    def parse(self, request: RawRequest) -> list[Event]:
        """The one event of a skill call. Raises Refused (400)."""
        call = self._call(request)
        user = call.user_request.user.id
        if call.user_request.chat is not None:
            return [Ignored(user=user, kind="group")]
        brings = call.event_parameter(kakao_events.PARAMETER) is not None
        asks = call.pressed(kakao_template.FETCH) or kakao_template.is_fetch(call.said)
        if asks or brings:
            return [Fetch(user=user, brings=brings)]
        if button := call.pressed(kakao_template.BUTTON):
            return [Message(user=user, button=button)]
        photos = call.photos(self._settings.kakao_photo_parameter)
        if not photos and web.is_allowed(call.said, self._photo_hosts, PHOTO_SCHEMES):
            # What an ordinary photo may come as, where it comes at all.
            photos = [call.said]
        if photos:
            # The words of such a call are those that began the photo block.
            return [Message(user=user, photos=tuple(PhotoRef(url) for url in photos))]
        return [Message(user=user, text=call.said) if call.said else Opened(user=user)]

    async def photo(self, ref: PhotoRef, max_bytes: int) -> bytes:
        """A secure image, at once: its address dies within minutes. Raises PhotoUnreachable."""
        return await web.fetch(
            self._http,
            ref.where,
            max_bytes=max_bytes,
            hosts=self._photo_hosts,
            schemes=PHOTO_SCHEMES,
        )

    def _call(self, request: RawRequest) -> SkillCall:
        try:
            return SkillCall.model_validate(json_body(request))
        except ValidationError:
            # From None: the cause holds what the citizen said.
            raise Refused(400, "the body is no skill call") from None

    # Out, in the HTTP reply

    def reply(self, request: RawRequest, waiting: Sequence[Sequence[Outgoing]]) -> Replied:
        """As many of the waiting units as a skill reply holds.

        A call that an event made brings the event's own message, which is said first.
        """
        brought = self._brought(request)
        if brought:
            waiting = [unit for unit in waiting if not _is_nothing(unit)]
        units = [brought, *waiting] if brought else list(waiting)
        body, taken = self._answer(units)
        return Replied(HttpAnswer(body=body), max(taken - bool(brought), 0))

    def not_yet(self, request: RawRequest, language: str) -> HttpAnswer:
        """That the answer is being looked for, with the button «답변 확인»."""
        return HttpAnswer(body=kakao_template.text_only("channel.not_yet", language, fetch=True))

    def callback_of(self, request: RawRequest) -> str | None:
        """The call's callback address where it lies at Kakao."""
        url = self._call(request).user_request.callback_url
        return url if url and self._takes_calls_back(url) else None

    def will_call_back(self, request: RawRequest, language: str) -> HttpAnswer:
        """The reply that announces a call back; the block shows `data.text` or its own words."""
        text = wording().text("channel.looking", language)
        return HttpAnswer(
            body={"version": kakao_template.VERSION, "useCallback": True, "data": {"text": text}}
        )

    async def call_back(self, url: str, waiting: Sequence[Sequence[Outgoing]]) -> CalledBack:
        """Send a skill reply to the callback address, which takes one within a minute.

        Whoever calls this waits a moment first, so that it does not overtake the reply that
        announces it.
        """
        if not self._takes_calls_back(url):
            return CalledBack(Sent("parked", reason="the callback address is not Kakao's"), 0)
        body, taken = self._answer(waiting)
        try:
            called = await web.call(self._http, "POST", url, json=body)
        except web.NotCalled as error:
            return CalledBack(error.sent(), 0)
        status = called.body.get("status")
        if called.status == httpx.codes.OK and status == "SUCCESS":
            return CalledBack(Sent("ok"), taken)
        if called.status >= httpx.codes.INTERNAL_SERVER_ERROR:
            return CalledBack(Sent("maybe", reason=f"the callback said {called.status}"), 0)
        return CalledBack(Sent("again", reason="the callback was refused"), 0)

    def _brought(self, request: RawRequest) -> list[Outgoing]:
        parameter = self._call(request).event_parameter(kakao_events.PARAMETER)
        return kakao_events.unpacked(parameter) if parameter else []

    def _answer(self, units: Sequence[Sequence[Outgoing]]) -> tuple[Payload, int]:
        operator = self._settings.kakao_operator_button
        return kakao_template.answer(units, self.capabilities, operator=operator)

    def _takes_calls_back(self, url: str) -> bool:
        # A host with its port is an installation's own stand-in, which may have no certificate.
        stand_ins = [host for host in self._callback_hosts if ":" in host]
        return web.is_allowed(url, self._callback_hosts) or web.is_allowed(
            url, stand_ins, ("http", "https")
        )

    # Out, later

    def shows_numbers(self, parts: Sequence[Outgoing]) -> bool | None:
        """Links and presses stand apart here, so that fewer units need numbers."""
        return mixing.shows_numbers(parts, self.capabilities)

    def render(self, parts: Sequence[Outgoing]) -> list[Payload]:
        """The contents of one event that say `parts`."""
        return kakao_events.packed(parts, self.capabilities)

    async def send(self, to: Address, payload: Payload, key: str) -> Sent:
        """Send an event. The Event API takes no key: what came through twice is shown twice."""
        if self._events is None:
            return Sent("again", reason="the Event API is not set up", retry_after=3600.0)
        return await self._events.send(to.user, payload)


def _is_nothing(unit: Sequence[Outgoing]) -> bool:
    """Whether a unit only says that nothing waits."""
    return len(unit) == 1 and unit[0].text == wording().text(
        "channel.nothing_waits", unit[0].language
    )
