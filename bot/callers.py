"""Who calls: the address behind the proxies that are trusted (setting TRUSTED_PROXIES)."""

from starlette.requests import HTTPConnection

from bot import networks

UNKNOWN = "unknown"


def client_address(request: HTTPConnection, trusted: str) -> str:
    """The caller's address; `X-Forwarded-For` counts only when a trusted proxy sent it.

    The last address that is not a trusted proxy is taken: the ones before it are the caller's say.
    `trusted`: addresses or networks, comma separated. Raises ValueError for one that is neither.
    """
    proxies = networks.parsed(trusted)
    address = request.client.host if request.client else UNKNOWN
    # A proxy may add a line of its own below the one that it was given.
    hops = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    for hop in reversed(hops):
        if not hop.strip() or not networks.holds(proxies, address):
            break
        address = hop.strip()
    return address
