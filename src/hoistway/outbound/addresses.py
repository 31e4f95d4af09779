"""Which addresses may be asked: public ones only (https://www.iana.org/assignments/iana-ipv4-special-registry and its IPv6 sister)."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

# Everything that is not plain unicast of the Internet, and Azure's 168.63.129.16, which answers inside its machines only.
_IPV4: Final = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16",
        "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
# The only block that IANA gives to networks. Outside of it lie loopback, link-local, unique local and multicast
# addresses, and those that stand for an IPv4 address: mapped (::ffff:0:0/96), compatible (::/96), NAT64 (64:ff9b::/16).
_UNICAST: Final = ip_network("2000::/3")
# Inside of it: IETF protocols with Teredo, documentation, 6to4, AS112, documentation again.
_IPV6: Final = tuple(
    ip_network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)


def is_public(address: str) -> bool:
    """False also for what is no address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv4Address):
        return not any(parsed in network for network in _IPV4)
    return parsed.scope_id is None and parsed in _UNICAST and not any(parsed in network for network in _IPV6)


def is_loopback(address: str) -> bool:
    """127.0.0.1 and ::1, for development; an IPv4 address in the form of an IPv6 one is none."""
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return False
    return parsed.is_loopback and (parsed.version == 4 or parsed == IPv6Address("::1"))
