"""What makes open consoles move: one look at the database for all of this process's consoles.

While a console is open, what changed is looked at once a second, sooner when this process itself
changed something; then each console is told once, if its page shows what changed. The truth stays
in the database.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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
LATE = timedelta(seconds=30)
"""A change may be stored so long after its own moment (writers wait for each other), and after a
later one that was quicker."""
MOST_DRAWN = 200
MOST_KNOWN = 5_000
BY_PEOPLE = ("waiting", "staff", "platform")


@dataclass(frozen=True)
class Known:
    """A conversation as a look saw it."""

    at: datetime
    state: str
    alarm: str | None
    holder: str | None

    @property
    def needs(self) -> bool:
        """Whether it stands in a list of those that need a person."""
        return self.state in BY_PEOPLE or (self.alarm is not None and self.state != "closed")


@dataclass(frozen=True)
class Change:
    """A conversation before and after; None where it was not seen, or is gone."""

    id: str
    before: Known | None
    after: Known | None

    @property
    def sides(self) -> tuple[Known, ...]:
        """What is known of both sides."""
        return tuple(one for one in (self.before, self.after) if one is not None)


@dataclass(frozen=True)
class Watch:
    """What a console's page shows: one conversation, or a view of the inbox of a person."""

    login: str
    talk: str = ""
    show: str = ""

    def concerned(self, change: Change) -> bool:
        """Whether the page looks otherwise since the change."""
        if self.talk:
            return change.id == self.talk
        if self.show == "mine":
            return any(one.holder == self.login for one in change.sides)
        if self.show in ("needs", "unassigned", "waiting"):
            return any(one.needs for one in change.sides)
        return True


@dataclass(frozen=True)
class Seen:
    """What the last look saw."""

    known: Mapping[str, Known] = field(default_factory=dict)
    waiting: int = 0
    alarms: int = 0
    looking: Mapping[str, tuple[Looking, ...]] = field(default_factory=dict)

    @property
    def people(self) -> frozenset[tuple[str, str]]:
        """Who looks at what."""
        return frozenset((id, one.login) for id, people in self.looking.items() for one in people)

    @property
    def counts(self) -> tuple[int, int]:
        """What stands beside the menu."""
        return self.waiting, self.alarms


@dataclass(eq=False)
class _Console:
    watch: Watch
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    changed: bool = True
    """Whether its page is out of date; at first it is."""

    def wake(self, *, changed: bool) -> None:
        self.changed = self.changed or changed
        self.woken.set()


class Live:
    """Watches for all consoles of this process. Used on one event loop."""

    def __init__(self, database: Database, hub: Hub) -> None:
        self._database = database
        self._hub = hub
        self._consoles: set[_Console] = set()
        self._new: set[_Console] = set()
        """Consoles that came since the last look: told of it whatever it saw."""
        self._task: asyncio.Task[None] | None = None
        self._drawn: dict[Any, str] = {}
        self._drawing = Lock()
        self.seen = Seen()
        self.version = 0
        """Rises with every change of any conversation, or of who looks at them."""

    async def changes(self, watch: Watch, seconds: float) -> AsyncGenerator[bool | None]:
        """Yields True at first and when the page is out of date, False when only who looks at its
        conversation may have changed, None after `seconds` without either.
        """
        with self._open(_Console(watch)) as console:
            while True:
                try:
                    await asyncio.wait_for(console.woken.wait(), seconds)
                except TimeoutError:
                    yield None
                    continue
                console.woken.clear()
                changed, console.changed = console.changed, False
                yield changed

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
    def _open(self, console: _Console) -> Iterator[_Console]:
        self._consoles.add(console)
        self._new.add(console)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._watch())
        try:
            yield console
        finally:
            self._consoles.discard(console)
            if not self._consoles and self._task is not None:
                self._task.cancel()
                self._task, self.seen = None, Seen()
                # Nobody watches what is drawn any more.
                self._renew()

    async def _watch(self) -> None:
        while True:
            try:
                await self._round()
            except Exception:
                log.exception("live_round_failed")
                await asyncio.sleep(SETTLES_SECONDS)

    async def _round(self) -> None:
        new, before = set(self._new), self.seen
        self.seen, changes = await run_in_threadpool(self._look, before)
        self._new -= new
        moved = self.seen.people != before.people
        if changes or moved:
            self._renew()
        counted = self.seen.counts != before.counts
        for console in self._consoles:
            watch = console.watch
            if (
                console in new
                or counted
                or (moved and not watch.talk)
                or any(watch.concerned(change) for change in changes)
            ):
                console.wake(changed=True)
            elif self.seen.looking.get(watch.talk) != before.looking.get(watch.talk):
                console.wake(changed=False)
        await asyncio.sleep(SETTLES_SECONDS)
        await self._hub.wait_for_any(1.0 - SETTLES_SECONDS)

    def _renew(self) -> None:
        self.version += 1
        self._drawn.clear()

    def _look(self, before: Seen) -> tuple[Seen, list[Change]]:
        now = utc_now()
        since = now - LATE
        found = select(
            Conversation.id,
            Conversation.updated_at,
            Conversation.state,
            Conversation.alarm,
            Conversation.staff_login,
        )
        # Each by an index of its own: all of it in one would be read through to the end.
        recent = found.where(Conversation.updated_at >= since)
        newest = recent.order_by(Conversation.updated_at.desc()).limit(MOST_KNOWN)
        needs = found.where(Conversation.state.in_(BY_PEOPLE))
        with self._database.reading() as session:
            known = {
                row.id: Known(row.updated_at, row.state, row.alarm, row.staff_login)
                for query in (newest, needs, found.where(inbox.ALARM))
                for row in session.execute(query)
            }
            waiting, alarms = inbox.needing(session)
            looking = viewers.now_looking(session, now=now)
        changes = [
            Change(id, before.known.get(id), one)
            for id, one in known.items()
            if before.known.get(id) != one
        ]
        # What is not found any more was deleted, or is the bot's and has been quiet for long.
        changes += [
            Change(id, one, None)
            for id, one in before.known.items()
            if id not in known and (one.needs or one.at >= since)
        ]
        return Seen(known, waiting, alarms, looking), changes
