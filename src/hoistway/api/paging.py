"""Keyset pages: an opaque cursor that contains the last id, and the Link to the next page (RFC 8288)."""

import re
from hashlib import sha256
from urllib.parse import urlencode

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from hoistway.api.etags import etag_of, has_already
from hoistway.api.problems import bad_request
from hoistway.engine import Engine
from hoistway.protocol.jwt import BadToken, b64url, unb64url
from hoistway.protocol.numbers import read_whole
from hoistway.protocol.params import Params
from hoistway.protocol.subscription_key import QUERY
from hoistway.protocol.text import cleaned
from hoistway.store.unit_pages import Page
from hoistway.web.compression import VARY, Packable, wants_gzip
from hoistway.web.forms import read_query
from hoistway.web.replies import Reply, header

DEFAULT, MOST = 100, 1000
_ID = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,40}")


def read_page(request: Request, filters: frozenset[str], place: str = "cursor") -> tuple[Params, int, str]:
    """(parameters, limit, the id after which the page begins); `place` is the name of the cursor's parameter. Raises
    Problem, InvalidRequest."""
    own = filters | {"limit", place}
    params = read_query(request).without(QUERY).mapped(cleaned, frozenset({"limit", place}))
    for name in params.names():
        if name not in own:
            known = ", ".join(sorted(own))
            shown = name if _NAME.fullmatch(name) else "with an unusual name"
            raise bad_request(f"The query parameter {shown} is unknown: this list takes {known}.")
    limit = read_whole(params.get("limit"), 1, MOST) if params.has("limit") else DEFAULT
    if limit is None:
        raise bad_request(f"limit must be a whole number from 1 to {MOST}.")
    for name in filters.intersection(params.names()):
        if params.get(name) is None:
            raise bad_request(f"{name} is empty: give it a value, or leave it out.")
    cursor = params.get("cursor")
    return params, limit, "" if cursor is None else _read_cursor(request, cursor, params, filters)


def _digest(request: Request, params: Params, filters: frozenset[str]) -> str:
    """Of the list and its filters: a cursor contains an id, which would be meaningless in another list."""
    asked = [(name, value) for name in sorted(filters) if (value := params.get(name))]
    return b64url(sha256(f"{request.scope['path']}?{urlencode(asked)}".encode()).digest()[:6])


def write_cursor(request: Request, last: str, params: Params, filters: frozenset[str]) -> str:
    return b64url(msgspec.json.encode([last, _digest(request, params, filters)]))


def _read_cursor(request: Request, cursor: str, params: Params, filters: frozenset[str]) -> str:
    try:
        last, digest = msgspec.json.decode(unb64url(cursor), type=tuple[str, str])
    except (BadToken, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise bad_request("cursor is not one that this API gave: begin without it.") from error
    if not _ID.fullmatch(last):
        raise bad_request("cursor is not one that this API gave: begin without it.")
    if digest != _digest(request, params, filters):
        raise bad_request("cursor is of another list or of other filters: keep them as they were, or begin without it.")
    return last


def page_of(page: Struct, next_cursor: str | None) -> Page:
    body = msgspec.json.encode(page)
    return Page(body, etag_of(body), next_cursor)


def page_reply(engine: Engine, request: Request, page: Page, params: Params) -> Response:
    """The page with its ETag and, if there is more, the Link to it; 304 where the client already has it."""
    cursor = page.cursor
    headers = {"cache-control": "private, no-cache"}
    if cursor is not None:
        query = [(name, value) for name, value in params.items() if name != "cursor"]
        url = f"{engine.settings.base_url}{request.scope['path']}?{urlencode([*query, ('cursor', cursor)])}"
        headers["link"] = f'<{url}>; rel="next"'
    return _reply(request, page, headers, compress=True)


def conditional(request: Request, body: bytes, headers: dict[str, str], *, compress: bool = True) -> Response:
    """Adds a strong ETag; 304 where If-None-Match has it (RFC 9110 section 13.1.2). Long answers are gzip where the
    client accepts it, and then have another tag (section 8.8.3.3). Without `compress` they are not, because they
    contain what people typed."""
    return _reply(request, Page(body, etag_of(body), None), headers, compress=compress)


def _reply(request: Request, page: Page, headers: dict[str, str], *, compress: bool) -> Response:
    etag, coded = page.etag, compress and wants_gzip(request, page.body)
    if coded:
        etag = f'{etag[:-1]}-gzip"'
    if header(request, b"if-none-match") is not None and has_already(request, etag):
        return Response(status_code=304, headers={"etag": etag, "vary": "Accept-Encoding", **headers})
    raw = [(b"etag", etag.encode()), *((name.encode(), value.encode("latin-1")) for name, value in headers.items())]
    raw += ((b"content-type", b"application/json"), VARY)
    if not coded:
        return Reply(page.body, 200, raw)
    raw.append((b"content-encoding", b"gzip"))
    return Packable(page.body, raw, page.keep) if page.packed is None else Reply(page.packed, 200, raw)
