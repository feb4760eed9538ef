"""Webhooks of KakaoTalk, TalkTalk and Messenger for benchmarks/channels.py: who, what, and whether
it is a repeat.

Each maker gives the path, the headers and the body of one message of a citizen. The same arguments
give the same bytes, so a repeat is made by asking again. Stand-ins of the platforms are in
tests/channels/fakes_*.py; `settings_for` points a channel at one.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.channels import fakes_kakao, fakes_messenger, fakes_naver
from tests.support.platforms import Platform


@dataclass(frozen=True)
class Webhook:
    """One request to make."""

    path: str
    headers: dict[str, str]
    content: bytes


def kakao(citizen: int, number: int, text: str) -> Webhook:
    """A skill call, whose answer stands in the HTTP reply."""
    call = fakes_kakao.skill_call(text, user=user_of("kakao", citizen))
    headers = {fakes_kakao.HEADER: fakes_kakao.KEY, "content-type": "application/json"}
    return Webhook("/channels/kakao/webhook", headers, _json(call))


def naver(citizen: int, number: int, text: str) -> Webhook:
    """A `send` event; Naver gives it no id, so `number` leaves no trace."""
    event = fakes_naver.text_event(text, user=user_of("naver", citizen))
    headers = {"content-type": "application/json;charset=UTF-8"}
    return Webhook(f"/channels/naver/webhook/{fakes_naver.SECRET}", headers, _json(event))


def messenger(citizen: int, number: int, text: str) -> Webhook:
    """A signed webhook; `number` is the message's id."""
    event = {
        **fakes_messenger.occurrence(user_of("messenger", citizen)),
        "timestamp": 1_795_000_000_000 + number,
        "message": {"mid": f"m_{number}", "text": text},
    }
    content = _json(fakes_messenger.hook(event))
    headers = {
        "x-hub-signature-256": fakes_messenger.sign(content),
        "content-type": "application/json",
    }
    return Webhook("/channels/messenger/webhook", headers, content)


MAKERS: Mapping[str, Callable[[int, int, str], Webhook]] = {
    "kakao": kakao,
    "naver": naver,
    "messenger": messenger,
}
STAND_INS: Mapping[str, Callable[[], Platform]] = {
    "kakao": fakes_kakao.Kakao,
    "naver": fakes_naver.Naver,
    "messenger": fakes_messenger.Graph,
}


def user_of(channel: str, citizen: int) -> str:
    """The platform's id of a citizen, as the stand-in shows it in `shown`."""
    return f"{channel[0]}-user-{citizen:011d}-x"


def settings_for(channel: str, platform: Platform) -> dict[str, Any]:
    """The settings that switch a channel on and point it at a stand-in."""
    if channel == "kakao":
        host = platform.url.removeprefix("http://")
        return {
            **fakes_kakao.SETTINGS,
            "kakao_api_url": platform.url,
            "kakao_callback_hosts": host,
        }
    if channel == "naver":
        return {
            **fakes_naver.SETTINGS,
            "naver_api_url": f"{platform.url}/chatbot/v1",
            "naver_source_ranges": "127.0.0.0/8",
        }
    return {**fakes_messenger.SETTINGS, "messenger_api_url": f"{platform.url}/v26.0"}


def texts_shown(channel: str, message: Any) -> list[str]:
    """The texts of what a citizen was shown: a skill reply, a TalkTalk event, a Graph message."""
    if channel == "kakao":
        outputs = message.get("template", {}).get("outputs", ())
        found = [output.get("simpleText", {}).get("text") for output in outputs]
        found += [output.get("textCard", {}).get("description") for output in outputs]
    elif channel == "naver":
        found = [message.get("textContent", {}).get("text")]
        composites = message.get("compositeContent", {}).get("compositeList", ())
        found += [composite.get("description") for composite in composites]
    else:
        contents = message.get("message", {})
        template = contents.get("attachment", {}).get("payload", {})
        found = [contents.get("text"), template.get("text")]
    return [text for text in found if text]


def _json(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()
