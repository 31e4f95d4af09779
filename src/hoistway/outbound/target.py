"""Reads a URL that the server is to ask, and refuses every one that could mean something else than it says."""

import re
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from hoistway.outbound.failed import Failed

_PLAIN = re.compile(r"[\x21-\x7e]{1,2048}")
# Two labels at the least, and the last has a letter: no number in any spelling is a name.
_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NEAR = frozenset({"127.0.0.1", "::1", "localhost"})
_LOWEST_PORT: Final = 1024


class Target(Struct, frozen=True):
    """`host` is what the certificate must name, `authority` the Host header, `path` includes the query."""

    secure: bool
    host: str
    port: int
    authority: str
    path: str


def is_same_server(url: str, other: str) -> bool:
    """Whether both, which are URLs that were read before, have one host and one port."""
    one, two = urlsplit(url), urlsplit(other)
    ports = [parts.port or (443 if parts.scheme == "https" else 80) for parts in (one, two)]
    return one.hostname == two.hostname and ports[0] == ports[1]


def read_target(url: str, *, loopback: bool = False) -> Target:
    """https with a public name; with `loopback` also http and https on this machine. Raises Failed."""
    if not _PLAIN.fullmatch(url) or "\\" in url:
        raise Failed(
            "url", "the address holds other characters than a URL may, or is longer than 2048", "url_characters"
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Failed("url", "host and port of the address can't be read", "url_host") from None
    near = loopback and host in _NEAR
    if parts.scheme != "https" and not (near and parts.scheme == "http"):
        raise Failed("url", "the address must begin with https://", "url_https")
    if "@" in parts.netloc or parts.fragment:
        raise Failed("url", "the address must hold neither user information nor a fragment", "url_user")
    if not near and not _NAME.fullmatch(host):
        raise Failed("url", "the address must name its server by a full domain name, not by a number", "url_name")
    secure = parts.scheme == "https"
    if port is not None and not near and port != 443 and port < _LOWEST_PORT:
        raise Failed("url", "the port of the address must be 443, or 1024 at the least", "url_port")
    path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    return Target(secure, host, port or (443 if secure else 80), parts.netloc, path)
