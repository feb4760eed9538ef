"""What goes on by itself beside the web application: the same work, round after round."""

import asyncio
from collections.abc import Awaitable, Callable

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
