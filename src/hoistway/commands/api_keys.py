"""hoistway api keys."""

from typing import Annotated

import typer

from hoistway.commands.context import USAGE, AsJson, fail, in_transaction, note, show_one
from hoistway.commands.nouns import visible
from hoistway.protocol.ids import ApiId
from hoistway.protocol.subscription_key import MOST_NAMES, KeyNames, is_header_for_keys, is_query_for_keys
from hoistway.store.apis import Api, find_api, set_api_key_names
from hoistway.store.change_row import lock_row
from hoistway.store.db import Writer

Headers = Annotated[list[str] | None, typer.Option("--header", metavar="NAME", help="A header; repeat it.")]
Queries = Annotated[
    list[str] | None, typer.Option("--query", metavar="NAME", help="A parameter of the query; repeat it.")
]
Nothing = Annotated[bool, typer.Option("--none", help="Only the usual names.")]


def _read(headers: list[str], queries: list[str]) -> KeyNames:
    """Exits with code 2 where a name means something else."""
    names = KeyNames(tuple(dict.fromkeys(one.lower() for one in headers)), tuple(dict.fromkeys(queries)))
    wrong = [one for one in names.header if not is_header_for_keys(one)]
    wrong += [one for one in names.query if not is_query_for_keys(one)]
    if wrong:
        fail(f"{', '.join(wrong)}: can't be the name of a key, or requests use it for something else", USAGE)
    if max(len(names.header), len(names.query)) > MOST_NAMES:
        fail(f"an API hears keys under at most {MOST_NAMES} further headers and as many parameters", USAGE)
    return names


def set_key_names(
    api_id: Annotated[str, typer.Argument(metavar="API_ID", help="The API's id.")],
    header: Headers = None, query: Queries = None, nothing: Nothing = False, as_json: AsJson = False,
) -> None:  # fmt: skip
    if nothing is bool(header or query):
        fail("name what the API is to hear keys under, all of it: --header NAME, --query NAME; or --none", USAGE)
    names = _read(header or [], query or [])

    async def work(tx: Writer) -> Api:
        await lock_row(tx, "apis", api_id)
        await set_api_key_names(tx, ApiId(api_id), names)
        await note(tx, "api.changed", id=api_id, key_headers=list(names.header), key_parameters=list(names.query))
        found = await find_api(tx, ApiId(api_id))
        if found is None:
            fail(f"there is no API {api_id}")
        return found

    show_one(visible(in_transaction(work)), as_json)
