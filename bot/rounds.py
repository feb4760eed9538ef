"""What goes on by itself beside the web application: rounds of the same work, and single tasks."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine

import structlog

log = structlog.get_logger(__name__)


async def go_round(work: Callable[[], Awaitable[object]], *, every: float, failed: str) -> None:
    """Do `work`, wait `every` seconds, and again, until cancelled.

    A round that fails is logged as the event `failed`; the next one tries again.
    """
    while True:
        await attempted(work, failed)
        await asyncio.sleep(every)


async def attempted(work: Callable[[], Awaitable[object]], failed: str) -> None:
    """Do `work`; when it fails, log that as the event `failed` and go on."""
    try:
        await work()
    except Exception:
        log.exception(failed)


class Tasks:
    """Work that was begun and is not waited for: held, because the loop holds it weakly."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Begin the work; called on the loop."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def ended(self, seconds: float) -> None:
        """Wait until all of it has ended, or `seconds` are over."""
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)

    def cancel(self) -> None:
        """Give up what still runs."""
        for task in list(self._running):
            task.cancel()
