"""Redirect URIs: what may be registered and what matches (https://www.rfc-editor.org/rfc/rfc9700#section-4.1)."""

import re
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from hoistway.protocol.errors import InvalidRequest
from hoistway.protocol.numbers import read_whole
from hoistway.protocol.text import is_plain

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
LONGEST = 2000
_FORBIDDEN = re.compile(r"[^\x21-\x7e]|[\\*<>\"`{}|^]")
# Matches however often the % was encoded again, because proxies and servers differ in how often they decode.
_HIDDEN_SLASH = re.compile(r"%(?:25)*(?:2f|5c)", re.IGNORECASE)
# These are no URIs (RFC 3986 section 2.1), or hold a control character, however often its % was encoded again.
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})|%(?:25)*(?:[01][0-9a-f]|7f)", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_BRACKETS = re.compile(r"\[[0-9A-Fa-f:.]+\](?::[0-9]*)?")
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")
_NEVER = frozenset({"javascript", "data", "file", "vbscript", "blob", "about", "ftp", "ws", "wss", "mailto"})


REASONS: Final[Mapping[str, str]] = {
    "long": f"A redirect URI may have at most {LONGEST} characters.",
    "star": "A redirect URI is matched letter for letter and may hold no star (*): register each address.",
    "characters": "A redirect URI may hold no spaces, backslashes or quotes, and letters beyond ASCII only percent-encoded.",
    "invalid": "The redirect URI is not a valid URI: check the host and the port.",
    "fragment": "A redirect URI may not have a fragment (#): answers are put there.",
    "scheme": "A redirect URI must begin with https:// (or, for native applications, its own scheme).",
    "host": "A redirect URI must name a host after https://.",
    "user": "A redirect URI may hold no user or password before the host (@).",
    "http": "A redirect URI must use https; http is for loopback (127.0.0.1, [::1], localhost) only.",
    "path": "The path of a redirect URI may not hold .., //, ; or encoded slashes.",
    "native": "Only desktop and mobile applications may use a scheme of their own: use https.",
    "reversed": "A scheme of an application's own must be a reversed domain name, such as com.example.app.",
}


class NotRegistrable(InvalidRequest):
    """`reason` is a key of REASONS, so that pages can word it in the reader's language."""

    def __init__(self, reason: str) -> None:
        super().__init__(REASONS[reason])
        self.reason = reason


def check_registrable(uri: str, *, native: bool) -> str:
    """Returns the URI itself if an application may register it. Raises NotRegistrable.

    RFC 6749 section 3.1.2, RFC 8252 sections 7.1 and 7.3, RFC 9700 section 4.1.3."""
    if len(uri) > LONGEST:
        raise NotRegistrable("long")
    if "*" in uri:
        raise NotRegistrable("star")
    if _FORBIDDEN.search(uri):
        raise NotRegistrable("characters")
    try:
        parts = urlsplit(uri)
        parts.port  # noqa: B018  reading it validates it
    except ValueError as error:
        raise NotRegistrable("invalid") from error
    if _BAD_PERCENT.search(uri):
        raise NotRegistrable("invalid")
    if "#" in uri:
        raise NotRegistrable("fragment")
    if not parts.scheme or parts.scheme in _NEVER:
        raise NotRegistrable("scheme")
    if parts.scheme not in {"http", "https"}:
        return _check_private(uri, parts.scheme, native=native)
    _check_web(parts)
    return uri


def _check_web(parts: SplitResult) -> None:
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise NotRegistrable("user")
    if not parts.hostname:
        raise NotRegistrable("host")
    if not _is_host(parts.hostname) or ("[" in parts.netloc and not _BRACKETS.fullmatch(parts.netloc)):
        raise NotRegistrable("invalid")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
        raise NotRegistrable("http")
    path = unquote(unquote(parts.path))
    if ".." in path or "//" in path or ";" in path or _HIDDEN_SLASH.search(parts.path):
        raise NotRegistrable("path")


def _is_host(host: str) -> bool:
    """A name or an address that every reader of URLs understands the same way. `127.1`, `0x7f.0.0.1` and `a;b` mean
    different things to browsers (https://url.spec.whatwg.org/#host-parsing) and to RFC 3986 section 3.2.2."""
    try:
        if ":" in host:
            return "%" not in host and IPv6Address(host).version == 6
        labels = host.split(".")
        if _NUMERIC.fullmatch(labels[-1]):
            return str(IPv4Address(host)) == host
        for label in labels:
            # A label that decodes to ASCII alone, or to invisible characters, was not made by IDNA (RFC 5891 section
            # 5.4).
            if label.startswith("xn--"):
                letters = label.removeprefix("xn--").encode("ascii").decode("punycode")
                if letters.isascii() or not is_plain(letters):
                    return False
    except ValueError:
        return False
    return len(host) <= 253 and all(_LABEL.fullmatch(label) for label in labels)


def _check_private(uri: str, scheme: str, *, native: bool) -> str:
    if not native:
        raise NotRegistrable("native")
    if "." not in scheme:
        raise NotRegistrable("reversed")
    return uri


def place_of(uri: str) -> str:
    """The destination as people compare it: the host in lower case, or an application's own scheme with its colon."""
    parts = urlsplit(uri)
    return parts.hostname or f"{parts.scheme}:"


def is_loopback(uri: str) -> bool:
    """True for plain http to the same machine (RFC 8252 section 7.3)."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    return parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS


def _without_port(uri: str) -> tuple[str, str | None, str] | None:
    """The URI without its port, letter for letter; None where it is no plain http URI of the loopback interface."""
    found = re.fullmatch(r"http://(127\.0\.0\.1|\[::1\]|localhost)(?::([0-9]{1,5}))?((?:/|\?).*)?", uri)
    if found is None or read_whole(found[2] or "80", 0, 65535) is None:
        return None
    return ("http", found[1], found[3] or "")


def loopback_without_port(uri: str) -> str | None:
    """None where it is no plain http URI of the loopback interface with a port."""
    parts = _without_port(uri)
    bare = None if parts is None else f"http://{parts[1]}{parts[2]}"
    return None if bare == uri else bare


def matches(registered: Iterable[str], presented: str, *, native: bool) -> bool:
    """Compares letter for letter, except that the port of a native application's loopback URI may differ (RFC 8252
    section 7.3)."""
    if len(presented) > LONGEST:
        return False
    known = tuple(registered)
    if presented in known:
        return True
    if not native:
        return False
    wanted = _without_port(presented)
    return wanted is not None and any(_without_port(uri) == wanted for uri in known)


def origin_of(uri: str) -> str | None:
    """`scheme://host[:port]` in lower case without a default port. None for an application's own scheme and for what is
    no URI."""
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, default) else "")
