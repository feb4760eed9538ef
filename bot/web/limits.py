"""Limits at the door: the size of a body, and how often an address may do what costs us much."""

import re
import time
from collections import deque
from ipaddress import ip_address, ip_network
from threading import Lock

from fastapi import HTTPException, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot import callers
from bot.web.problems import TooManyConversations, TooManyRequests

MAX_BODY_BYTES = 64 * 1024
"""Room for 2,000 characters in any encoding JSON allows, and for nothing much larger."""
MAX_WEBHOOK_BYTES = 1024 * 1024
"""A messenger's batch of a hundred events, and far below what they may send."""
PHOTO_PATHS = re.compile(r"/api/conversations/[^/]+/photos|/staff/.*/photos|/chat/photo")
"""Where a form may bring one photo more (ATTACHMENT_MAX_MB)."""
PHOTOS_PER_MINUTE = 30
"""Of one address: what a conversation may send is limited too, but conversations are not few."""
OPEN311_PER_MINUTE = 120
STATUS_PER_MINUTE = 20
"""Look-ups of one address: each wrong code costs a scrypt, and people look once."""


class BodyLimit:
    """Refuses a request body above MAX_BODY_BYTES (or a photo's) before it is read into memory."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        seen, most = 0, _most_bytes(scope)

        async def limited() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > most:
                # Raised where the application reads the body, so it answers like any error.
                raise HTTPException(413)
            return message

        await self._app(scope, limited, send)


def _most_bytes(scope: Scope) -> int:
    if scope["path"].startswith("/channels/"):
        return MAX_WEBHOOK_BYTES
    if not PHOTO_PATHS.fullmatch(scope["path"]):
        return MAX_BODY_BYTES
    most: int = scope["app"].state.parts.photos.limits.max_bytes
    return most + MAX_BODY_BYTES


class ConversationLimit:
    """How often each address did one thing in the last minute, in this process."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._opened: dict[str, deque[float]] = {}
        self._forget_at = 0.0
        self._lock = Lock()

    def allows(self, address: str, now: float) -> bool:
        """Count one more; False when the address has used up its minute."""
        with self._lock:
            times = self._opened.setdefault(_whose(address), deque())
            while times and times[0] < now - 60:
                times.popleft()
            if len(times) >= self._per_minute:
                return False
            times.append(now)
            self._forget(now)
            return True

    def _forget(self, now: float) -> None:
        """Once a minute, forget who did nothing in the last one."""
        if now < self._forget_at:
            return
        self._forget_at = now + 60
        since = now - 60
        self._opened = {
            one: seen for one, seen in self._opened.items() if seen and seen[-1] > since
        }


def _whose(address: str) -> str:
    """Who an address stands for: of IPv6 one customer has a whole /64."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(ip_network(f"{address}/64", strict=False)) if parsed.version == 6 else address


def client_address(request: Request) -> str:
    """The caller's address, as `callers.client_address` finds it with the settings."""
    return callers.client_address(request, request.app.state.settings.trusted_proxies)


def new_conversation_allowed(request: Request) -> None:
    """Raises TooManyConversations when the caller has opened too many in the last minute."""
    limit: ConversationLimit = request.app.state.conversation_limit
    if not limit.allows(client_address(request), time.monotonic()):
        raise TooManyConversations


def photo_allowed(request: Request) -> None:
    """Raises TooManyRequests when the caller has sent too many photos in the last minute."""
    _allowed(request, request.app.state.photo_limit)


def status_allowed(request: Request) -> None:
    """Raises TooManyRequests when the caller has looked up too many receipts in the last minute."""
    _allowed(request, request.app.state.status_limit)


def open311_allowed(request: Request) -> None:
    """Raises TooManyRequests when the caller has asked Open311 too often in the last minute."""
    if request.method == "GET":
        _allowed(request, request.app.state.open311_limit)


def _allowed(request: Request, limit: ConversationLimit) -> None:
    if not limit.allows(client_address(request), time.monotonic()):
        raise TooManyRequests
