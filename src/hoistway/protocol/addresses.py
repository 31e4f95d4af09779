"""Reads addresses as proxies write them into X-Forwarded-For, names the network that belongs to one caller, and reads
ranges of addresses (https://www.rfc-editor.org/rfc/rfc4632#section-3.1).

https://www.rfc-editor.org/rfc/rfc7239#section-6 says how ports are written beside them.
"""

import ipaddress
import re
from functools import lru_cache

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_WITH_PORT = re.compile(r"\[([^\]]*)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5}")


def read_hop(text: str) -> str | None:
    """The address of one entry, without port and zone. None for an entry that is no address, such as `unknown`."""
    found = _WITH_PORT.fullmatch(text)
    written = text if found is None else found[1] or found[2] or ""
    try:
        return str(ipaddress.ip_address(written.partition("%")[0]))
    except ValueError:
        return None


def network_of(address: str) -> str:
    """The address itself, or the /64 of an IPv6 address, because one subscriber has a whole /64. Empty for what is no
    address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.IPv6Network((parsed, 64), strict=False))
    return str(parsed)


def wider_network_of(address: str) -> str:
    """The /24 of an IPv4 address, the /48 of an IPv6 address: what one subscriber may have of many networks. Empty for what is no
    address."""
    network = network_of(address)
    if not network:
        return ""
    parsed = ipaddress.ip_network(network)
    return str(parsed.supernet(new_prefix=24 if parsed.version == 4 else 48))


def read_ranges(text: str) -> tuple[str, ...]:
    """Networks in CIDR notation, one a line or separated by commas or blanks; an address without a length is a network
    of its own. Sorted, each once. Raises ValueError with the entry that is none, or that has bits set beyond its
    length."""
    found = set()
    for word in text.replace(",", " ").split():
        try:
            found.add(_unmapped(ipaddress.ip_network(word)))
        except ValueError as error:
            raise ValueError(word[:60]) from error
    return tuple(
        str(one) for one in sorted(found, key=lambda one: (one.version, one.network_address.packed, one.prefixlen))
    )


def is_within(address: str, ranges: str) -> bool:
    """`ranges` are networks separated by blanks, as `read_ranges` gives them; none means everywhere. What is no address
    is nowhere."""
    if not ranges:
        return True
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return any(parsed in one for one in _networks(ranges))


@lru_cache(1_000)
def _networks(ranges: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(one) for one in ranges.split())


def _unmapped(network: Network) -> Network:
    """IPv4 where it was written inside IPv6 (::ffff:0:0/96), because that is how callers are compared."""
    first = network.network_address
    if isinstance(first, ipaddress.IPv6Address) and first.ipv4_mapped is not None and network.prefixlen >= 96:
        return ipaddress.IPv4Network((first.ipv4_mapped, network.prefixlen - 96))
    return network
