"""APIs (resource servers): audience, scopes, token lifetime and signing algorithm."""

import msgspec
from msgspec import Struct
from sqlalchemy import Table, UniqueConstraint, bindparam, select, update

from hoistway.protocol.ids import ApiId, ClientId
from hoistway.protocol.subscription_key import KeyNames
from hoistway.store.columns import (
    at,
    find_in,
    insert_all,
    key,
    number,
    optional_at,
    optional_number,
    optional_text,
    switch_of,
    text,
    to_json,
)
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

APIS = Table(
    "apis",
    METADATA,
    key(),
    text("name"),
    text("audience"),
    text("uri"),
    text("scopes"),
    number("token_lifetime"),
    text("signing_alg"),
    optional_text("client_id"),
    at("created_at"),
    optional_at("disabled_at"),
    optional_text("b2c_signing_alg"),
    optional_text("acr"),
    optional_number("max_age"),
    optional_text("key_names"),
    UniqueConstraint("audience"),
    UniqueConstraint("uri"),
)


class ApiScope(msgspec.Struct, frozen=True, omit_defaults=True):
    """`description` is the sentence that the consent page shows for the scope. `wire` is what programs write behind the API's URI in
    the place of the name, and what tokens of B2C-shaped paths say, where another API has that name (docs/adr/0040-moving-in.md)."""

    name: str
    description: str
    wire: str | None = None

    @property
    def spelled(self) -> str:
        """In lists of forms and files: NAME, or NAME as WIRE."""
        return self.name if self.wire is None else f"{self.name} as {self.wire}"


class Api(Struct, frozen=True):
    """`audience` is the `aud` of its tokens, `uri` the prefix by which programs ask for its scopes (`{uri}/{scope}`),
    `token_lifetime` is in seconds. `client_id` is the application that may introspect its tokens. `b2c_signing_alg`
    signs tokens on B2C-shaped paths; None means RS256. `acr` and `max_age` (seconds) are what people's sign-ins must
    amount to and how old they may be, None where it does not matter. `key_names` are further names of subscription keys."""

    id: ApiId
    name: str
    audience: str
    uri: str
    scopes: tuple[ApiScope, ...]
    token_lifetime: int
    signing_alg: str
    client_id: ClientId | None
    created_at: int
    disabled_at: int | None = None
    b2c_signing_alg: str | None = None
    acr: str | None = None
    max_age: int | None = None
    key_names: KeyNames | None = None


def api_row(
    id: str, name: str, audience: str, uri: str, scopes: str, token_lifetime: int, signing_alg: str, client_id: str | None,
    created_at: int, disabled_at: int | None, b2c_signing_alg: str | None, acr: str | None, max_age: int | None,
    key_names: str | None,
) -> Api:  # fmt: skip
    return Api(
        ApiId(id), name, audience, uri, msgspec.json.decode(scopes, type=tuple[ApiScope, ...]), token_lifetime, signing_alg,
        None if client_id is None else ClientId(client_id), created_at, disabled_at, b2c_signing_alg, acr, max_age,
        None if key_names is None else msgspec.json.decode(key_names, type=KeyNames),
    )  # fmt: skip


_INSERT = Statement(lambda: insert_all(APIS), nothing)
_FIND = Statement(lambda: find_in(APIS), api_row)
_LIST = Statement(lambda: select(APIS).order_by(APIS.c.id).limit(500), api_row)
_DISABLE = Statement(lambda: switch_of(APIS), nothing)
_NAMES = Statement(
    lambda: update(APIS).where(APIS.c.id == bindparam("b_id")).values(key_names=bindparam("names")), nothing
)


async def add_api(tx: Writer, api: Api) -> None:
    """Raises Conflict where the id, audience or URI is taken."""
    row = {
        "id": api.id, "name": api.name, "audience": api.audience, "uri": api.uri, "scopes": to_json(api.scopes),
        "token_lifetime": api.token_lifetime, "signing_alg": api.signing_alg, "client_id": api.client_id,
        "created_at": api.created_at, "disabled_at": api.disabled_at,
        "b2c_signing_alg": api.b2c_signing_alg, "acr": api.acr, "max_age": api.max_age,
        "key_names": None if api.key_names is None else to_json(api.key_names),
    }  # fmt: skip
    await tx.run(_INSERT, row)


async def find_api(db: Reader, api_id: ApiId) -> Api | None:
    return await db.one(_FIND, {"id": api_id})


async def list_apis(db: Reader) -> list[Api]:
    """All APIs, disabled ones included; at most 500."""
    return await db.all(_LIST, {})


async def set_api_disabled(tx: Writer, api_id: ApiId, at: int | None) -> bool:
    return await tx.run(_DISABLE, {"b_id": api_id, "at": at}) == 1


async def set_api_key_names(tx: Writer, api_id: ApiId, names: KeyNames) -> bool:
    return await tx.run(_NAMES, {"b_id": api_id, "names": to_json(names)}) == 1
