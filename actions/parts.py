"""What the actions work with, given once at start, and how they read a tracker and reply."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import Session

from bot.conversations.desk import Desk
from bot.database import Database
from bot.replies import Reply, Understood
from bot.tickets.forms import Forms

T = TypeVar("T")


@dataclass(frozen=True)
class Parts:
    """The database, the ticket desk and the forms, with a thread pool of the actions' own.

    The pool is not the web application's: a web request waits for Rasa, Rasa waits for an action,
    and an action that waited for a thread of the web's pool could wait for ever.
    """

    database: Database
    desk: Desk
    forms: Forms
    pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(max_workers=16, thread_name_prefix="actions")
    )

    async def read(self, work: Callable[[Session], T]) -> T:
        """Do `work` with a reading session, off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self.pool, self._read, work)

    async def write(self, work: Callable[[Session], T]) -> T:
        """Do `work` with a writing session, off the event loop; committed when it returns."""
        return await asyncio.get_running_loop().run_in_executor(self.pool, self._write, work)

    def _read(self, work: Callable[[Session], T]) -> T:
        with self.database.reading() as session:
            return work(session)

    def _write(self, work: Callable[[Session], T]) -> T:
        with self.database.writing() as session:
            return work(session)


def requests_of(tracker: Tracker) -> list[dict[str, Any]]:
    """The requests that the decision found in the latest message."""
    return list(tracker.latest_message.get("requests") or [])


def first_request(tracker: Tracker) -> dict[str, Any]:
    """The first request, or an empty one."""
    return next(iter(requests_of(tracker)), {})


def options_of(tracker: Tracker) -> list[str]:
    """The topics that the decision offers."""
    return list(tracker.latest_message.get("options") or [])


def lemmas_of(tracker: Tracker) -> list[str]:
    """The content words of the latest message, as `사진/NN`."""
    return list(tracker.latest_message.get("lemmas") or [])


def message_id_of(tracker: Tracker) -> str:
    """Our id of the latest message, which makes an action's work idempotent."""
    return str((tracker.latest_message.get("metadata") or {}).get("message_id") or "")


def language_of(tracker: Tracker) -> str:
    """The conversation's language as the gateway gave it."""
    return str((tracker.latest_message.get("metadata") or {}).get("language") or "ko")


def understood(tracker: Tracker, action: str) -> Understood:
    """What the bot understood of the latest message, for the staff pages."""
    parse = tracker.latest_message
    intent = parse.get("intent") or {}
    return Understood(
        intent=intent.get("name") or "",
        confidence=float(intent.get("confidence") or 0.0),
        ranking=[
            (item["name"], round(float(item["confidence"]), 4))
            for item in (parse.get("intent_ranking") or [])[:5]
        ],
        entities=[
            {key: entity.get(key) for key in ("entity", "value", "start", "end")}
            for entity in parse.get("entities") or []
        ],
        requests=requests_of(tracker),
        rule=str(parse.get("rule") or ""),
        action=action,
    )


def say(dispatcher: CollectingDispatcher, tracker: Tracker, action: str, *replies: Reply) -> None:
    """Send replies; the first of a turn carries what was understood."""
    for place, reply in enumerate(replies):
        known = {"understood": understood(tracker, action)} if place == 0 else {}
        dispatcher.utter_message(
            json_message=reply.model_copy(update=known).model_dump(mode="json")
        )
