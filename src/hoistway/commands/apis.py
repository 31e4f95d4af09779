"""hoistway api."""

from typing import Annotated

import typer

from hoistway import clock
from hoistway.applications.apis import ScopeRefused, add_new_api
from hoistway.commands.context import USAGE, AsJson, fail
from hoistway.commands.nouns import Id, add_reading, add_switching, added, noun, verb, whole
from hoistway.protocol.ids import ApiId
from hoistway.store.apis import Api, ApiScope, find_api, list_apis, set_api_disabled
from hoistway.store.db import Reader, Writer
from hoistway.tokens.keyring import ALGORITHMS

API = noun("APIs (resource servers).")


async def _page(db: Reader, after: str, most: int) -> list[Api]:
    return [api for api in await list_apis(db) if api.id > after][:most]


add_reading(API, "API", ("id", "name", "audience", "uri", "disabled_at"), find_api, _page)
add_switching(API, "API", set_api_disabled)


@verb(API, "add", "Add an API.")
def add(
    api_id: Id,
    name: Annotated[str, typer.Option(help="As people know it.")],
    audience: Annotated[str, typer.Option(help="The aud of its tokens.")],
    scope: Annotated[list[str], typer.Option(help="NAME=what it lets one do, as the consent page says it; repeat it.")],
    uri: Annotated[str | None, typer.Option(help="Prefix of its scopes; the audience without it.")] = None,
    lifetime: Annotated[
        int, typer.Option(help="Of its tokens, in seconds.", metavar="NUMBER", parser=whole(300, 86_400))
    ] = 3600,
    alg: Annotated[str, typer.Option(help=f"Signs its tokens: {' or '.join(ALGORITHMS)}.")] = "ES256",
    as_json: AsJson = False,
) -> None:
    if alg not in ALGORITHMS:
        fail(f"--alg must be {' or '.join(ALGORITHMS)}", USAGE)
    scopes = tuple(ApiScope(word.partition("=")[0], word.partition("=")[2] or word) for word in scope)
    row = Api(ApiId(api_id), name, audience, uri or audience, scopes, lifetime, alg, None, clock.now())

    async def work(tx: Writer) -> None:
        try:
            await add_new_api(tx, row)
        except ScopeRefused as error:
            fail(str(error))

    added(row, work, "api.added", as_json)
