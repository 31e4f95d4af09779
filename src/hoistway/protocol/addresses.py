"""Reads addresses as proxies write them into X-Forwarded-For, and names the network that belongs to one caller.

https://www.rfc-editor.org/rfc/rfc7239#section-6 says how ports are written beside them.
"""

import ipaddress
import re

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
