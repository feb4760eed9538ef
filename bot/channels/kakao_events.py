"""What is sent later on KakaoTalk: the Event API of a business channel (15 KRW a message).

An event names a block of the bot. Our message travels with it twice: as one plain text
(`event.data.text`), for a block that only shows that, and complete in the parameters, for a block
that calls our skill, whose reply then says it with its buttons.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.channels import http as web
from bot.channels.base import OutButton, Outgoing, Payload, Sent
from bot.channels.capabilities import Capabilities
from bot.channels.checks import retry_after
from bot.channels.rendering import fit, merged

PARAMETER = "ilsa"
"""The event's parameter that carries the message; a skill call that has it came by an event."""
MOST_PARAMETER = 8_000
"""Characters of it; nothing is documented. A longer message travels as plain text only."""
TASK_PAUSES: tuple[float, ...] = (0.5, 1.5)
"""Seconds before each look at how an accepted event went."""
LATER = 3600.0
"""Seconds until an event that did not reach a citizen is tried again. It is not given up: the
message waits, and the citizen's next words bring it out."""
TOO_MANY = 429


class _Button(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    title: str
    payload: str | None = None
    url: str | None = None


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    text: str
    buttons: list[_Button] = []
    photos: list[str] = []
    sender: Literal["bot", "staff", "system"] = "staff"
    language: str = "ko"
    more_url: str = ""


class _Unit(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    parts: list[_Part]


def packed(parts: Sequence[Outgoing], can: Capabilities) -> list[Payload]:
    """One event's contents that say `parts`; none when they say nothing."""
    text = _plain(parts, can)
    if not text:
        return []
    unit = _Unit(
        parts=[
            _Part(
                text=part.text,
                buttons=[
                    _Button(title=b.title, payload=b.payload, url=b.url) for b in part.buttons
                ],
                photos=list(part.photos),
                sender=part.sender,
                language=part.language,
                more_url=part.more_url,
            )
            for part in parts
        ]
    )
    complete = unit.model_dump_json(exclude_defaults=True)
    params = {PARAMETER: complete if len(complete) <= MOST_PARAMETER else _texts([text])}
    return [{"event": {"data": {"text": text}}, "params": params}]


def unpacked(parameter: str) -> list[Outgoing]:
    """The message that an event brought to the skill; none when it is unreadable."""
    try:
        unit = _Unit.model_validate_json(parameter)
    except ValidationError:
        return []
    return [
        Outgoing(
            part.text,
            tuple(OutButton(b.title, b.payload, b.url) for b in part.buttons),
            tuple(part.photos),
            sender=part.sender,
            language=part.language,
            more_url=part.more_url,
        )
        for part in unit.parts
    ]


def _texts(texts: Sequence[str]) -> str:
    return json.dumps({"parts": [{"text": text} for text in texts]}, ensure_ascii=False)


def _plain(parts: Sequence[Outgoing], can: Capabilities) -> str:
    """`parts` as one text; what could be pressed stands as a line that can be typed."""
    if not parts:
        return ""
    one = merged(parts)
    lines = [f"- {button.title.strip()}" for button in one.buttons if not button.url]
    links = tuple(button for button in one.buttons if button.url)
    text = "\n\n".join(filter(None, (one.text.strip(), "\n".join(lines))))
    bare = can.model_copy(
        update={"buttons": None, "quick_replies": None, "photos_out": False, "most_pieces": 1}
    )
    pieces = fit([replace(one, text=text, buttons=links)], bare)
    return pieces[0].text if pieces else ""


class Events:
    """The Event API of one bot."""

    def __init__(self, http: httpx.AsyncClient, *, url: str, key: str, bot: str, name: str) -> None:
        self._http = http
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"KakaoAK {key}"}
        self._bot = bot
        self._name = name

    async def send(self, user: str, contents: Payload) -> Sent:
        """Send one event's contents to one citizen, and look how it went."""
        body = {
            "event": {"name": self._name, **contents["event"]},
            "user": [{"type": "botUserKey", "id": user}],
            "params": contents["params"],
        }
        try:
            called = await web.call(
                self._http,
                "POST",
                f"{self._url}/v2/bots/{self._bot}/talk",
                json=body,
                headers=self._headers,
            )
        except web.NotCalled as error:
            return error.sent()
        if called.status != httpx.codes.OK:
            return _refused(called)
        task = called.body.get("taskId")
        if called.body.get("status") != "SUCCESS":
            return Sent("again", reason="the Event API refused the event", retry_after=LATER)
        if not isinstance(task, str) or not task.replace("-", "").isalnum():
            return Sent("ok")
        return await self._outcome(task)

    async def _outcome(self, task: str) -> Sent:
        """How an accepted event went; accepted is what counts when nothing is known yet."""
        for pause in TASK_PAUSES:
            await asyncio.sleep(pause)
            try:
                called = await web.call(
                    self._http, "GET", f"{self._url}/v1/tasks/{task}", headers=self._headers
                )
            except web.NotCalled:
                continue
            if (sent := _task_outcome(called.body)) is not None:
                return replace(sent, message_id=task)
        return Sent("ok", message_id=task, reason="accepted; the outcome is not known")


def _task_outcome(body: Mapping[str, Any]) -> Sent | None:
    status = str(body.get("status", "")).upper()
    if status == "ALL SUCCESS":
        return Sent("ok")
    if status.endswith("FAIL") and not body.get("successCount"):
        reason = "the event did not reach the citizen, who may be no friend of the channel"
        return Sent("again", reason=reason, retry_after=LATER)
    return None


def _refused(called: web.Called) -> Sent:
    if called.status == TOO_MANY:
        return Sent("again", reason="too many events", retry_after=retry_after(called))
    if called.status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return Sent("maybe", reason=f"the Event API said {called.status}")
    if called.status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return Sent("again", reason="the Event API does not know the key")
    return Sent("parked", reason=f"the Event API said {called.status}")
