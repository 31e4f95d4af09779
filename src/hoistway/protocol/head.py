"""Checks the head of a request for what every request must have: its HTTP version and one Host.

https://www.rfc-editor.org/rfc/rfc9110#section-7.2
"""

import re
from collections.abc import Iterable
from functools import lru_cache

# A host name or an address, with or without a port.
_HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(?::[0-9]{0,5})?")


@lru_cache(64)
def _is_host(value: bytes) -> bool:
    """Cached, because nearly every request names the same host."""
    return _HOST.fullmatch(value) is not None


def refused_head(version: str, headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    """The status with which to refuse the request, or None where the head is fine: 505 for another version than HTTP/1
    (RFC 9110 section 15.6.6), 400 for a missing, repeated or malformed Host (RFC 9112 section 3.2). Of two Hosts, a
    proxy and this server could each go by another one."""
    if not version.startswith("1."):
        return 505
    host = None
    for name, value in headers:
        if name == b"host":
            if host is not None or not _is_host(value):
                return 400
            host = value
    return 400 if host is None and version != "1.0" else None
