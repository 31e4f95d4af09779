"""Our cookies: for the browser (against forged forms), the session, an unfinished sign-in, a remembered device, a known
browser (https://www.rfc-editor.org/rfc/rfc6265)."""

import hmac
import os
import re
from hashlib import sha256
from typing import Final, Literal, TypedDict

from starlette.requests import Request
from starlette.responses import Response

from hoistway.protocol.jwt import b64url

YEAR: Final = 365 * 86_400
_VALUE = re.compile(r"[A-Za-z0-9_-]{43}")


def _name(word: str, *, https: bool) -> str:
    return f"__Host-hoistway_{word}" if https else f"hoistway_{word}"


class _Flags(TypedDict):
    path: str
    httponly: bool
    secure: bool
    samesite: Literal["lax", "none"]


def _flags(*, https: bool, crosses_sites: bool) -> _Flags:
    """Scripts can't read our cookies, and where the server is reached over https they are never sent without TLS."""
    return {"path": "/", "httponly": True, "secure": https, "samesite": "none" if crosses_sites else "lax"}


def new_value() -> str:
    """256 random bits."""
    return b64url(os.urandom(32))


def cookie(request: Request, name: str) -> str | None:
    """The value as it was sent, the last one where there are several. Ours need no quotes, so none are undone: the standard library
    takes minutes to do so for 60 kB of backslashes (CVE-2024-7592)."""
    found = None
    sought = name.encode("ascii")
    for header, value in request.scope["headers"]:
        if header == b"cookie":
            for part in value.split(b";"):
                key, equals, text = part.partition(b"=")
                if equals and key.strip() == sought:
                    found = text.strip().decode("latin-1")
    return found


def read_cookie(request: Request, word: str, *, https: bool) -> str | None:
    """`word` is "browser", "session", "device" or "known"."""
    value = cookie(request, _name(word, https=https))
    return value if value is not None and _VALUE.fullmatch(value) else None


def _crosses_sites(word: str, *, https: bool) -> bool:
    """The session's cookie, and that of a remembered device, by which the session is judged, must also reach a hidden frame of
    another site (silent renewal), which needs https; over http they are sent to pages of the same host only."""
    return https and word in {"session", "device"}


def set_cookie(reply: Response, word: str, value: str, *, https: bool) -> None:
    """The cookie ends with the browser."""
    flags = _flags(https=https, crosses_sites=_crosses_sites(word, https=https))
    reply.set_cookie(_name(word, https=https), value, **flags)


def read_sealed(request: Request, word: str, *, https: bool) -> str | None:
    """A cookie that holds a sealed value."""
    return cookie(request, _name(word, https=https))


def keep_for(reply: Response, word: str, value: str, seconds: int, *, https: bool) -> None:
    """A cookie that outlives the browser's end, but not this time."""
    flags = _flags(https=https, crosses_sites=_crosses_sites(word, https=https))
    reply.set_cookie(_name(word, https=https), value, max_age=seconds, **flags)


def drop_cookie(reply: Response, word: str, *, https: bool) -> None:
    reply.delete_cookie(
        _name(word, https=https), **_flags(https=https, crosses_sites=_crosses_sites(word, https=https))
    )


def remember(reply: Response, name: str, value: str, *, https: bool) -> None:
    """A reader's choice that a page keeps for a year; it identifies nobody."""
    reply.set_cookie(name, value, max_age=YEAR, **_flags(https=https, crosses_sites=False))


def csrf_token(secret: bytes, browser: str) -> str:
    """Derived from the browser's cookie, which another site can neither read nor set."""
    return b64url(hmac.new(secret, b"csrf\x00" + browser.encode("ascii"), sha256).digest())


def csrf_holds(secret: bytes, browser: str | None, presented: str | None) -> bool:
    if browser is None or presented is None:
        return False
    return hmac.compare_digest(csrf_token(secret, browser).encode(), presented.encode("utf-8", "surrogatepass"))
