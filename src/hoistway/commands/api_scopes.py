"""hoistway api scope."""

from collections.abc import Callable
from typing import Annotated

import typer
from msgspec.structs import replace

from hoistway import clock
from hoistway.applications.api_scopes import ScopeHeld, change_scopes
from hoistway.applications.apis import ScopeRefused
from hoistway.commands.context import USAGE, AsJson, fail, in_transaction, note, show_one
from hoistway.commands.nouns import noun, verb, visible
from hoistway.protocol.ids import ApiId
from hoistway.store.apis import Api, ApiScope, find_api
from hoistway.store.change_row import lock_row
from hoistway.store.db import Writer
from hoistway.things.apis import api_scopes_text, check_api_scopes
from hoistway.things.making import Misfit

SCOPE = noun("Scopes of an API that exists.")
OfApi = Annotated[str, typer.Argument(metavar="API_ID", help="The API's id.")]
Scopes = tuple[ApiScope, ...]


@verb(SCOPE, "set", "Add a scope, or reword what the consent page says of one that is there.")
def set_scope(
    api_id: OfApi,
    scope: Annotated[str, typer.Argument(metavar="NAME=WORDS", help="What it lets one do, behind the sign.")],
    as_json: AsJson = False,
) -> None:
    try:
        (wanted,) = check_api_scopes(scope)
    except Misfit as error:
        fail(str(error), USAGE)

    def with_it(found: Scopes) -> Scopes:
        if all(one.name != wanted.name for one in found):
            return (*found, wanted)
        # Reworded, it keeps what programs write in its place.
        return tuple(replace(wanted, wire=wanted.wire or one.wire) if one.name == wanted.name else one for one in found)

    _change(api_id, with_it, as_json)


@verb(
    SCOPE,
    "remove",
    "Take a scope away that no application may ask for; consents to it end. It can be added again some minutes later.",
)
def remove_scope(
    api_id: OfApi,
    name: Annotated[str, typer.Argument(metavar="NAME", help="As applications ask for it.")],
    as_json: AsJson = False,
) -> None:
    def without_it(found: Scopes) -> Scopes:
        if all(one.name != name for one in found):
            fail(f"the API {api_id} has no scope {name}")
        return tuple(one for one in found if one.name != name)

    _change(api_id, without_it, as_json)


def _change(api_id: str, wanted: Callable[[Scopes], Scopes], as_json: bool) -> None:
    async def work(tx: Writer) -> Api:
        await lock_row(tx, "apis", api_id)
        api = await find_api(tx, ApiId(api_id))
        if api is None:
            fail(f"there is no API {api_id}")
        try:
            changed = await change_scopes(tx, api, wanted(api.scopes), clock.now())
        except ScopeRefused as error:
            fail(str(error))
        except ScopeHeld as error:
            fail(str(Misfit(f"api_scope_{error.because}", **error.facts)))
        before, after = ({"scopes": api_scopes_text(one.scopes)} for one in (api, changed))
        await note(tx, "api.changed", id=api.id, before=before, after=after)
        return changed

    show_one(visible(in_transaction(work)), as_json)
