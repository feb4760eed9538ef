"""What makes open consoles move: one look at the database for all of this process's consoles.

While a console is open the newest change is looked at once a second, sooner when this process
itself changed something; each console is then told once. The truth stays in the database.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

import structlog
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from bot.conversations.hub import Hub
from bot.conversations.models import Conversation
from bot.database import Database, utc_now
from bot.staff import inbox, viewers
from bot.staff.viewers import Looking

log = structlog.get_logger(__name__)
SETTLES_SECONDS = 0.4
"""Changes that come within it are told as one."""
MOST_DRAWN = 200
NEWEST = 100


@dataclass(frozen=True)
class Seen:
    """What the last look saw."""

    stamp: tuple[tuple[str, datetime], ...] = ()
    """The conversations that changed last, and when."""
    waiting: int = 0
    alarms: int = 0
    looking: dict[str, tuple[Looking, ...]] = field(default_factory=dict)

    @property
    def people(self) -> frozenset[tuple[str, str]]:
        """Who looks at what."""
        return frozenset((id, one.login) for id, people in self.looking.items() for one in people)


class Live:
    """Watches for all consoles of this process. Used on one event loop."""

    def __init__(self, database: Database, hub: Hub) -> None:
        self._database = database
        self._hub = hub
        self._consoles: set[asyncio.Event] = set()
        self._new: set[asyncio.Event] = set()
        """Consoles that came since the last look: told of it whatever it saw."""
        self._task: asyncio.Task[None] | None = None
        self._drawn: dict[Any, str] = {}
        self._drawing = Lock()
        self.seen = Seen()
        self.version = 0
        """Rises with every change of any conversation, or of who looks at them."""

    async def changes(self, seconds: float) -> AsyncGenerator[bool]:
        """Yields True at first and when something changed, False after `seconds` without."""
        event = asyncio.Event()
        with self._open(event):
            while True:
                try:
                    await asyncio.wait_for(event.wait(), seconds)
                except TimeoutError:
                    yield False
                    continue
                event.clear()
                yield True

    def drawn(self, key: Any, draw: Callable[[], str]) -> str:
        """A part of a page as it was drawn since the last change, else drawn now.

        Only for what looks the same to everybody.
        """
        if self._task is None:
            return draw()
        key = (self.version, key)
        # One draws, the others wait for it: fifty consoles ask in the same moment.
        with self._drawing:
            text = self._drawn.get(key)
            if text is None:
                text = draw()
                if len(self._drawn) >= MOST_DRAWN:
                    self._drawn.clear()
                self._drawn[key] = text
            return text

    @contextmanager
    def _open(self, event: asyncio.Event) -> Any:
        self._consoles.add(event)
        self._new.add(event)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._watch())
        try:
            yield
        finally:
            self._consoles.discard(event)
            if not self._consoles and self._task is not None:
                self._task.cancel()
                self._task = None

    async def _watch(self) -> None:
        while True:
            try:
                await self._round()
            except Exception:
                log.exception("live_round_failed")
                await asyncio.sleep(SETTLES_SECONDS)

    async def _round(self) -> None:
        told, self._new = self._new, set()
        seen = await run_in_threadpool(self._look)
        before, self.seen = self.seen, seen
        if (seen.stamp, seen.people) != (before.stamp, before.people):
            self.version += 1
            self._drawn.clear()
        for event in self._consoles if seen != before else told & self._consoles:
            event.set()
        await asyncio.sleep(SETTLES_SECONDS)
        await self._hub.wait_for_any(1.0 - SETTLES_SECONDS)

    def _look(self) -> Seen:
        with self._database.reading() as session:
            # Not the newest alone: a change may be seen after a later one that was quicker.
            newest = select(Conversation.id, Conversation.updated_at).order_by(
                Conversation.updated_at.desc(), Conversation.id
            )
            stamp = tuple((row.id, row.updated_at) for row in session.execute(newest.limit(NEWEST)))
            waiting, alarms = inbox.needing(session)
            return Seen(stamp, waiting, alarms, viewers.now_looking(session, now=utc_now()))
