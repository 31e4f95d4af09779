"""What a browser or a proxy recorded: HTTP Archive 1.2 (http://www.softwareishard.com/blog/har-12-spec/)."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from hoistway.replay.recorded import BadLog, Recorded, Skipped, check_method, check_target, kept_headers, split

MOST_BYTES: Final = 128 * 1024 * 1024
"""It is read at once, and takes several times as much of memory."""
FORM: Final = "application/x-www-form-urlencoded"
Found = tuple[int, Recorded | str]
"""The number of the entry, and the request or why it is not sent."""


def read_har(document: bytes) -> Iterator[Found]:
    """Raises BadLog."""
    try:
        read = msgspec.json.decode(document)
        entries = read["log"]["entries"]
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise BadLog(f"it is cut off or no JSON ({error}): export it again") from None
    except (KeyError, TypeError):
        raise BadLog("it is JSON, but no HTTP Archive: log.entries is missing") from None
    if not isinstance(entries, list):
        raise BadLog("it is no HTTP Archive: log.entries is no list")
    for number, entry in enumerate(entries, 1):
        try:
            yield number, _entry(number, entry)
        except Skipped as why:
            yield number, str(why)


def _entry(number: int, entry: Any) -> Recorded:
    request = _object(_object(entry).get("request"))
    url = split(_text(request.get("url")))
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise Skipped("the address is none of http or https")
    target = check_target((url.path or "/") + (f"?{url.query}" if url.query else ""))
    form, body = _body(request.get("postData"))
    return Recorded(
        number, check_method(_text(request.get("method"))), url.netloc.rpartition("@")[2].lower(), target,
        kept_headers(_pairs(request.get("headers"))), form, body, None, _answer(_object(entry).get("response")),
    )  # fmt: skip


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Skipped("the entry is not whole")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Skipped("the entry is not whole")
    return value


def _pairs(value: Any) -> Iterator[tuple[str, str]]:
    for one in value if isinstance(value, list) else ():
        if isinstance(one, dict) and isinstance(one.get("name"), str) and isinstance(one.get("value"), str):
            yield one["name"], one["value"]


def _body(posted: Any) -> tuple[tuple[tuple[str, str], ...] | None, bytes]:
    """Parameters where the archive lists them, otherwise the text as it is."""
    if not isinstance(posted, dict):
        return None, b""
    if _is_form(posted.get("mimeType")) and (pairs := tuple(_pairs(posted.get("params")))):
        return pairs, b""
    text = posted.get("text")
    return None, text.encode("utf-8", "replace") if isinstance(text, str) else b""


def _is_form(kind: Any) -> bool:
    return isinstance(kind, str) and kind.lower().startswith(FORM)


def _answer(response: Any) -> bytes:
    content = response.get("content") if isinstance(response, dict) else None
    text = content.get("text") if isinstance(content, dict) else None
    if not isinstance(content, dict) or not isinstance(text, str):
        return b""
    if content.get("encoding") != "base64":
        return text.encode("utf-8", "replace")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
