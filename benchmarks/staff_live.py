"""Consoles that listen as the desk's pages do, while citizens write by the real API."""

import asyncio
import re
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

import httpx
from sqlalchemy import select

from benchmarks.staff_serving import Person
from bot.conversations import service
from bot.conversations.models import Message
from bot.database import Database, utc_now

A_SECOND = 13
TALKS = 39
"""Conversations that people hold or that wait, each with a message every three seconds."""
LATE_SECONDS = 15.0
"""What is not shown so long after the last message is missing."""
LOOKING_SECONDS = 10.0
KEPT_SECONDS = 2.0
LETTERS = "abcdefghjk"
_MARK = re.compile(rf"\bq([{LETTERS}]{{6}})\b")


def mark(number: int) -> str:
    """A word that names a message; letters, or it would be taken for somebody's number."""
    return "q" + "".join(LETTERS[int(digit)] for digit in f"{number:06d}")


def marked(html: str) -> set[int]:
    """The messages that a page shows."""
    return {int("".join(str(LETTERS.index(each)) for each in m)) for m in _MARK.findall(html)}


@dataclass
class Console:
    """An open page of somebody: the inbox, or one conversation."""

    kind: str
    address: str
    person: Person
    page: str
    talks: frozenset[int]
    """Conversations whose messages it has to show."""
    watch: dict[str, str] = field(default_factory=dict)
    """What the page says of itself to the stream: its conversation, or its view."""
    is_list: bool = True
    """A list shows the newest message of a conversation; an earlier one counts with it."""
    shown: dict[int, float] = field(default_factory=dict)
    asked: int = 0
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _newest: dict[int, int] = field(default_factory=lambda: defaultdict(lambda: -1))

    async def listen(self, http: httpx.AsyncClient) -> None:
        """Hold the stream, and ask for what changes whenever it says so, one at a time."""
        asking = asyncio.create_task(self._ask(http))
        looking = asyncio.create_task(self._look(http))
        try:
            headers = {"Accept": "text/event-stream"}
            while True:
                try:
                    async with http.stream(
                        "GET", f"{self.address}/staff/events", params=self.watch, headers=headers
                    ) as stream:
                        stream.raise_for_status()
                        self.opened.set()
                        async for line in stream.aiter_lines():
                            if line == "event: changed":
                                self._changed.set()
                except httpx.TransportError:
                    # As a browser does.
                    await asyncio.sleep(1.0)
        finally:
            asking.cancel()
            looking.cancel()

    async def _ask(self, http: httpx.AsyncClient) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                answer = await http.get(self.address + self.page, headers={"X-Staff-Live": "1"})
            except httpx.TransportError:
                self._changed.set()
                continue
            if answer.status_code == httpx.codes.OK:
                self.asked += 1
                self._note(marked(answer.text), time.time())

    async def _look(self, http: httpx.AsyncClient) -> None:
        while talk := self.watch.get("talk"):
            where = f"{self.address}/staff/conversations/{talk}/here"
            with suppress(httpx.TransportError):
                await http.post(where, data={"csrf": self.person.csrf})
            await asyncio.sleep(LOOKING_SECONDS)

    def _note(self, found: set[int], now: float) -> None:
        for number in found:
            talk = number % TALKS
            first = self._newest[talk] + TALKS if self._newest[talk] >= 0 else talk
            for each in range(first, number + 1, TALKS) if self.is_list else (number,):
                self.shown.setdefault(each, now)
            self._newest[talk] = max(self._newest[talk], number)


@dataclass
class Heard:
    """What came of it."""

    stored: int
    refused: int
    to_show: int
    missing: int
    seconds: list[float]
    by_kind: dict[str, list[float]]
    asked_a_second: float

    def line(self, name: str) -> str:
        """A line of the table."""
        times = sorted(self.seconds) or [float("nan")]
        p95 = times[min(int(len(times) * 0.95), len(times) - 1)]
        return (
            f"{name:34}{self.stored:8}{self.to_show:9}{self.missing:9}{median(times):8.2f}{p95:8.2f}"
            f"{times[-1]:9.2f}{self.asked_a_second:9.0f}"
            + (f"  {self.refused} refused" if self.refused else "")
        )


async def run(url: str, addresses: list[str], people: list[Person], seconds: int) -> Heard:
    """Open the conversations and the consoles, let the messages come, and compare."""
    # A connection that the server is about to close is not used again.
    limits = httpx.Limits(max_connections=None, keepalive_expiry=KEPT_SECONDS)
    async with httpx.AsyncClient(timeout=60, trust_env=False, limits=limits) as citizens:
        talks = [await _open(citizens, addresses[n % len(addresses)]) for n in range(TALKS)]
        held = _hold(url, [id for _, id, _ in talks], people)
        consoles = _consoles(addresses, people, held, [id for _, id, _ in talks])
        clients = [_browser(console) for console in consoles]
        listening = [
            asyncio.create_task(console.listen(client))
            for console, client in zip(consoles, clients, strict=True)
        ]
        await asyncio.wait_for(asyncio.gather(*(one.opened.wait() for one in consoles)), 60)
        await asyncio.sleep(3)
        before, began = sum(one.asked for one in consoles), time.monotonic()
        count = A_SECOND * seconds
        refused = await _write(citizens, talks, count)
        asked = (sum(one.asked for one in consoles) - before) / (time.monotonic() - began)
        stored = _stored(url)
        await _settle(consoles, stored)
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        for client in clients:
            await client.aclose()
    return _compared(consoles, stored, refused, asked)


