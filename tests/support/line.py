"""A stand-in for LINE: its webhooks, signed, and its Messaging API with its rules.

What we send is judged by LINE's own models (line-bot-sdk).
"""

import base64
import hashlib
import hmac
import json
from itertools import count
from typing import Any

from linebot.v3.messaging.models import PushMessageRequest, ReplyMessageRequest

from tests.support.platforms import Answer, Call, Platform

SECRET, TOKEN = "test-channel-secret", "test-access-token"
GRAPHEME_LABEL = 20
_numbers = count(1)


def user(number: int = 1) -> str:
    """A user id as LINE makes them."""
    return f"U{number:032x}"


def event(kind: str = "message", who: str = "", **fields: Any) -> dict[str, Any]:
    """An event with what every event has; `fields` add to it or replace."""
    number = next(_numbers)
    made: dict[str, Any] = {
        "type": kind,
        "mode": "active",
        "timestamp": 1_795_000_000_000 + number,
        "source": {"type": "user", "userId": who or user()},
        "webhookEventId": f"01HX{number:022d}",
        "deliveryContext": {"isRedelivery": False},
        **fields,
    }
    return made


def text(words: str, who: str = "", **fields: Any) -> dict[str, Any]:
    """A text message."""
    number = next(_numbers)
    message = {"id": str(500_000 + number), "type": "text", "quoteToken": "q", "text": words}
    return event("message", who, message=message, **fields)


def of_type(kind: str, who: str = "", **content: Any) -> dict[str, Any]:
    """A message of another type."""
    message = {"id": str(600_000 + next(_numbers)), "type": kind, **content}
    return event("message", who, message=message)


def body(*events: dict[str, Any]) -> bytes:
    """A webhook's body."""
    whole = {"destination": user(0), "events": list(events)}
    return json.dumps(whole, ensure_ascii=False).encode()


def signature(content: bytes, secret: str = SECRET) -> str:
    """What LINE puts into the header."""
    return base64.b64encode(hmac.new(secret.encode(), content, hashlib.sha256).digest()).decode()


def headers(content: bytes) -> dict[str, str]:
    """The headers of a webhook."""
    return {"X-Line-Signature": signature(content), "Content-Type": "application/json"}


class Line(Platform):
    """The Messaging API. Reply tokens must be issued before."""

    sends = ("/reply", "/push")

    def __init__(self) -> None:
        super().__init__()
        self.tokens: dict[str, str] = {}
        self.keys: dict[str, str] = {}
        self.photos: dict[str, bytes] = {}
        self.loading: list[str] = []

    def token(self, who: str = "") -> str:
        """A reply token that can be used once."""
        made = f"reply-{next(_numbers)}"
        self.tokens[made] = who or user()
        return made

    def serve(self, call: Call) -> Answer:
        if call.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer(401, {"message": "Authentication failed"})
        path = call.path
        if path == "/v2/bot/message/reply":
            return self._reply(call)
        if path == "/v2/bot/message/push":
            return self._push(call)
        if path == "/v2/bot/chat/loading/start":
            self.loading.append(call.body["chatId"])
            return Answer(202, {})
        if path.startswith("/v2/bot/message/") and path.endswith("/content"):
            data = self.photos.get(path.split("/")[4])
            return Answer(200, data) if data else Answer(404, {"message": "Not found"})
        return Answer(404, {"message": "Not found"})

    def _reply(self, call: Call) -> Answer:
        if "x-line-retry-key" in call.headers:
            self.broken.append("a retry key with a reply")
            return Answer(400, {"message": "The retry key is not allowed"})
        who = self.tokens.pop(str(call.body.get("replyToken")), None)
        if who is None:
            return Answer(400, {"message": "Invalid reply token"})
        return self._accepted(who, call.body, ReplyMessageRequest)

    def _push(self, call: Call) -> Answer:
        key = call.headers.get("x-line-retry-key", "")
        if len(key) != 36:
            self.broken.append("a push without a retry key")
        if key in self.keys:
            more = {"x-line-accepted-request-id": self.keys[key]}
            return Answer(409, {"message": "The retry key is already accepted"}, more)
        answer = self._accepted(str(call.body.get("to")), call.body, PushMessageRequest)
        if answer.status == 200:
            self.keys[key] = f"request-{len(self.keys)}"
        return answer

    def _accepted(self, who: str, content: dict[str, Any], model: Any) -> Answer:
        try:
            model.from_dict(content)
            for message in content["messages"]:
                judge(message)
        except Exception as error:
            self.broken.append(str(error))
            return Answer(400, {"message": "The request body has errors"})
        ids = []
        for message in content["messages"]:
            self.shown.append((who, message))
            ids.append({"id": str(len(self.shown))})
        return Answer(200, {"sentMessages": ids})


def judge(message: dict[str, Any]) -> None:
    """The limits that LINE's models leave out. Raises ValueError."""
    units = len(message.get("text", "").encode("utf-16-le")) // 2
    if message["type"] == "text" and not 1 <= units <= 5000:
        raise ValueError(f"a text of {units} UTF-16 units")
    items = [item["action"] for item in message.get("quickReply", {}).get("items", [])]
    if len(items) > 13:
        raise ValueError("more than 13 quick replies")
    template = message.get("template", {})
    if len(template.get("actions", [])) > 4 or len(message.get("altText", "")) > 400:
        raise ValueError("a template that is too large")
    for action in [*items, *template.get("actions", [])]:
        if not 1 <= len(action["label"].encode("utf-16-le")) // 2 <= 4 * GRAPHEME_LABEL:
            raise ValueError("a label that is too long")
