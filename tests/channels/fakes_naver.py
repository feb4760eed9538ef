"""Naver TalkTalk on the loopback interface: events as it sends them, and its Send API.

The shapes are those of the chatbot API's pages, retyped.
"""

import json
from typing import Any

from bot.channels.base import RawRequest
from tests.channels.limits import check_talk_event
from tests.support.platforms import Answer, Call, Platform

SECRET = "unguessable-end"
KEY = "ct_test_key"
USER = "al-2eTestUser0000000_A"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
NAVER_ADDRESS = "211.249.40.10"
SETTINGS: dict[str, Any] = {"naver_path_secret": SECRET, "naver_authorization": KEY}


def text_event(text: str = "가로등이 고장났어요", **changes: Any) -> dict[str, Any]:
    """A citizen's text."""
    return {
        "event": "send",
        "user": USER,
        "textContent": {"text": text, "inputType": "typing"},
        "options": {"mobile": True},
        **changes,
    }


def button_event(code: str, title: str = "가로등") -> dict[str, Any]:
    """A press of one of our buttons."""
    return text_event(textContent={"text": title, "code": code, "inputType": "button"})


def photo_event(url: str) -> dict[str, Any]:
    """A citizen's photo."""
    event = text_event(imageContent={"imageUrl": url})
    del event["textContent"]
    return event


def echo_event(text: str = "안녕하세요") -> dict[str, Any]:
    """What we or a person in the partner centre said, told to us."""
    return {
        "event": "echo",
        "echoedEvent": "send",
        "user": USER,
        "partner": "wc0000",
        "textContent": {"text": text, "inputType": "typing"},
        "options": {
            "mobile": False,
            "sourceId": 1,
            "threadOwnerId": 1,
            "managerNickname": "담당자",
        },
    }


def request(
    body: Any, *, secret: str = SECRET, client: str = NAVER_ADDRESS, method: str = "POST"
) -> RawRequest:
    """An event as it reaches a channel."""
    data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    headers = {"content-type": "application/json;charset=UTF-8"}
    return RawRequest(method, headers, {}, data, client, path_secret=secret)


class Naver(Platform):
    """Naver's servers: what citizens see, in order."""

    sends: tuple[str, ...] = ("/event",)

    def __init__(self) -> None:
        super().__init__()
        self.typing = 0
        self.handed_over: list[str] = []
        self.handover_result = "00"
        self.results: list[str] = []
        """Result codes of the next events, instead of taking them."""

    @property
    def host(self) -> str:
        """Where it listens, as an entry of a host list."""
        return self.url.removeprefix("http://")

    def serve(self, call: Call) -> Answer:
        if call.path == "/photo/1":
            return Answer(200, PNG)
        if call.path != "/chatbot/v1/event":
            return Answer(404, {})
        code = self._result(call)
        said = {"success": code == "00", "resultCode": code, "resultMessage": "test"}
        return Answer(200, said)

    def _result(self, call: Call) -> str:
        body = call.body
        if call.headers.get("authorization") != KEY:
            self.broken.append("authorization")
            return "01"
        try:
            assert call.headers.get("content-type") == "application/json;charset=UTF-8"
            assert body["user"], "nobody to send to"
            check_talk_event(body)
        except AssertionError as error:
            self.broken.append(str(error))
            return "02"
        if self.results:
            return self.results.pop(0)
        if body["event"] == "action":
            self.typing += 1
        elif body["event"] == "handover":
            if self.handover_result != "00":
                return self.handover_result
            self.handed_over.append(body["user"])
        else:
            self.shown.append((body["user"], body))
        return "00"
