"""Lists of addresses and networks in settings, and whether an address lies within one."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


@lru_cache
def parsed(listed: str) -> tuple[Network, ...]:
    """The networks of a comma separated list, a single address being one too.

    Raises ValueError with a sentence that names what is neither.
    """
    networks: list[Network] = []
    for part in filter(None, (one.strip() for one in listed.split(","))):
        try:
            networks.append(ip_network(part, strict=False))
        except ValueError:
            raise ValueError(f"{part!r} is neither an address nor a network") from None
    return tuple(networks)


def holds(networks: Iterable[Network], address: str) -> bool:
    """Whether an address lies within any of the networks; what is no address does not."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in networks)
