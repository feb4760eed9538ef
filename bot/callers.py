"""Who calls: the address behind the proxies that are trusted (setting TRUSTED_PROXIES)."""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from starlette.requests import HTTPConnection

UNKNOWN = "unknown"


def client_address(request: HTTPConnection, trusted: str) -> str:
    """The caller's address; `X-Forwarded-For` counts only when a trusted proxy sent it.

    The last address that is not a trusted proxy is taken: the ones before it are the caller's say.
    `trusted`: addresses or networks, comma separated. Raises ValueError for one that is neither.
    """
    within = networks(trusted)
    address = request.client.host if request.client else UNKNOWN
    # A proxy may add a line of its own below the one that it was given.
    hops = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    for hop in reversed(hops):
        if not hop.strip() or not _within(address, within):
            break
        address = hop.strip()
    return address


@lru_cache
def networks(trusted: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """The networks of a list, a single address being one too. Raises ValueError."""
    parts = (one.strip() for one in trusted.split(","))
    return tuple(ip_network(one, strict=False) for one in parts if one)


def _within(address: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)
