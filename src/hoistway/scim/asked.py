"""What requests of SCIM ask for: bodies, pages, attributes, versions (https://www.rfc-editor.org/rfc/rfc7644#section-3.4.2)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from hoistway.protocol.jwt import b64url
from hoistway.protocol.numbers import read_whole
from hoistway.protocol.scim_filter import Filter, plain_name, read_filter
from hoistway.scim.refusals import ScimRefusal, scim_reply
from hoistway.web.forms import read_body, read_query

LIMIT = 1024 * 1024
MOST_LISTED = 200
USUAL = 100
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_KINDS = {"application/scim+json", "application/json"}


class Asked(Struct, frozen=True):
    """`attributes` is None for all; names are in lower case. `begin` counts from 0."""

    wanted: Filter | None
    begin: int
    most: int
    attributes: frozenset[str] | None
    excluded: frozenset[str]

    def wants(self, name: str) -> bool:
        """Whether an attribute that costs a query is in the answer."""
        named = self.attributes is None or any(one == name or one.startswith(f"{name}.") for one in self.attributes)
        return named and name not in self.excluded


async def read_object(request: Request) -> dict[str, Any]:
    """Raises ScimRefusal, PayloadTooLarge, UnsupportedMediaType."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _KINDS:
        raise ScimRefusal(415, "Send the body as application/scim+json.")
    body = await read_body(request, LIMIT)
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ScimRefusal(
            400, "The body is no JSON object: send the resource as RFC 7644 describes it.", "invalidSyntax"
        )
    return found


def _names(said: Any) -> frozenset[str] | None:
    if said is None:
        return None
    parts = said.split(",") if isinstance(said, str) else said
    if not isinstance(parts, list) or len(parts) > 100 or not all(isinstance(one, str) for one in parts):
        raise ScimRefusal(400, "attributes and excludedAttributes are lists of names.", "invalidValue")
    return frozenset(plain_name(one.strip()) for one in parts if one.strip()) or None


def _number(said: Any, usual: int) -> int:
    if said is None:
        return usual
    text = str(said).strip()
    found = read_whole(text.removeprefix("-"), 0, 2**53)
    if found is None or isinstance(said, bool):
        raise ScimRefusal(400, "startIndex and count are whole numbers.", "invalidValue")
    return 0 if text.startswith("-") else found


def _asked(said: Mapping[str, Any]) -> Asked:
    attributes, excluded = _names(said.get("attributes")), _names(said.get("excludedattributes"))
    if attributes is not None and excluded is not None:
        raise ScimRefusal(400, "Send attributes or excludedAttributes, not both.", "invalidValue")
    sent = said.get("filter")
    if sent is not None and not isinstance(sent, str):
        raise ScimRefusal(400, "filter is text.", "invalidFilter")
    # A count below 0 means 0, and a startIndex below 1 means 1 (section 3.4.2.4).
    begin, most = max(1, _number(said.get("startindex"), 1)) - 1, min(_number(said.get("count"), USUAL), MOST_LISTED)
    return Asked(read_filter(sent) if sent else None, begin, most, attributes, excluded or frozenset())


def read_asked(request: Request) -> Asked:
    """From the query. Raises ScimRefusal, BadFilter, InvalidRequest."""
    query = read_query(request)
    return _asked({name.lower(): query.get(name) for name in query.names()})


async def read_search(request: Request) -> Asked:
    """From the body of a POST to .search."""
    body = await read_object(request)
    return _asked({name.lower(): value for name, value in body.items()})


def moment(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def with_version(document: dict[str, Any]) -> dict[str, Any]:
    """The version is that of everything in it, so that a change made elsewhere is seen, too."""
    version = b64url(sha256(msgspec.json.encode(document)).digest()[:12])
    return {**document, "meta": {**document["meta"], "version": f'W/"{version}"'}}


def _cut(value: Any, subs: set[str], keep: bool) -> Any:
    if isinstance(value, list):
        return [_cut(one, subs, keep) for one in value]
    return (
        {name: one for name, one in value.items() if (name.lower() in subs) == keep}
        if isinstance(value, dict)
        else value
    )


def cut(document: dict[str, Any], asked: Asked) -> dict[str, Any]:
    """Only what was asked for; id and schemas always (RFC 7643 section 7, returned)."""
    found = {}
    for name, value in document.items():
        lowered = name.lower()
        if name in {"id", "schemas"}:
            found[name] = value
            continue
        if asked.attributes is not None and lowered not in asked.attributes:
            subs = {one.partition(".")[2] for one in asked.attributes if one.startswith(f"{lowered}.")}
            if subs:
                found[name] = _cut(value, subs, True)
            continue
        if lowered in asked.excluded:
            continue
        subs = {one.partition(".")[2] for one in asked.excluded if one.startswith(f"{lowered}.")}
        found[name] = _cut(value, subs, False) if subs else value
    return found


def _tags(request: Request, name: str) -> list[str]:
    return [one.strip().removeprefix("W/") for one in ",".join(request.headers.getlist(name)).split(",")]


def check_version(request: Request, document: dict[str, Any]) -> None:
    """Compares If-Match with what is locked (section 3.14). Raises ScimRefusal."""
    if "if-match" not in request.headers:
        return
    sent = _tags(request, "if-match")
    if sent != ["*"] and document["meta"]["version"].removeprefix("W/") not in sent:
        raise ScimRefusal(412, "It was changed since it was read: read it again and decide anew; nothing was changed.")


def document_reply(request: Request, document: dict[str, Any], asked: Asked, status: int = 200) -> Response:
    headers = {"etag": document["meta"]["version"], "location": document["meta"]["location"]}
    if request.method in {"GET", "HEAD"} and "if-none-match" in request.headers:
        sent = _tags(request, "if-none-match")
        if sent == ["*"] or document["meta"]["version"].removeprefix("W/") in sent:
            return scim_reply(None, 304, headers)
    return scim_reply(cut(document, asked), status, headers)


def list_reply(documents: list[dict[str, Any]], total: int, asked: Asked) -> Response:
    return scim_reply(
        {
            "schemas": [LIST], "totalResults": total, "startIndex": asked.begin + 1, "itemsPerPage": len(documents),
            "Resources": [cut(one, asked) for one in documents],
        }
    )  # fmt: skip
