"""The messengers of `make bench-channels`: how each calls us, and what its citizens see.

A messenger plugs in as a class with the shape of `Messenger`, named in `ALL`.
"""

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, Protocol

from pydantic import SecretStr

from benchmarks import channel_requests as requests
from bot.channels.base import Channel, Outgoing, Payload, RawRequest
from bot.wording import wording
from tests.channels import fakes_kakao, fakes_messenger, fakes_naver
from tests.channels.limits import check_skill_reply
from tests.support import line, telegram
from tests.support.platforms import Platform

Webhook = tuple[str, bytes, dict[str, str]]
"""Path, body and headers of one call."""
ADDRESSING = frozenset(
    {"chat_id", "to", "method", "user", "options", "recipient", "messaging_type", "tag"}
)
"""Names beside a message's contents: whom it goes to, and how."""


class Repeats(Enum):
    """When the same webhook comes a second time."""

    AFTER = "after"
    """Once the first was answered: the platform's event id tells it."""
    BESIDE = "beside"
    """While the first is in work; later the same words are an honest new message."""
    NEVER = "never"


class Messenger(Protocol):
    """One messenger's side of the measurement."""

    @property
    def name(self) -> str:
        """The channel's name."""

    @property
    def platform(self) -> Platform:
        """The stand-in for its servers."""

    @property
    def once(self) -> bool:
        """Whether the platform takes a repeated send for the same; else some are shown twice."""

    @property
    def repeats(self) -> Repeats:
        """When it calls again with the same."""

    def settings(self) -> Mapping[str, Any]:
        """The settings that turn the channel on, towards the running stand-in."""

    def user(self, citizen: int) -> str:
        """The platform's id of a citizen."""

    def webhook(self, citizen: int, text: str) -> Webhook:
        """A new text message of a citizen."""

    def fetch(self, citizen: int) -> Webhook | None:
        """The press of the button for a waiting answer; None where answers come by themselves."""

    def replied(self, citizen: int, bodies: Sequence[bytes]) -> None:
        """Take the HTTP replies to a webhook and its repeats, in the order they came."""

    def shown(self, channel: Channel, parts: Sequence[Outgoing]) -> list[Any]:
        """What a citizen is to see of one unit."""

    def notes(self) -> list[str]:
        """Sentences on what only this messenger has."""


def contents(message: Any) -> Any:
    """A message without its address, which a stand-in keeps with it."""
    if not isinstance(message, dict):
        return message
    return {name: value for name, value in message.items() if name not in ADDRESSING}


class _SentLater:
    """Messengers that read nothing from the HTTP reply."""

    def fetch(self, citizen: int) -> Webhook | None:
        del citizen
        return None

    def replied(self, citizen: int, bodies: Sequence[bytes]) -> None:
        assert not any(bodies), f"citizen {citizen}: nothing is answered in the reply"

    def shown(self, channel: Channel, parts: Sequence[Outgoing]) -> list[Any]:
        return [
            message for payload in channel.render(parts) for message in self.messages_of(payload)
        ]

    def messages_of(self, payload: Payload) -> list[Any]:
        """What one payload shows."""
        return [payload]

    def notes(self) -> list[str]:
        return []


class LineMessenger(_SentLater):
    """LINE, with reply tokens."""

    name, once, repeats = "line", True, Repeats.AFTER

    def __init__(self) -> None:
        self.platform = line.Line()

    def settings(self) -> Mapping[str, Any]:
        return {
            "line_channel_secret": SecretStr(line.SECRET),
            "line_access_token": SecretStr(line.TOKEN),
            "line_api_url": self.platform.url,
            "line_data_url": self.platform.url,
        }

    def user(self, citizen: int) -> str:
        return line.user(citizen)

    def webhook(self, citizen: int, text: str) -> Webhook:
        token = self.platform.token(self.user(citizen))
        body = line.body(line.text(text, self.user(citizen), replyToken=token))
        return "/channels/line/webhook", body, line.headers(body)

    def messages_of(self, payload: Payload) -> list[Any]:
        messages: list[Any] = payload["messages"]
        return messages


