"""APIs: what they are made of."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hoistway.applications.addresses import lines_of
from hoistway.applications.apis import NoIntrospector, ScopeRefused, add_new_api, check_introspector
from hoistway.protocol.ids import ApiId, ClientId
from hoistway.store.apis import Api, ApiScope
from hoistway.store.db import Writer
from hoistway.things.applications import MOST_SCOPES
from hoistway.things.making import Entry, Made, Making, Misfit, Unfit, check_id, whole, words
from hoistway.things.organisations import NAME
from hoistway.tokens.issue import DEFAULT_LIFETIME
from hoistway.tokens.keyring import ALGORITHMS, LONGEST_TOKEN, SHORTEST_TOKEN


def check_api_scopes(value: str) -> tuple[ApiScope, ...]:
    """NAME=description, or NAME as WIRE=description, one on each line. Raises Misfit."""
    found = []
    for _line, text in lines_of(value):
        said, sign, description = (part.strip() for part in text.partition("="))
        names = said.split()
        if not (len(names) == 1 or (len(names) == 3 and names[1] == "as")) or not sign or not description:
            raise Misfit("make_api_scope", line=text[:60])
        wire = names[2] if len(names) == 3 and names[2] != names[0] else None
        found.append(ApiScope(names[0], description, wire))
    if not 1 <= len(found) <= MOST_SCOPES:
        raise Misfit("make_api_scopes", most=MOST_SCOPES)
    return tuple(found)


def api_scopes_text(scopes: Sequence[ApiScope]) -> str:
    """As `check_api_scopes` reads it."""
    return "\n".join(f"{one.spelled}={' '.join(one.description.split())}" for one in scopes)


def check_alg(value: str) -> str:
    """Raises Misfit."""
    if value not in ALGORITHMS:
        raise Misfit("make_choose")
    return value


async def make_api(tx: Writer, values: Mapping[str, Any], now: int, _digest: str) -> Made:
    """Raises Unfit, Conflict."""
    client_id = ClientId(values["client_id"]) if values["client_id"] else None
    row = Api(
        ApiId(values["id"]), values["name"], values["audience"], values["uri"] or values["audience"], values["scopes"],
        values["token_lifetime"], values["signing_alg"], client_id, now,
    )  # fmt: skip
    try:
        await check_introspector(tx, row.client_id)
    except NoIntrospector as error:
        raise Unfit("client_id", "thing_introspector_wrong") from error
    try:
        await add_new_api(tx, row)
    except ScopeRefused as error:
        raise Unfit("scopes", "make_said", words=error) from error
    return Made(row)


_ALG_OPTIONS: Final = tuple((alg, alg) for alg in ALGORITHMS)
API: Final = Making(
    "api.added",
    (
        Entry("id", "thing_id", check=check_id, hint="make_id_hint"),
        NAME,
        Entry("audience", "thing_audience", check=words(), hint="make_audience_hint"),
        Entry("uri", "thing_uri", check=words(least=0), hint="make_uri_hint", required=False),
        Entry("scopes", "thing_scopes", check=check_api_scopes, kind="area", hint="make_api_scopes_hint"),
        Entry(
            "token_lifetime", "thing_lifetime", check=whole(SHORTEST_TOKEN, LONGEST_TOKEN), begins=str(DEFAULT_LIFETIME)
        ),
        Entry("signing_alg", "thing_alg", check=check_alg, kind="choose", options=_ALG_OPTIONS, begins="ES256"),
        Entry("client_id", "thing_introspector", check=words(least=0), hint="thing_introspector_hint", required=False),
    ),
    make_api,
)
