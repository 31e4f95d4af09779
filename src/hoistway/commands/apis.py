"""hoistway api."""

from typing import Annotated

import typer

from hoistway import clock
from hoistway.applications.apis import NoIntrospector, ScopeRefused, add_new_api, check_introspector
from hoistway.commands.api_keys import set_key_names
from hoistway.commands.api_scopes import SCOPE
from hoistway.commands.context import USAGE, AsJson, fail, in_transaction, note, show_one
from hoistway.commands.factors import add_requirement
from hoistway.commands.nouns import Id, add_reading, add_switching, added, noun, verb, visible, whole
from hoistway.protocol.ids import ApiId, ClientId
from hoistway.store.apis import Api, ApiScope, find_api, list_apis, set_api_disabled
from hoistway.store.change_row import change_row
from hoistway.store.db import Reader, Writer
from hoistway.tokens.issue import DEFAULT_LIFETIME
from hoistway.tokens.keyring import ALGORITHMS, LONGEST_TOKEN, SHORTEST_TOKEN

API = noun("APIs (resource servers).")
Alg = Annotated[str, typer.Option(help=f"Signs its tokens: {' or '.join(ALGORITHMS)}.")]
B2CAlg = Annotated[str | None, typer.Option(help="Signs those of B2C-shaped paths; RS256 unless it was set.")]
Introspector = Annotated[
    str | None, typer.Option(metavar="CLIENT", help="The application with which the API asks what a token is worth.")
]


async def _page(db: Reader, after: str, most: int) -> list[Api]:
    return [api for api in await list_apis(db) if api.id > after][:most]


add_reading(API, "API", ("id", "name", "audience", "uri", "disabled_at"), find_api, _page)
add_switching(API, "API", set_api_disabled)
add_requirement(API)
API.add_typer(SCOPE, name="scope")
verb(API, "keys", "Say under which further names an API hears subscription keys; the usual two go on working.")(
    set_key_names
)


@verb(API, "add", "Add an API.")
def add(
    api_id: Id,
    name: Annotated[str, typer.Option(help="As people know it.")],
    audience: Annotated[str, typer.Option(help="The aud of its tokens.")],
    scope: Annotated[list[str], typer.Option(help="NAME=what it lets one do, as the consent page says it; repeat it.")],
    uri: Annotated[str | None, typer.Option(help="Prefix of its scopes; the audience without it.")] = None,
    lifetime: Annotated[
        int,
        typer.Option(help="Of its tokens, in seconds.", metavar="NUMBER", parser=whole(SHORTEST_TOKEN, LONGEST_TOKEN)),
    ] = DEFAULT_LIFETIME,
    alg: Alg = "ES256",
    b2c_alg: B2CAlg = None,
    introspector: Introspector = None,
    as_json: AsJson = False,
) -> None:
    _check_alg("--alg", alg)
    _check_alg("--b2c-alg", b2c_alg)
    scopes = tuple(ApiScope(word.partition("=")[0], word.partition("=")[2] or word) for word in scope)
    row = Api(
        ApiId(api_id), name, audience, uri or audience, scopes, lifetime, alg, _id(introspector), clock.now(),
        b2c_signing_alg=b2c_alg,
    )  # fmt: skip

    async def work(tx: Writer) -> None:
        try:
            await check_introspector(tx, row.client_id)
            await add_new_api(tx, row)
        except (ScopeRefused, NoIntrospector) as error:
            fail(str(error))

    added(row, work, "api.added", as_json)


@verb(API, "set", "Change an API; what is left out stays as it is.")
def change(
    api_id: Id,
    name: Annotated[str | None, typer.Option(help="As people know it.")] = None,
    lifetime: Annotated[
        int | None,
        typer.Option(help="Of its tokens, in seconds.", metavar="NUMBER", parser=whole(SHORTEST_TOKEN, LONGEST_TOKEN)),
    ] = None,
    alg: Annotated[str | None, typer.Option(help=f"Signs its tokens: {' or '.join(ALGORITHMS)}.")] = None,
    b2c_alg: B2CAlg = None,
    introspector: Introspector = None,
    no_introspector: Annotated[
        bool, typer.Option("--no-introspector", help="Nobody but a token's own holder.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    _check_alg("--alg", alg)
    _check_alg("--b2c-alg", b2c_alg)
    if introspector is not None and no_introspector:
        fail("--introspector and --no-introspector exclude each other", USAGE)
    asked = {
        "name": name,
        "token_lifetime": lifetime,
        "signing_alg": alg,
        "b2c_signing_alg": b2c_alg,
        "client_id": introspector,
    }
    values: dict[str, str | int | None] = {column: value for column, value in asked.items() if value is not None}
    if no_introspector:
        values["client_id"] = None
    if not values:
        fail("nothing to change: name at least one option", USAGE)

    async def work(tx: Writer) -> Api:
        try:
            await check_introspector(tx, _id(introspector))
        except NoIntrospector as error:
            fail(str(error))
        await change_row(tx, "apis", api_id, values)
        changed = await find_api(tx, ApiId(api_id))
        if changed is None:
            fail(f"there is no API {api_id}")
        await note(tx, "api.changed", id=api_id, **values)
        return changed

    show_one(visible(in_transaction(work)), as_json)


def _id(client_id: str | None) -> ClientId | None:
    return None if client_id is None else ClientId(client_id)


def _check_alg(option: str, alg: str | None) -> None:
    if alg is not None and alg not in ALGORITHMS:
        fail(f"{option} must be {' or '.join(ALGORITHMS)}", USAGE)