class TelegramMessenger(_SentLater):
    """Telegram, which has no key for a repeated send."""

    name, once, repeats = "telegram", False, Repeats.AFTER

    def __init__(self) -> None:
        self.platform = telegram.Telegram()

    def settings(self) -> Mapping[str, Any]:
        return {
            "telegram_token": SecretStr(telegram.TOKEN),
            "telegram_webhook_secret": SecretStr(telegram.SECRET),
            "telegram_api_url": self.platform.url,
        }

    def user(self, citizen: int) -> str:
        return telegram.user(citizen)

    def webhook(self, citizen: int, text: str) -> Webhook:
        body = telegram.body(telegram.message(citizen, text=text))
        return "/channels/telegram/webhook", body, telegram.HEADERS


class _Requested:
    """Messengers whose requests `channel_requests` makes."""

    name: str
    platform: Platform

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def settings(self) -> Mapping[str, Any]:
        return requests.settings_for(self.name, self.platform)

    def user(self, citizen: int) -> str:
        return requests.user_of(self.name, citizen)

    def webhook(self, citizen: int, text: str) -> Webhook:
        made = requests.MAKERS[self.name](citizen, next(self._numbers), text)
        return made.path, made.content, made.headers


class NaverMessenger(_Requested, _SentLater):
    """Naver TalkTalk: no event ids, and none of its webhooks comes twice."""

    name, once, repeats = "naver", False, Repeats.NEVER

    def __init__(self) -> None:
        super().__init__()
        self.platform: Platform = fakes_naver.Naver()


class FacebookMessenger(_Requested, _SentLater):
    """Facebook Messenger, which has no key for a repeated send."""

    name, once, repeats = "messenger", False, Repeats.AFTER

    def __init__(self) -> None:
        super().__init__()
        self.platform: Platform = fakes_messenger.Graph()


class KakaoMessenger(_Requested):
    """KakaoTalk without call backs: answers stand in the HTTP reply, or wait for the next one."""

    name, once, repeats = "kakao", True, Repeats.BESIDE

    def __init__(self) -> None:
        super().__init__()
        self.platform: Platform = fakes_kakao.Kakao()
        self._late = self._alike = self._half_late = self._unlike = 0

    def fetch(self, citizen: int) -> Webhook | None:
        return self.webhook(citizen, wording().text("channel.see_answer", "ko"))

    def replied(self, citizen: int, bodies: Sequence[bytes]) -> None:
        """Of a pair that says the same, the citizen sees the fuller one."""
        replies = [self._outputs(body) for body in bodies]
        self._late += not any(replies)
        if len(replies) > 1:
            replies = self._as_one(replies)
        for outputs in replies:
            self.platform.shown += [(self.user(citizen), output) for output in outputs]

    def shown(self, channel: Channel, parts: Sequence[Outgoing]) -> list[Any]:
        path, body, headers = self.webhook(1, "?")
        del path
        reply = channel.reply(RawRequest("POST", headers, {}, body, ""), [parts]).answer.body
        return self._outputs(json.dumps(reply).encode())

    def notes(self) -> list[str]:
        return [
            f"answers too late for their reply, shown with a later one: {self._late}",
            f"repeats while the first was in work: the same answer {self._alike}, "
            f"one of both came in time {self._half_late}, another answer {self._unlike}",
        ]

    def _as_one(self, replies: Sequence[list[Any]]) -> list[list[Any]]:
        """A webhook's reply and its repeat's, as one where one holds the other."""
        short, long = sorted(replies, key=len)
        if long[len(long) - len(short) :] != short:
            self._unlike += 1
            return list(replies)
        if long and not short:
            self._half_late += 1
        else:
            self._alike += 1
        return [long]

    def _outputs(self, body: bytes) -> list[Any]:
        """What a skill reply shows, without the sentences about answers that wait."""
        try:
            reply = json.loads(body)
            check_skill_reply(reply)
        except (AssertionError, ValueError) as error:
            self.platform.broken.append(str(error))
            return []
        return [each for each in reply["template"]["outputs"] if not _is_about_waiting(each)]


def _is_about_waiting(output: Any) -> bool:
    said = output.get("simpleText", {}).get("text") or output.get("textCard", {}).get("description")
    names = ("not_yet", "more_waits", "nothing_waits", "passed_on")
    return any(
        said == wording().text(f"channel.{name}", language)
        for name in names
        for language in ("ko", "en")
    )


ALL: Mapping[str, Callable[[], Messenger]] = {
    "kakao": KakaoMessenger,
    "naver": NaverMessenger,
    "line": LineMessenger,
    "telegram": TelegramMessenger,
    "messenger": FacebookMessenger,
}
