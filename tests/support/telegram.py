"""A stand-in for Telegram: its updates and its Bot API with its rules.

What we send is judged by python-telegram-bot's models and constants.
"""

import json
from itertools import count
from typing import Any

from telegram import InlineKeyboardMarkup, ReplyKeyboardMarkup
from telegram.constants import InlineKeyboardButtonLimit, MessageLimit

from tests.support.platforms import Answer, Call, Platform

TOKEN, SECRET = "123456:TEST-token", "test_secret-1"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
HEADERS = {SECRET_HEADER: SECRET, "Content-Type": "application/json"}
_numbers = count(10_000)


def person(number: int = 1) -> dict[str, Any]:
    """A user as an update shows one."""
    return {"id": 7_000_000_000 + number, "is_bot": False, "first_name": "Hong"}


def chat(number: int = 1, kind: str = "private") -> dict[str, Any]:
    """A chat; a private one has the user's id."""
    return {"id": 7_000_000_000 + number, "type": kind}


def user(number: int = 1) -> str:
    """The user id as the channel knows it."""
    return str(chat(number)["id"])


def update(**content: Any) -> dict[str, Any]:
    """An update with the next id."""
    return {"update_id": next(_numbers), **content}


def message(number: int = 1, kind: str = "private", **content: Any) -> dict[str, Any]:
    """A message in an update."""
    base = {
        "message_id": next(_numbers),
        "date": 1_795_000_000,
        "chat": chat(number, kind),
        "from": person(number),
    }
    return update(message={**base, **content})


def press(data: str, number: int = 1) -> dict[str, Any]:
    """A pressed inline button."""
    shown = {
        "message_id": next(_numbers),
        "date": 1_795_000_000,
        "chat": chat(number),
        "text": "?",
    }
    return update(
        callback_query={
            "id": str(next(_numbers)),
            "from": person(number),
            "message": shown,
            "chat_instance": "1",
            "data": data,
        }
    )


def body(one: dict[str, Any]) -> bytes:
    """A webhook's body."""
    return json.dumps(one, ensure_ascii=False).encode()


class Telegram(Platform):
    """The Bot API."""

    sends = ("/sendMessage", "/sendPhoto")

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, bytes] = {}
        self.blocked: set[int] = set()
        self.acknowledged: list[str] = []
        self.typing: list[int] = []
        self.webhook: dict[str, Any] = {}

    def serve(self, call: Call) -> Answer:
        if call.path.startswith(f"/file/bot{TOKEN}/"):
            data = self.files.get(call.path.rpartition("/")[2])
            return Answer(200, data) if data else _no(404, "Not Found")
        if not call.path.startswith(f"/bot{TOKEN}/"):
            return _no(401, "Unauthorized")
        method = call.path.rpartition("/")[2]
        found = getattr(self, f"_{method}", None)
        return found(call.body) if found else _no(404, "Not Found")

    def _sendMessage(self, sent: dict[str, Any]) -> Answer:  # noqa: N802
        text = sent.get("text", "")
        if not 1 <= len(text.encode("utf-16-le")) // 2 <= MessageLimit.MAX_TEXT_LENGTH:
            self.broken.append("a text that is empty or too long")
            return _no(400, "Bad Request: message is too long")
        try:
            self._judge(sent.get("reply_markup"))
        except Exception as error:
            self.broken.append(str(error))
            return _no(400, "Bad Request: reply markup")
        return self._shown(sent)

    def _sendPhoto(self, sent: dict[str, Any]) -> Answer:  # noqa: N802
        if not str(sent.get("photo", "")).startswith("https://"):
            self.broken.append("a photo that Telegram cannot fetch")
            return _no(400, "Bad Request: wrong file identifier")
        return self._shown(sent)

    def _getFile(self, asked: dict[str, Any]) -> Answer:  # noqa: N802
        if asked["file_id"] not in self.files:
            return _no(400, "Bad Request: invalid file_id")
        return _yes({"file_id": asked["file_id"], "file_path": f"photos/{asked['file_id']}"})

    def _answerCallbackQuery(self, asked: dict[str, Any]) -> Answer:  # noqa: N802
        self.acknowledged.append(asked["callback_query_id"])
        return _yes(True)

    def _sendChatAction(self, asked: dict[str, Any]) -> Answer:  # noqa: N802
        self.typing.append(asked["chat_id"])
        return _yes(True)

    def _setWebhook(self, asked: dict[str, Any]) -> Answer:  # noqa: N802
        self.webhook = asked
        return _yes(True)

    def _shown(self, sent: dict[str, Any]) -> Answer:
        if sent["chat_id"] in self.blocked:
            return _no(403, "Forbidden: bot was blocked by the user")
        self.shown.append((str(sent["chat_id"]), sent))
        return _yes({"message_id": len(self.shown), "date": 1, "chat": {"id": sent["chat_id"]}})

    def _judge(self, markup: dict[str, Any] | None) -> None:
        if markup is None:
            return
        if "keyboard" in markup:
            ReplyKeyboardMarkup.de_json(markup, None)
            return
        for row in InlineKeyboardMarkup.de_json(markup, None).inline_keyboard:
            for button in row:
                data = str(button.callback_data or "x").encode()
                most = InlineKeyboardButtonLimit.MAX_CALLBACK_DATA
                if not 1 <= len(data) <= most or not button.text:
                    raise ValueError("a button that Telegram refuses")


def _yes(result: Any) -> Answer:
    return Answer(200, {"ok": True, "result": result})


def _no(status: int, description: str, **parameters: Any) -> Answer:
    body = {"ok": False, "error_code": status, "description": description}
    return Answer(status, {**body, "parameters": parameters} if parameters else body)
