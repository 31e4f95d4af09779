"""Reads form bodies within limits (https://www.rfc-editor.org/rfc/rfc6749#appendix-B)."""

import re
from collections.abc import Mapping
from time import monotonic
from typing import Final

import msgspec
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from hoistway.protocol.errors import InvalidRequest, PayloadTooLarge, UnsupportedMediaType
from hoistway.protocol.numbers import read_whole
from hoistway.protocol.params import Params, looks_badly_encoded, read_params, read_urlencoded
from hoistway.store.patience import leave_out
from hoistway.web.replies import header

LIMIT = 64 * 1024
URLENCODED: Final = "application/x-www-form-urlencoded"
MOST_FIELDS: Final = 64
MOST_PARTS: Final = MOST_FIELDS + 2
"""What stands behind boundaries: fields, a file, what comes after the last."""
LONGEST_HEAD: Final = 1024
LONGEST_KIND: Final = 300
_BOUNDARY: Final = re.compile(r";[ \t]*boundary=(\"?)([0-9A-Za-z'()+_,./:=? -]{1,70})\1[ \t]*(?=;|$)", re.IGNORECASE)
AT_ONCE = 0.001
"""Seconds: a body that came so soon took nothing from the time to answer."""


class Form(msgspec.Struct, frozen=True):
    """`badly_encoded` is True where the body was probably joined without percent-encoding, which can be the reason for
    a wrong password. `files` maps the names of fields to their content."""

    params: Params
    badly_encoded: bool
    files: Mapping[str, bytes] = msgspec.field(default_factory=dict)


async def read_body(request: Request, limit: int = LIMIT) -> bytes:
    """Raises PayloadTooLarge as soon as more than the limit has arrived, UnsupportedMediaType for an encoded body."""
    length = None
    for name, value in request.scope["headers"]:
        if name == b"content-encoding" and value.strip().lower() != b"identity":
            raise UnsupportedMediaType("Send the body without Content-Encoding: it is read as it arrives.")
        # The shortest that can be too long has as many digits as the limit; what arrives is counted in any case.
        if name == b"content-length" and length is None and len(value) >= len(str(limit)):
            length = read_whole(value.decode("latin-1"), 0, 2**63)
    if length is not None and length > limit:
        raise PayloadTooLarge.beyond(limit)
    body, begun = b"", monotonic()
    while True:
        message = await request.receive()
        if message["type"] != "http.request":
            raise InvalidRequest("The body did not arrive whole: send it again.")
        part: bytes = message.get("body", b"")
        if len(body) + len(part) > limit:
            raise PayloadTooLarge.beyond(limit)
        body = body + part if body else part
        if not message.get("more_body", False):
            if monotonic() - begun > AT_ONCE:
                leave_out(begun)
            return body


async def read_form(request: Request, upload: int = 0, carries: str = "") -> Form:
    """A urlencoded or multipart form, with one file of up to `upload` bytes where that is not 0; the field `carries` of
    multipart may be as long as the body. Raises InvalidRequest, PayloadTooLarge, UnsupportedMediaType."""
    kind = header(request, b"content-type") or ""
    if kind != URLENCODED:
        kind = kind.partition(";")[0].strip().lower()
    if kind == URLENCODED:
        body = await read_body(request)
        params = read_urlencoded(body)
        return Form(params, params.has("password") and looks_badly_encoded(body))
    if kind == "multipart/form-data":
        return await _read_multipart(request, upload, carries)
    raise UnsupportedMediaType


def _checked_boundary(request: Request, body: bytes) -> bytes:
    """Judges the boundary and the head of each part before the parser of multipart sees them: its work grows with the square of a line
    of parameters. Raises InvalidRequest."""
    kind = header(request, b"content-type") or ""
    found = _BOUNDARY.search(kind) if len(kind) <= LONGEST_KIND else None
    if found is None:
        raise InvalidRequest(
            f"The Content-Type needs a boundary of at most 70 characters, and may have {LONGEST_KIND} characters in all."
        )
    # No boundary ends with a blank (RFC 2046 section 5.1.1).
    boundary = found[2].rstrip(" ").encode("ascii")
    if not body.startswith(b"--" + boundary):
        raise InvalidRequest("The multipart body does not begin with its boundary.")
    parts = body.removeprefix(b"--" + boundary).split(b"\r\n--" + boundary, MOST_PARTS + 1)
    # What begins with two dashes comes after the end.
    heads = [part for part in parts if not part.startswith(b"--")]
    if len(parts) > MOST_PARTS or any(part.find(b"\r\n\r\n", 0, LONGEST_HEAD) < 0 for part in heads):
        raise InvalidRequest(
            f"The multipart body has more than {MOST_FIELDS} parts, or one whose headers are longer than {LONGEST_HEAD} bytes."
        )
    return boundary


async def _read_multipart(request: Request, upload: int, carries: str) -> Form:
    # Line breaks before the first boundary say nothing (RFC 2046 section 5.1.1).
    body = (await read_body(request, LIMIT + upload)).lstrip(b"\r\n")
    # With this boundary and no other, whatever else stands in the header.
    kind = (b"content-type", b'multipart/form-data; boundary="' + _checked_boundary(request, body) + b'"')

    async def replay() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        form = await Request({**request.scope, "headers": [kind]}, replay).form(
            max_files=1 if upload else 0, max_fields=MOST_FIELDS, max_part_size=LIMIT + upload if carries else LIMIT
        )
    except (MultiPartException, KeyError, ValueError, UnicodeDecodeError) as error:
        raise InvalidRequest(
            "The multipart body is malformed: check its boundary and that every part is text."
        ) from error
    except Exception as error:
        if "Too many files" in str(error) or type(error).__name__ == "HTTPException":
            raise InvalidRequest("The multipart body is malformed or holds files: send text parts only.") from error
        raise
    items = form.multi_items()
    files = {name: await value.read() for name, value in items if isinstance(value, UploadFile)}
    await form.close()
    if any(len(content) > upload for content in files.values()):
        raise PayloadTooLarge(f"The file is larger than {upload // 1024} KiB: choose a smaller one.")
    texts = ((name, value) for name, value in items if not isinstance(value, UploadFile))
    return Form(read_params(texts, carries), badly_encoded=False, files=files)


def read_query(request: Request) -> Params:
    """The query of a GET, read only once for each request. Raises InvalidRequest."""
    read: Params | None = request.scope.get("hoistway.query")
    if read is None:
        raw = request.scope["query_string"]
        if len(raw) > LIMIT:
            raise InvalidRequest("The query is longer than 64 KiB: send fewer or shorter parameters.")
        read = request.scope["hoistway.query"] = read_urlencoded(raw)
    return read
