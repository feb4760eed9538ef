"""Asking Rasa: one question, its replies; and what it answered to a question asked before."""

from collections.abc import Callable
from typing import Any

import httpx
from pydantic import ValidationError

from bot.conversations.errors import RasaFailed
from bot.conversations.turn_queue import Job
from bot.korean.text import neutralise
from bot.replies import Reply


class RasaClient:
    """Rasa's REST channel for questions, its token-guarded HTTP API for everything else."""

    def __init__(self, base_url: str, token: str, timeout_seconds: float) -> None:
        self._token = token
        self._http = httpx.AsyncClient(
            base_url=base_url,
            timeout=httpx.Timeout(timeout_seconds, connect=2.0),
            limits=httpx.Limits(max_connections=100, max_keepalive_connections=50),
            trust_env=False,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def ask(self, job: Job) -> list[Reply]:
        """Rasa's replies to a message. A text that looks like a command is made harmless first.

        Raises RasaFailed when there is no usable answer.
        """
        body = {
            "sender": job.conversation_id,
            "message": neutralise(job.text),
            "metadata": {
                "message_id": job.message_id,
                "press": job.press,
                "language": job.language,
            },
        }
        try:
            response = await self._http.post("/webhooks/rest/webhook", json=body)
            response.raise_for_status()
            messages = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise RasaFailed(f"Rasa did not answer: {type(error).__name__}") from error
        return _replies(message.get("custom") for message in messages)

    async def answered_before(self, job: Job) -> list[Reply]:
        """What Rasa answered to this message when it was asked before; empty when it never did.

        A tracker is saved at the end of a turn, so a message that stands in it was answered whole.
        """
        try:
            events = await self._events(job.conversation_id)
            return _replies(_custom_after(events, job.message_id))
        except (httpx.HTTPError, KeyError, ValueError, RasaFailed):
            return []

    async def forget(self, conversation_id: str) -> None:
        """Empty the tracker of a conversation. Raises RasaFailed when Rasa cannot be reached."""
        try:
            await self._remember(conversation_id, [])
        except httpx.HTTPError as error:
            raise RasaFailed("the tracker could not be emptied") from error

    async def change(self, conversation_id: str, change: Callable[[Any], Any]) -> None:
        """Change every value in the tracker of a conversation; an unfinished form goes on.

        A message that Rasa answers in this very moment may be forgotten. Raises RasaFailed when
        Rasa cannot be reached.
        """
        try:
            before = await self._events(conversation_id)
            after = change(before)
            if after != before:
                await self._remember(conversation_id, after)
        except (httpx.HTTPError, KeyError, ValueError) as error:
            raise RasaFailed("the tracker could not be changed") from error

    async def _events(self, conversation_id: str) -> list[dict[str, Any]]:
        response = await self._http.get(
            f"/conversations/{conversation_id}/tracker",
            params={"token": self._token, "include_events": "ALL"},
        )
        response.raise_for_status()
        events: list[dict[str, Any]] = response.json()["events"]
        return events

    async def _remember(self, conversation_id: str, events: list[dict[str, Any]]) -> None:
        response = await self._http.put(
            f"/conversations/{conversation_id}/tracker/events",
            params={"token": self._token},
            json=events,
        )
        response.raise_for_status()

    async def ready(self) -> bool:
        """Whether Rasa has a model loaded."""
        try:
            response = await self._http.get("/status", params={"token": self._token}, timeout=2.0)
            return response.status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    async def parse(self, text: str) -> dict[str, Any]:
        """Rasa's parse of a text, without a conversation. Raises RasaFailed."""
        try:
            response = await self._http.post(
                "/model/parse", params={"token": self._token}, json={"text": neutralise(text)}
            )
            response.raise_for_status()
            parse: dict[str, Any] = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise RasaFailed("Rasa could not parse the text") from error
        return parse


def _custom_after(events: list[dict[str, Any]], message_id: str) -> list[Any]:
    found = False
    customs: list[Any] = []
    for event in events:
        if event["event"] == "user":
            found = (event.get("metadata") or {}).get("message_id") == message_id
            if found:
                customs = []
        elif event["event"] == "bot" and found:
            customs.append((event.get("data") or {}).get("custom"))
    return customs


def _replies(customs: Any) -> list[Reply]:
    try:
        replies = [Reply.model_validate(custom) for custom in customs if custom]
    except ValidationError as error:
        raise RasaFailed("Rasa's answer is not a Reply") from error
    if not replies:
        # A crashed action is an empty 200; silence is never an answer to a citizen.
        raise RasaFailed("Rasa answered with nothing")
    return replies
