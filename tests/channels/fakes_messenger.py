"""Messenger on the loopback interface: signed webhooks as Meta sends them, and the Graph API.

The shapes are those of the published samples, retyped.
"""

import hashlib
import hmac
import json
import time
from itertools import count
from typing import Any

from bot.channels.base import RawRequest
from tests.channels.limits import check_graph_message
from tests.support.platforms import Answer, Call, Platform

SECRET, VERIFY, TOKEN, PAGE = "test-app-secret", "test-verify", "test-page-token", "10000000001"
USER = "20000000002"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
SETTINGS: dict[str, Any] = {
    "messenger_app_secret": SECRET,
    "messenger_verify_token": VERIFY,
    "messenger_page_token": TOKEN,
    "messenger_page_id": PAGE,
}
_mids = count(1)


def occurrence(user: str = USER, **what: Any) -> dict[str, Any]:
    """One thing that happened, with whom and when."""
    return {
        "sender": {"id": user},
        "recipient": {"id": PAGE},
        "timestamp": int(time.time() * 1000),
        **what,
    }


def said(text: str = "가로등이 고장났어요", *, user: str = USER, **message: Any) -> dict[str, Any]:
    """A citizen's message."""
    mid = f"m_{next(_mids)}"
    return occurrence(user, message={"mid": mid, "text": text, **message})


def attached(kind: str, **payload: Any) -> dict[str, Any]:
    """A message that only has an attachment."""
    attachment = {"type": kind, "payload": payload}
    return occurrence(message={"mid": f"m_{next(_mids)}", "attachments": [attachment]})


def hook(*occurrences: dict[str, Any], field: str = "messaging") -> dict[str, Any]:
    """A webhook with one entry."""
    return {"object": "page", "entry": [{"id": PAGE, "time": 1, field: list(occurrences)}]}


def sign(data: bytes, secret: str = SECRET) -> str:
    """The signature header's value."""
    return "sha256=" + hmac.new(secret.encode(), data, hashlib.sha256).hexdigest()


def request(body: Any, *, signature: str | None = None) -> RawRequest:
    """A signed webhook as it reaches a channel."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"x-hub-signature-256": sign(data) if signature is None else signature}
    return RawRequest("POST", headers, {}, data, "173.252.88.1")


class Graph(Platform):
    """Meta's servers: what citizens see, in order."""

    sends: tuple[str, ...] = ("/messages",)

    def __init__(self) -> None:
        super().__init__()
        self.typing = 0
        self.errors: list[dict[str, Any]] = []
        """Errors that the next messages get, instead of being taken."""
        self.window_closed: set[str] = set()
        """Citizens to whom only a person may still write."""
        self._ids = count(1)

    @property
    def host(self) -> str:
        """Where it listens, as an entry of a host list."""
        return self.url.removeprefix("http://")

    def serve(self, call: Call) -> Answer:
        if call.path == "/photo/1":
            return Answer(200, PNG)
        if call.path != f"/v26.0/{PAGE}/messages":
            return Answer(404, _error(100, "no such path"))
        if call.headers.get("authorization") != f"Bearer {TOKEN}":
            self.broken.append("authorization")
            return Answer(401, _error(190, "invalid token"))
        try:
            check_graph_message(call.body)
        except AssertionError as error:
            self.broken.append(str(error))
            return Answer(400, _error(100, "invalid parameter"))
        return self._message(call.body)

    def _message(self, body: dict[str, Any]) -> Answer:
        user = body["recipient"]["id"]
        if "sender_action" in body:
            self.typing += 1
            return Answer(200, {"recipient_id": user})
        if self.errors:
            return Answer(400, {"error": self.errors.pop(0)})
        tagged = body["messaging_type"] == "MESSAGE_TAG" and body.get("tag") == "HUMAN_AGENT"
        if user in self.window_closed and not tagged:
            return Answer(400, _error(10, "outside the allowed window", 2018278))
        self.shown.append((user, body))
        return Answer(200, {"recipient_id": user, "message_id": f"m_out_{next(self._ids)}"})


def _error(code: int, message: str, subcode: int | None = None) -> dict[str, Any]:
    error: dict[str, Any] = {
        "message": f"(#{code}) {message}",
        "type": "OAuthException",
        "code": code,
        "fbtrace_id": "A0",
    }
    if subcode is not None:
        error["error_subcode"] = subcode
    return {"error": error}
