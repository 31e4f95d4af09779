"""Judges redirect URIs: what may be registered, and whether one presented is one registered.

https://www.rfc-editor.org/rfc/rfc9700#section-4.1
"""

import re
from collections.abc import Iterable
from urllib.parse import SplitResult, unquote, urlsplit

from hoistway.protocol.errors import InvalidRequest

LONGEST_URI = 2000
_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
_SCRIPT_SCHEMES = frozenset({"javascript", "data", "file", "vbscript", "blob", "about", "filesystem", "view-source"})
_URI = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HIDDEN_STEP = re.compile(r"%(?:25)*(?:2e|2f|5c)", re.IGNORECASE)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\]|localhost)(?::([0-9]{1,5}))?([/?].*)?")


def check_registrable(uri: str, *, native: bool, development_http_loopback: bool = True) -> str:
    """RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §4.1.3. Returns the URI as it is. Raises InvalidRequest with the reason."""
    scheme = _check_text(uri)
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise _refused("its host or port is malformed") from error
    _check_path(parts.path)
    if scheme not in ("https", "http"):
        return _check_private(uri, scheme, native)
    if "@" in parts.netloc:
        raise _refused("it has a user name before the host")
    if not host or not _HOST.fullmatch(host) or ".." in host or port == 0 or parts.netloc.endswith(":"):
        raise _refused("its host or port is malformed")
    if scheme == "http":
        if host.lower() not in _LOOPBACK_HOSTS:
            raise _refused("it is http: use https, or http on 127.0.0.1, [::1] or localhost only")
        if not native and not development_http_loopback:
            raise _refused("http on loopback is for development and native applications: use https")
    return uri


def _check_text(uri: str) -> str:
    """Returns the scheme in lower case."""
    if len(uri) > LONGEST_URI:
        raise _refused(f"it is longer than {LONGEST_URI} characters")
    if "*" in uri:
        raise _refused("it has a wildcard: register each URI in full")
    if not _URI.fullmatch(uri) or _BAD_PERCENT.search(uri):
        raise _refused("it holds whitespace, a backslash or another character that must be percent-encoded")
    if "#" in uri:
        raise _refused("it has a fragment")
    scheme = _SCHEME.match(uri)
    if not scheme:
        raise _refused("it is not absolute: begin with https://")
    if scheme[1].lower() in _SCRIPT_SCHEMES:
        raise _refused(f"the scheme {scheme[1].lower()} is never allowed")
    return scheme[1].lower()


def _check_path(path: str) -> None:
    # Servers and proxies disagree on when these are resolved, so what was registered is not what gets the code.
    if _HIDDEN_STEP.search(path):
        raise _refused("its path has an encoded dot, slash or backslash")
    if any(unquote(segment).partition(";")[0] in (".", "..") for segment in path.split("/")):
        raise _refused("its path has a . or .. segment")


def _check_private(uri: str, scheme: str, native: bool) -> str:
    """RFC 8252 §7.1: a private-use scheme is a domain name in reverse, so two applications do not share one."""
    if not native:
        raise _refused(f"the scheme {scheme} is for native applications: use https")
    if "." not in scheme.strip("."):
        raise _refused("a private scheme must be a reversed domain name such as com.example.app")
    if "@" in uri:
        raise _refused("it has a user name before the host")
    if len(uri) <= len(scheme) + 1:
        raise _refused("nothing follows its scheme")
    return uri


def matches(registered: Iterable[str], presented: str, *, native: bool) -> bool:
    """RFC 9700 §4.1.3: equal character by character; a native application's loopback port may differ (RFC 8252 §7.3)."""
    known = tuple(registered)
    if presented in known:
        return True
    if not native:
        return False
    asked = _without_port(presented)
    return asked is not None and any(_without_port(uri) == asked for uri in known)


def _without_port(uri: str) -> tuple[str, str] | None:
    found = _LOOPBACK.fullmatch(uri)
    if not found or int(found[2] or 80) > 65535:
        return None
    return found[1], found[3] or ""


def origin_of(uri: str) -> str | None:
    """RFC 6454 §6.2: `scheme://host[:port]`. None where the URI has no such origin."""
    parts = _split_web(uri)
    if parts is None:
        return None
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    default = 443 if parts.scheme == "https" else 80
    return f"{parts.scheme}://{shown}" + (f":{parts.port}" if parts.port not in (None, default) else "")


def is_loopback(uri: str) -> bool:
    """RFC 8252 §7.3 and §8.3: an http(s) URI on this very machine."""
    parts = _split_web(uri)
    return parts is not None and parts.hostname in _LOOPBACK_HOSTS


def _split_web(uri: str) -> SplitResult | None:
    """None unless a http(s) URI with a plain host and port: what a browser would read in another way has no origin."""
    if not _URI.fullmatch(uri):
        return None
    try:
        parts = urlsplit(uri)
        if parts.scheme not in ("http", "https") or "@" in parts.netloc or parts.port == 0:
            return None
    except ValueError:
        return None
    return parts if parts.hostname and _HOST.fullmatch(parts.hostname) else None


def _refused(reason: str) -> InvalidRequest:
    return InvalidRequest(f"The URI can't be registered: {reason}.", b2c="90006")
