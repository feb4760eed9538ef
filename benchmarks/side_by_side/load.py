"""The load generator: one process, the same for both bots."""

import asyncio
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import httpx


class Target(Protocol):
    """A bot that can be talked to."""

    name: str

    async def open(self) -> str:
        """A new conversation."""

    async def send(self, talk: str, text: str) -> bool:
        """Send one message and wait for the reply; whether there was one."""


@dataclass
class Load:
    """What one or more runs took; times in seconds."""

    times: list[float] = field(default_factory=list)
    wall: float = 0.0
    unanswered: int = 0

    @property
    def per_second(self) -> float:
        """Messages answered in a second."""
        return (len(self.times) - self.unanswered) / self.wall if self.wall else 0.0

    def ms(self, share: float) -> float:
        """The time that `share` of the messages did not exceed (nearest rank), milliseconds."""
        if not self.times:
            return math.nan
        place = max(0, math.ceil(share * len(self.times)) - 1)
        return sorted(self.times)[place] * 1000

    def add(self, other: "Load") -> None:
        """Take another run in."""
        self.times += other.times
        self.wall += other.wall
        self.unanswered += other.unanswered


async def run(target: Target, talks: Sequence[Sequence[str]], at_a_time: int) -> Load:
    """Send the talks, `at_a_time` of them at the same time, each message after the last's reply.

    Conversations are opened before the clock starts.
    """
    waiting = [(await target.open(), talk) for talk in talks]
    waiting.reverse()
    load = Load()

    async def citizen() -> None:
        while waiting:
            talk, messages = waiting.pop()
            for text in messages:
                began = time.perf_counter()
                answered = await _sent(target, talk, text)
                load.times.append(time.perf_counter() - began)
                load.unanswered += not answered

    began = time.perf_counter()
    await asyncio.gather(*(citizen() for _ in range(at_a_time)))
    load.wall = time.perf_counter() - began
    return load


async def _sent(target: Target, talk: str, text: str) -> bool:
    try:
        return await target.send(talk, text)
    except httpx.HTTPError:
        return False
