"""The head of a request, as far as every one must be alike: its version and its Host.

https://www.rfc-editor.org/rfc/rfc9110#section-7.2
"""

import re
from collections.abc import Iterable
from functools import lru_cache

# A name or an address, perhaps with a port.
_HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(?::[0-9]{0,5})?")


@lru_cache(64)
def _is_host(value: bytes) -> bool:
    """Nearly every request names the same one."""
    return _HOST.fullmatch(value) is not None


def refused_head(version: str, headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    """The status of its refusal: the version (RFC 9110 section 15.6.6), or not one Host (RFC 9112 section 3.2). Two of them
    lead a proxy and this server to different ones. None where it is well."""
    if not version.startswith("1."):
        return 505
    host = None
    for name, value in headers:
        if name == b"host":
            if host is not None or not _is_host(value):
                return 400
            host = value
    return 400 if host is None and version != "1.0" else None
