"""Sends messages as citizens do."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any

import httpx

from bot.evaluation.rows import Row
from bot.korean.text import language

LATE_SECONDS = 60.0
"""How long a reply that did not come with the request is waited for."""


@dataclass(frozen=True)
class Answered:
    """A message that was sent: its conversation, the replies' ids and topics, and the time."""

    row: Row
    conversation_id: str
    token: str
    replies: tuple[tuple[str, str | None], ...]
    seconds: float | None
    """From sending to the reply; None when none came."""


class Citizens:
    """Sends messages as citizens do, each in a new conversation."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def ask(self, row: Row) -> Answered:
        """Open a conversation, send the message and take the replies.

        A message that the service refuses (too long, empty) is one without replies. Raises
        httpx.HTTPError when the service cannot be reached or refuses conversations.
        """
        spoken = "en" if language(row.text) == "en" else "ko"
        opened = self._post("/api/conversations", {"language": spoken}, {})
        opened.raise_for_status()
        talk = opened.json()
        headers = {"Authorization": f"Bearer {talk['token']}"}
        path = f"/api/conversations/{talk['id']}/messages"
        began = time.perf_counter()
        response = self._post(path, {"text": row.text}, headers)
        answer = response.json() if response.is_success else {"messages": []}
        if answer.get("pending"):
            answer = {"messages": self._late(path, talk, headers)}
        seconds = time.perf_counter() - began
        replies = tuple((one["id"], one["topic"]) for one in answer["messages"])
        return Answered(row, talk["id"], talk["token"], replies, seconds if replies else None)

    def forget(self, answered: Answered) -> None:
        """Delete the conversation, as a citizen may."""
        headers = {"Authorization": f"Bearer {answered.token}"}
        self._http.delete(f"/api/conversations/{answered.conversation_id}", headers=headers)

    def _post(self, path: str, body: dict[str, str], headers: dict[str, str]) -> httpx.Response:
        while True:
            response = self._http.post(path, json=body, headers=headers)
            if response.status_code != httpx.codes.TOO_MANY_REQUESTS:
                return response
            # Only a service that was running already has limits.
            time.sleep(min(60.0, float(response.headers.get("Retry-After", "1"))))

    def _late(self, path: str, talk: dict[str, Any], headers: dict[str, str]) -> list[Any]:
        greeted = max((one["seq"] for one in talk["messages"]), default=0)
        deadline = time.monotonic() + LATE_SECONDS
        while time.monotonic() < deadline:
            found = self._http.get(f"{path}?after={greeted}", headers=headers).json()["messages"]
            if said := [one for one in found if one["sender"] != "citizen"]:
                return said
            time.sleep(0.5)
        return []


def ask_all(
    citizens: Citizens, rows: Sequence[Row], at_a_time: int, progress: Callable[[int], None]
) -> list[Answered]:
    """Send every row, `at_a_time` at once; `progress` is told how many are done."""
    with ThreadPoolExecutor(max_workers=at_a_time) as pool:
        asked = [pool.submit(citizens.ask, row) for row in rows]
        try:
            for done, each in enumerate(as_completed(asked), start=1):
                each.result()
                progress(done)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [each.result() for each in asked]
