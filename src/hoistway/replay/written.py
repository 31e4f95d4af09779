"""Requests that a person wrote down: one JSON object a line."""

import re
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from hoistway.replay.recorded import Made, Recorded, Secret, Skipped, Value, check_method, check_target, is_sendable

_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]{1,128}")
_NOT_OURS: Final = frozenset(("host", "cookie", "content-length", "connection", "transfer-encoding"))


class _From(Struct, frozen=True, forbid_unknown_fields=True):
    by: str = msgspec.field(name="from")
    member: Literal["access_token", "refresh_token", "id_token", "code"]


class _Named(Struct, frozen=True, forbid_unknown_fields=True):
    secret: str


class _Line(Struct, frozen=True, forbid_unknown_fields=True):
    method: str
    url: str
    headers: dict[str, Any] = {}
    form: dict[str, Any] | None = None
    json: Any = None
    name: str | None = None
    host: str | None = None


def of_line(number: int, row: dict[str, Any]) -> Recorded:
    """Raises Skipped."""
    try:
        line = msgspec.convert(row, _Line)
    except msgspec.ValidationError as error:
        raise Skipped(f"the line can't be read: {error}") from None
    if line.form is not None and line.json is not None:
        raise Skipped("the line has form and json: leave one out")
    headers = tuple((name.lower(), _value(value)) for name, value in line.headers.items())
    for name, value in headers:
        if name in _NOT_OURS:
            raise Skipped(f"the line sets the header {name}, which is the connection's: leave it out")
        if not _NAME.fullmatch(name) or (isinstance(value, str) and not is_sendable(value)):
            raise Skipped("the line has a header that HTTP can't carry")
    form = None if line.form is None else tuple((name, _value(value)) for name, value in line.form.items())
    body = b"" if line.json is None else msgspec.json.encode(line.json)
    if body and "content-type" not in {name for name, _ in headers}:
        headers = (*headers, ("content-type", "application/json"))
    return Recorded(
        number, check_method(line.method), line.host, check_target(line.url), headers, form, body, line.name
    )


def _value(value: Any) -> Value:
    """A text, or an object that names where it comes from: {"secret": NAME} or {"from": NAME, "member": MEMBER}."""
    if isinstance(value, str):
        return value
    try:
        if isinstance(value, dict) and "secret" in value:
            return Secret(msgspec.convert(value, _Named).secret)
        found = msgspec.convert(value, _From)
    except msgspec.ValidationError:
        raise Skipped(
            'a value is neither a text nor {"secret": NAME} nor {"from": NAME, "member": "access_token"}'
        ) from None
    return Made(found.by, found.member)
