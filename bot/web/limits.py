"""Limits at the door: the size of a body, and how many conversations an address may open."""

import time
from collections import deque
from ipaddress import ip_address, ip_network
from threading import Lock

from fastapi import HTTPException, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.web.problems import TooManyConversations

MAX_BODY_BYTES = 64 * 1024
"""Room for 2,000 characters in any encoding JSON allows, and for nothing much larger."""


class BodyLimit:
    """Refuses a request body above MAX_BODY_BYTES before it is read into memory."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        seen = 0

        async def limited() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > MAX_BODY_BYTES:
                # Raised where the application reads the body, so it answers like any error.
                raise HTTPException(413)
            return message

        await self._app(scope, limited, send)


class ConversationLimit:
    """How many conversations each address opened in the last minute, in this process."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._opened: dict[str, deque[float]] = {}
        self._lock = Lock()

    def allows(self, address: str, now: float) -> bool:
        """Count one more; False when the address has used up its minute."""
        with self._lock:
            times = self._opened.setdefault(address, deque())
            while times and times[0] < now - 60:
                times.popleft()
            if len(times) >= self._per_minute:
                return False
            times.append(now)
            if len(self._opened) > 10_000:
                self._opened = {key: seen for key, seen in self._opened.items() if seen}
            return True


def client_address(request: Request) -> str:
    """The caller's address; behind a trusted proxy, the one that the proxy names last."""
    peer = request.client.host if request.client else "unknown"
    trusted: str = request.app.state.settings.trusted_proxies
    networks = [ip_network(one.strip()) for one in trusted.split(",") if one.strip()]
    try:
        is_proxy = any(ip_address(peer) in network for network in networks)
    except ValueError:
        return peer
    forwarded = request.headers.get("x-forwarded-for", "")
    return forwarded.split(",")[-1].strip() if is_proxy and forwarded else peer


def new_conversation_allowed(request: Request) -> None:
    """Raises TooManyConversations when the caller has opened too many in the last minute."""
    limit: ConversationLimit = request.app.state.conversation_limit
    if not limit.allows(client_address(request), time.monotonic()):
        raise TooManyConversations
