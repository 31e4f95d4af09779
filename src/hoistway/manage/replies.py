"""What requests of the management API have in common: dry runs, versions, filters; and the answers to them."""

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct
from starlette.requests import Request

from hoistway.api.etags import check_unchanged, etag_of
from hoistway.api.problems import bad_request
from hoistway.manage.operations import Parameter
from hoistway.manage.problems import needs_version
from hoistway.manage.repeating import Answer
from hoistway.protocol.params import Params
from hoistway.web.forms import read_query
from hoistway.web.replies import Reply, header

PRIVATE: Final = {"cache-control": "private, no-cache"}
NO_STORE: Final = {"cache-control": "no-store"}
DRY_RUN: Final = "dry_run"


def is_dry(request: Request, *also: Parameter) -> bool:
    """Of an operation that changes something; its query has nothing else but `also`. Raises Problem."""
    known = (DRY_RUN, *(one.name for one in also))
    for name in read_query(request).names():
        if name not in known:
            raise bad_request(f"This operation takes {' and '.join(known)} alone in its query.")
    return _said(request, DRY_RUN)


def is_true(request: Request, one: Parameter) -> bool:
    """Raises Problem."""
    return _said(request, one.name)


def _said(request: Request, name: str) -> bool:
    said = read_query(request).get(name)
    if said not in {None, "true", "false"}:
        raise bad_request(f"{name} must be true or false.")
    return said == "true"


def check_filters(params: Params, filters: Sequence[Parameter]) -> dict[str, str]:
    """Those that were sent. Raises Problem."""
    found = {}
    for one in filters:
        value = params.get(one.name)
        if value is None:
            continue
        if one.options and value not in one.options:
            raise bad_request(f"{one.name} must be {' or '.join(one.options)}.")
        if len(value) > 200:
            raise bad_request(f"{one.name} may have at most 200 characters.")
        found[one.name] = value
    return found


def check_version(request: Request, shown: Struct) -> None:
    """Under the lock: `shown` is the body as it would be read now. Raises Problem."""
    if header(request, b"if-match") is None:
        raise needs_version()
    check_unchanged(request, etag_of(msgspec.json.encode(shown)))


def encoded(shown: Struct) -> bytes:
    return msgspec.json.encode(shown)


def answer_of(shown: Struct, status: int = 200, **headers: str) -> Answer:
    body = msgspec.json.encode(shown)
    return Answer(status, body, {**NO_STORE, "etag": etag_of(body), **headers})


def reply_of(answer: Answer, *, dry: bool) -> Reply:
    headers = {**answer.headers, "dry-run": "true"} if dry else answer.headers
    kind = {"content-type": "application/json"} if answer.body else {}
    raw = [(name.encode(), value.encode("latin-1")) for name, value in {**kind, **headers}.items()]
    return Reply(answer.body, answer.status, raw)
