"""One request that arrived: its parts, and which program of which tenant it is by its own words."""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import unquote_plus

from msgspec import Struct

from hoistway.protocol.jwt import BadToken, read_unverified
from hoistway.replay.comparing import kind_of_path

FORM: Final = "application/x-www-form-urlencoded"
_TENANT: Final = re.compile(r"/(?:tfp/)?([^/]+\.[^/]+|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})/")
_GUID: Final = re.compile(r"/([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})/")
MOST_FORM: Final = 64 * 1024
MOST_FIELDS: Final = 100
_APPLICATION: Final = ("azp", "client_id", "appid")


class Asked(Struct, frozen=True):
    """Headers in lower case, as they came. `number` counts requests."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    number: int

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def is_form(self) -> bool:
        return (self.header("content-type") or "").lower().startswith(FORM)

    def header(self, name: str) -> str | None:
        return next((value for found, value in self.headers if found == name), None)

    def fields(self) -> dict[str, str] | None:
        """Of the form, else of the query, the first of each name; None where it is longer than any server of either side reads."""
        text = self.body if self.is_form else self.target.partition("?")[2].encode("latin-1")
        if len(text) > MOST_FORM or text.count(b"&") > MOST_FIELDS:
            return None
        found: dict[str, str] = {}
        for piece in text.decode("latin-1").split("&"):
            name, _, value = piece.partition("=")
            found.setdefault(unquote_plus(name), unquote_plus(value))
        return found


class Whose(Struct, frozen=True):
    """Nobody proved it: it decides only which system judges the request. `grant` is that of a request for tokens, `account` whose password or
    secret it sends; `readable` is False where the form is too long."""

    application: str | None
    tenants: frozenset[str]
    grant: str | None = None
    account: str | None = None
    readable: bool = True


def whose(asked: Asked) -> Whose:
    claims = _claims(asked)
    tenants = {found[1] for found in (_TENANT.match(asked.path),) if found and kind_of_path(asked.path) != "api"}
    tenants |= {text for text in (claims.get("tid"),) if isinstance(text, str)}
    issuer = claims.get("iss")
    tenants |= set(_GUID.findall(issuer)) if isinstance(issuer, str) else set()
    fields = asked.fields()
    said = {} if fields is None else fields
    application = said.get("client_id") or _basic(asked) or _first_text(claims, _APPLICATION)
    lower = frozenset(tenant.lower() for tenant in tenants)
    account = (said.get("username") or application or "").casefold() or None
    return Whose(application, lower, said.get("grant_type"), account, fields is not None)


def _claims(asked: Asked) -> dict[str, Any]:
    scheme, _, token = (asked.header("authorization") or "").partition(" ")
    if scheme.lower() != "bearer":
        return {}
    try:
        return read_unverified(token.strip())[1]
    except BadToken:
        return {}


def _basic(asked: Asked) -> str | None:
    scheme, _, text = (asked.header("authorization") or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        read = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    return unquote_plus(read.partition(":")[0]) or None


def _first_text(claims: dict[str, Any], names: Sequence[str]) -> str | None:
    return next((claims[name] for name in names if isinstance(claims.get(name), str)), None)