def _browser(console: Console) -> httpx.AsyncClient:
    timeout = httpx.Timeout(60, read=None)
    limits = httpx.Limits(keepalive_expiry=KEPT_SECONDS)
    cookies = console.person.cookies
    return httpx.AsyncClient(cookies=cookies, timeout=timeout, limits=limits, trust_env=False)


async def _open(http: httpx.AsyncClient, address: str) -> tuple[str, str, str]:
    answer = await http.post(f"{address}/api/conversations", json={"language": "ko"})
    answer.raise_for_status()
    opened = answer.json()
    return address, opened["id"], opened["token"]


def _hold(url: str, ids: list[str], people: list[Person]) -> dict[str, int]:
    """Let a person be asked for in each; most are taken. The place of the one each login holds."""
    database = Database(url)
    held = {}
    with database.writing() as session:
        for number, id in enumerate(ids):
            now = utc_now()
            service.hand_over(session, conversation_id=id, reason="citizen_asked", now=now)
            if number < TALKS * 3 // 4 and number < len(people):
                login = people[-1 - number].login
                service.take(session, conversation_id=id, login=login, now=now)
                held[login] = number
    database.dispose()
    return held


def _consoles(
    addresses: list[str], people: list[Person], held: dict[str, int], ids: list[str]
) -> list[Console]:
    """Two in five look at all that needs somebody, one at their own, two at a conversation."""
    consoles = []
    for number, person in enumerate(people):
        address, mine = addresses[number % len(addresses)], held.get(person.login)
        place = number / len(people)
        if mine is None or place < 0.4:
            page, talks = "/staff/conversations?show=needs&live=true", frozenset(range(len(ids)))
            watch = {"show": "needs"}
            consoles.append(Console("the inbox", address, person, page, talks, watch))
        elif place < 0.6:
            page = "/staff/conversations?show=mine&live=true"
            watch = {"show": "mine"}
            consoles.append(
                Console("the own list", address, person, page, frozenset([mine]), watch)
            )
        else:
            page = f"/staff/conversations/{ids[mine]}?live=true"
            watch = {"talk": ids[mine]}
            consoles.append(
                Console("a conversation", address, person, page, frozenset([mine]), watch, False)
            )
    return consoles


async def _write(http: httpx.AsyncClient, talks: list[tuple[str, str, str]], count: int) -> int:
    """Send the messages at their moments, whatever the answers take; returns how many failed."""
    began = time.monotonic()

    async def one(number: int) -> bool:
        await asyncio.sleep(max(0.0, began + number / A_SECOND - time.monotonic()))
        address, id, token = talks[number % TALKS]
        try:
            answer = await http.post(
                f"{address}/api/conversations/{id}/messages",
                headers={"Authorization": f"Bearer {token}"},
                json={"text": f"여권은 언제 나오나요 {mark(number)}", "client_id": f"n{number}"},
            )
        except httpx.TransportError:
            return False
        return answer.status_code == httpx.codes.OK

    return count - sum(await asyncio.gather(*(one(number) for number in range(count))))


def _stored(url: str) -> dict[int, datetime]:
    """When each message was stored."""
    database = Database(url)
    with database.reading() as session:
        rows = session.execute(
            select(Message.client_id, Message.created_at).where(Message.client_id.is_not(None))
        ).all()
    database.dispose()
    return {int(client_id[1:]): at for client_id, at in rows}


async def _settle(consoles: list[Console], stored: dict[int, datetime]) -> None:
    until = time.monotonic() + LATE_SECONDS
    while time.monotonic() < until and any(
        _expected(one, stored) - set(one.shown) for one in consoles
    ):
        await asyncio.sleep(0.2)


def _expected(console: Console, stored: dict[int, datetime]) -> set[int]:
    return {number for number in stored if number % TALKS in console.talks}


def _compared(
    consoles: list[Console], stored: dict[int, datetime], refused: int, asked: float
) -> Heard:
    by_kind: dict[str, list[float]] = defaultdict(list)
    to_show = missing = 0
    for console in consoles:
        wanted = _expected(console, stored)
        to_show += len(wanted)
        missing += len(wanted - set(console.shown))
        by_kind[console.kind] += [
            console.shown[number] - stored[number].timestamp()
            for number in wanted & set(console.shown)
        ]
    every = [each for times in by_kind.values() for each in times]
    return Heard(len(stored), refused, to_show, missing, every, by_kind, asked)
