"""KakaoTalk on the loopback interface: the side that calls a skill, the callback, the Event API.

The shapes are those of the skill guide and of captured calls, retyped.
"""

import itertools
import json
import re
from typing import Any

from bot.channels.base import RawRequest
from tests.channels.limits import check_skill_reply
from tests.support.platforms import Answer, Call, Platform

BOT = "5f0000000000000000000001"
HEADER, KEY = "x-ilsa-key", "test-skill-key"
REST_KEY = "test-rest-key"
EVENT = "ilsa_message"
USER = "f00d01"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
SETTINGS: dict[str, Any] = {
    "kakao_header_name": "X-Ilsa-Key",
    "kakao_header_value": KEY,
    "kakao_bot_ids": BOT,
}


def skill_call(
    utterance: str = "가로등이 고장났어요",
    *,
    user: str = USER,
    bot: str = BOT,
    extra: dict[str, Any] | None = None,
    params: dict[str, str] | None = None,
    callback: str | None = None,
    request_params: dict[str, Any] | None = None,
    **user_request: Any,
) -> dict[str, Any]:
    """The body of a skill call."""
    asked: dict[str, Any] = {
        "timezone": "Asia/Seoul",
        "lang": None,
        "utterance": utterance,
        "block": {"id": "6000000000000000000000b1", "name": "폴백 블록"},
        "params": request_params or {"surface": "Kakaotalk.plusfriend"},
        "user": {
            "id": user,
            "type": "botUserKey",
            "properties": {"botUserKey": user, "plusfriendUserKey": "pf-01", "isFriend": True},
        },
        **user_request,
    }
    if callback:
        asked["callbackUrl"] = callback
    return {
        "bot": {"id": bot, "name": "민원 챗봇"},
        "intent": {
            "id": "6000000000000000000000b1",
            "name": "폴백 블록",
            "extra": {"reason": {"code": 0, "message": "OK"}},
        },
        "action": {
            "id": "6000000000000000000000a1",
            "name": "skill",
            "params": params or {},
            "detailParams": {},
            "clientExtra": extra,
        },
        "userRequest": asked,
        "contexts": [],
        "flow": {"trigger": {"type": "TEXT_INPUT"}, "lastBlock": {"id": "x", "name": "y"}},
    }


def photo_call(*urls: str, parameter: str = "photo") -> dict[str, Any]:
    """The skill call of a block with the secure-image plugin."""
    value = {
        "privacyAgreement": "Y",
        "imageQuantity": str(len(urls)),
        "secureUrls": f"List({', '.join(urls)})",
        "expire": "2026-11-28T12:00:00+0900",
    }
    return skill_call("사진 보내기", params={parameter: json.dumps(value)})


def request(body: Any, *, key: str | None = KEY) -> RawRequest:
    """A skill call as it reaches a channel."""
    data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    headers = {"content-type": "application/json", "user-agent": "AHC/2.1"}
    if key is not None:
        headers[HEADER] = key
    return RawRequest("POST", headers, {}, data, "219.249.231.40")


def pressed(reply: dict[str, Any], label: str) -> dict[str, Any]:
    """The skill call that follows when a citizen presses what a reply shows as `label`."""
    template = reply["template"]
    buttons = list(template.get("quickReplies", ()))
    for output in template["outputs"]:
        buttons += output.get("textCard", {}).get("buttons", ())
    button = next(each for each in buttons if each["label"] == label)
    return skill_call(button["messageText"], extra=button["extra"])


class Kakao(Platform):
    """Kakao's servers. What a citizen sees: skill replies that came to a callback address, with
    the address as user, and events, with the user's key.
    """

    sends: tuple[str, ...] = ("/talk",)

    def __init__(self) -> None:
        super().__init__()
        self.friends = {USER}
        self.event_status = "SUCCESS"
        """What the Event API says to an event."""
        self.photo = PNG
        self._numbers = itertools.count(1)
        self._used: set[str] = set()
        self._reached: dict[str, bool] = {}

    @property
    def host(self) -> str:
        """Where it listens, as an entry of a host list."""
        return self.url.removeprefix("http://")

    def callback(self) -> str:
        """A fresh callback address, good for one reply."""
        return f"{self.url}/v1/bots/{BOT}/callback/{next(self._numbers)}"

    def serve(self, call: Call) -> Answer:
        if "/callback/" in call.path:
            return Answer(200, self._called_back(call))
        if call.path == "/photo/1":
            return Answer(200, self.photo)
        if call.headers.get("authorization") != f"KakaoAK {REST_KEY}":
            self.broken.append("authorization")
            return Answer(401, {"msg": "no such key", "code": -401})
        if call.path == f"/v2/bots/{BOT}/talk" and call.method == "POST":
            return self._event(call.body)
        if found := re.fullmatch(r"/v1/tasks/([\w-]+)", call.path):
            return self._task(found[1])
        return Answer(404, {})

    def _called_back(self, call: Call) -> dict[str, Any]:
        status, message = "SUCCESS", ""
        try:
            check_skill_reply(call.body)
        except AssertionError as error:
            self.broken.append(str(error))
            status, message = "FAIL", "invalid skill format"
        if call.path in self._used:
            status, message = "FAIL", "wrong or expired token"
        self._used.add(call.path)
        if status == "SUCCESS":
            self.shown.append((call.path, call.body))
        return {"taskId": "c1", "status": status, "message": message, "timestamp": 1}

    def _event(self, body: dict[str, Any]) -> Answer:
        users = body["user"]
        text = body["event"]["data"]["text"]
        if body["event"]["name"] != EVENT or not 1 <= len(users) <= 100 or not text:
            self.broken.append("event")
            return Answer(400, {"status": "FAIL", "message": "no such event"})
        if self.event_status != "SUCCESS":
            said = {"taskId": "", "status": self.event_status, "message": "refused"}
            return Answer(200, said)
        task = f"task-{next(self._numbers)}"
        to = users[0]
        self._reached[task] = to["type"] == "botUserKey" and to["id"] in self.friends
        if self._reached[task]:
            self.shown.append((to["id"], body))
        return Answer(200, {"taskId": task, "status": "SUCCESS", "message": "", "timestamp": 1})

    def _task(self, task: str) -> Answer:
        if task not in self._reached:
            return Answer(404, {})
        reached = self._reached[task]
        outcome = {
            "taskId": task,
            "status": "ALL SUCCESS" if reached else "1 FAIL",
            "allRequestCount": 1,
            "successCount": int(reached),
            "fail": {"count": int(not reached), "list": []},
        }
        return Answer(200, outcome)
