"""Bodies that programs send: JSON in UTF-8, read strictly (https://www.rfc-editor.org/rfc/rfc8259)."""

import codecs
import json
from typing import Final, TypeVar

import msgspec
from msgspec import Struct
from starlette.requests import Request

from hoistway.api.problems import Problem, bad_request

_UTF_8: Final = "The body must be JSON in UTF-8 (RFC 8259 section 8.1): save or send it so."
MEDIA_TYPES: Final = ("application/json", "application/merge-patch+json")
LONGEST_CAUSE: Final = 200
S = TypeVar("S", bound=Struct)


def _once(pairs: list[tuple[str, object]]) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise bad_request("The body names a member twice: name it once (RFC 8259 section 4).")


def read_json(body: bytes, kind: type[S], wanted: str | None = None) -> S:
    """`wanted` says what the body must be; None where the cause is told instead. Raises Problem."""
    try:
        if body.startswith(codecs.BOM_UTF8):
            raise bad_request("The body begins with a byte order mark: leave it out (RFC 8259 section 8.1).")
        body.decode()
    except UnicodeDecodeError as error:
        raise bad_request(_UTF_8) from error
    if b"\x00" in body:
        raise bad_request(_UTF_8)
    try:
        found = msgspec.json.decode(body, type=kind)
        # Numbers were judged, and one of thousands of digits would be refused here as if the server were at fault.
        json.loads(body, object_pairs_hook=_once, parse_int=str, parse_float=str)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        cause = f"what the description says of it: {str(error)[:LONGEST_CAUSE]}"
        raise bad_request(f"The body must be {wanted or cause}.") from error
    return found


def read_charset(request: Request) -> str | None:
    """The charset that the content type declares, in lower case; None where it declares none (RFC 9110 section 8.3)."""
    for part in request.headers.get("content-type", "").split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower()
    return None


def check_media_type(request: Request, accepted: tuple[str, ...] = MEDIA_TYPES) -> None:
    """Raises Problem."""
    title = "Unsupported media type"
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in accepted:
        header = "accept-patch" if request.method == "PATCH" else "accept-post"
        detail = f"Send the changes as {accepted[0]}."
        raise Problem(415, "media-type", title, detail, headers={header: ", ".join(accepted)})
    if read_charset(request) not in (None, "utf-8", "utf8"):
        raise Problem(415, "media-type", title, "Send the changes in UTF-8, without charset or as charset=utf-8.")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        # RFC 9110 section 12.5.3.
        encoding = {"accept-encoding": "identity"}
        raise Problem(415, "media-type", title, "Send the changes without Content-Encoding.", headers=encoding)
