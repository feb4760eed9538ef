"""Calling the platforms: one client, failures told apart, photos only from allowed hosts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from bot.channels.base import PhotoUnreachable, Sent

SEND_SECONDS = 10.0
FETCH_SECONDS = 20.0
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
"""The request cannot have arrived; after every other failure it may have."""


@dataclass(frozen=True)
class Called:
    """What came back of a call."""

    status: int
    body: dict[str, Any]
    """The JSON object of the reply; empty when it is none."""
    headers: Mapping[str, str]
    """Names in lower case."""


class NotCalled(Exception):
    """A call had no reply; `sent()` says what that means for what was to be sent."""

    def __init__(self, reason: str, *, maybe: bool) -> None:
        super().__init__(reason)
        self.maybe = maybe

    def sent(self) -> Sent:
        """Not accepted, or nobody knows."""
        return Sent("maybe" if self.maybe else "again", reason=str(self))


def client() -> httpx.AsyncClient:
    """A client for the platforms: proxies of the environment, but not to this machine."""
    return httpx.AsyncClient(
        timeout=httpx.Timeout(SEND_SECONDS, connect=5.0),
        limits=httpx.Limits(max_connections=100, max_keepalive_connections=50),
        follow_redirects=False,
        mounts={"all://127.0.0.1": None, "all://localhost": None},
    )


async def call(
    http: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    json: Any = None,
    headers: Mapping[str, str] | None = None,
    seconds: float = SEND_SECONDS,
) -> Called:
    """One call of a platform's API. Raises NotCalled, whose text never holds the address."""
    try:
        response = await http.request(
            method, url, json=json, headers=dict(headers or {}), timeout=seconds
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # From None: the address in the cause may carry a token.
        name = type(error).__name__
        raise NotCalled(name, maybe=not isinstance(error, NOT_SENT)) from None
    try:
        body = response.json()
    except ValueError:
        body = None
    return Called(
        response.status_code,
        body if isinstance(body, dict) else {},
        {name.lower(): value for name, value in response.headers.items()},
    )


def is_allowed(url: str, hosts: Iterable[str], schemes: Iterable[str] = ("https",)) -> bool:
    """Whether an address leads to one of `hosts` or a name below it, without credentials in it."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower().rstrip("."), parts.port
    except ValueError:
        return False
    if parts.scheme not in tuple(schemes) or parts.username is not None or not host:
        return False
    for allowed in (each.strip().lower() for each in hosts):
        if ":" in allowed:
            # A host with its port, exactly: an installation's own stand-in.
            if f"{host}:{port}" == allowed:
                return True
        elif allowed and f".{host}".endswith(f".{allowed}") and port in (None, 80, 443):
            return True
    return False


async def fetch(
    http: httpx.AsyncClient,
    url: str,
    *,
    max_bytes: int,
    headers: Mapping[str, str] | None = None,
    hosts: Iterable[str] | None = None,
    schemes: Iterable[str] = ("https",),
) -> bytes:
    """The bytes behind an address, at most `max_bytes`; redirects are not followed.

    `hosts`: where the address may lead; None only for one that we made ourselves. Raises
    PhotoUnreachable, whose text never holds the address.
    """
    if hosts is not None and not is_allowed(url, hosts, schemes):
        raise PhotoUnreachable("the photo lies on a host that is not allowed")
    try:
        async with http.stream(
            "GET", url, headers=dict(headers or {}), timeout=FETCH_SECONDS
        ) as response:
            if response.status_code != httpx.codes.OK:
                raise PhotoUnreachable(f"the photo's host said {response.status_code}")
            data = bytearray()
            async for chunk in response.aiter_bytes():
                data += chunk
                if len(data) > max_bytes:
                    raise PhotoUnreachable("the photo is too large")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise PhotoUnreachable(type(error).__name__) from None
    return bytes(data)
