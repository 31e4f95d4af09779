"""Compares the version of something that a client has, or wants to change, with the current one
(https://www.rfc-editor.org/rfc/rfc9110#section-13).
"""

from hashlib import sha256

from starlette.requests import Request

from hoistway.api.problems import Problem
from hoistway.protocol.jwt import b64url


def etag_of(body: bytes) -> str:
    """A strong tag: the same bytes give the same tag."""
    return f'"{b64url(sha256(body).digest()[:18])}"'


def _sent(request: Request, name: str) -> list[str]:
    return [tag.strip() for tag in ",".join(request.headers.getlist(name)).split(",")]


def has_already(request: Request, etag: str) -> bool:
    """What If-None-Match says; compared weakly (section 13.1.2)."""
    sent = [tag.removeprefix("W/") for tag in _sent(request, "if-none-match")]
    return etag in sent or sent == ["*"]


def check_unchanged(request: Request, etag: str) -> None:
    """For a change: compares with the locked version. A weak tag never matches (section 13.1.1). Raises Problem."""
    stale = "if-match" in request.headers and etag not in (sent := _sent(request, "if-match")) and sent != ["*"]
    if stale or ("if-none-match" in request.headers and has_already(request, etag)):
        detail = "It is not in the version that the request names: read it again and decide anew; nothing was changed."
        raise Problem(412, "precondition-failed", "Precondition failed", detail, headers={"etag": etag})
