"""Tells the waiting parts of this process that a conversation, or any of them, has changed.

The truth is in the database; a signal only saves the wait for the next look. Another process's
changes are seen at that next look.
"""

import asyncio
from collections import defaultdict

LOOK_AGAIN_SECONDS = 1.0


class Hub:
    """Signals by conversation and for all. Made in, and waited for on, one event loop."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._waiting_for_any: set[asyncio.Event] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Name the loop on which the waiting happens."""
        self._loop = loop

    def notify(self, conversation_id: str) -> None:
        """Wake whoever waits for this conversation, or for any. May be called from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake, conversation_id)

    def _wake(self, conversation_id: str) -> None:
        for event in (*self._waiting.get(conversation_id, ()), *self._waiting_for_any):
            event.set()

    async def wait(self, conversation_id: str, seconds: float = LOOK_AGAIN_SECONDS) -> None:
        """Return when the conversation is notified of, or after `seconds`."""
        event = asyncio.Event()
        self._waiting[conversation_id].add(event)
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            pass
        finally:
            self._waiting[conversation_id].discard(event)
            if not self._waiting[conversation_id]:
                del self._waiting[conversation_id]

    async def wait_for_any(self, seconds: float = LOOK_AGAIN_SECONDS) -> None:
        """Return when any conversation is notified of, or after `seconds`."""
        event = asyncio.Event()
        self._waiting_for_any.add(event)
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            pass
        finally:
            self._waiting_for_any.discard(event)
