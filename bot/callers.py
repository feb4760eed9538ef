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
    networks = _networks(trusted)
    address = request.client.host if request.client else UNKNOWN
    for hop in reversed(request.headers.get("x-forwarded-for", "").split(",")):
        if not hop.strip() or not _within(address, networks):
            break
        address = hop.strip()
    return address


@lru_cache
def _networks(trusted: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(one.strip()) for one in trusted.split(",") if one.strip())


def _within(address: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)
