"""Applications and APIs, as whoever operates the server finds and changes them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hoistway import clock
from hoistway.applications.api_scopes import ScopeHeld, change_scopes
from hoistway.applications.apis import NoIntrospector, ScopeRefused, check_introspector
from hoistway.authn.directory import LONGEST_ID
from hoistway.protocol.authentication import ACR_VALUES
from hoistway.protocol.ids import ClientId
from hoistway.protocol.likeness import skeleton
from hoistway.store.apis import Api, find_api, set_api_disabled
from hoistway.store.change_row import change_row
from hoistway.store.clients import Client, find_client, set_client_disabled
from hoistway.store.db import Writer
from hoistway.things.apis import API, api_scopes_text, check_api_scopes
from hoistway.things.applications import APPLICATION
from hoistway.things.changing_applications import CHANGEABLE, judge_application
from hoistway.things.making import Entry, Unfit, whole
from hoistway.things.organisations import NAME
from hoistway.things.thing import Thing
from hoistway.tokens.keyring import ALGORITHMS, LONGEST_TOKEN, SHORTEST_TOKEN

CHOICES: Final = tuple((alg, alg) for alg in ALGORITHMS)


def _one_of(options: Sequence[tuple[str, str]], empty: str | None = "") -> Any:
    def check(value: str) -> str | None:
        if value not in {option for option, _ in options}:
            raise ValueError("Choose one of the list.")
        return value or empty

    return check


async def _save_application(tx: Writer, row: Client, values: Mapping[str, Any]) -> None:
    # The key by which look-alike names are found changes together with the name.
    key = {"name_key": skeleton(values["name"])} if "name" in values else {}
    await change_row(tx, "applications", row.id, {**values, **key})


_CONSENT: Final = (("implied", "implied"), ("asked", "asked"))
_ALG: Final = (("", "–"), *CHOICES)
APPLICATIONS: Final = Thing(
    "applications", "application", find_client, lambda row: row.name, set_client_disabled,
    (
        NAME,
        *CHANGEABLE,
        Entry("consent", "thing_consent", lambda row: row.consent, _one_of(_CONSENT), "choose", _CONSENT),
        Entry("access_token_alg", "thing_alg", lambda row: row.access_token_alg or "", _one_of(_ALG, None), "choose", _ALG, required=False),
    ),
    _save_application, "client_id", "application",
    frozenset({"consent", "disabled", "redirect_uris", "post_logout_uris", "scopes", "flows", "exceptions", "account"}),
    APPLICATION, judge_application,
)  # fmt: skip


def _optional_id(value: str) -> str | None:
    """None where it is empty. It is cut to one character more than any id has, so a longer text stays unknown."""
    return value[: LONGEST_ID + 1] or None


_ACR: Final = (("", "–"), *((acr, acr) for acr in ACR_VALUES))


def _age(value: str) -> int | None:
    return whole(1, 86_400 * 365)(value) if value else None


async def _save_api(tx: Writer, row: Api, values: Mapping[str, Any]) -> None:
    """Raises Unfit."""
    named = values.get("client_id")
    try:
        await check_introspector(tx, None if named is None else ClientId(named))
    except NoIntrospector as error:
        raise Unfit("client_id", "thing_introspector_wrong") from error
    if "scopes" in values:
        try:
            await change_scopes(tx, row, values["scopes"], clock.now())
        except ScopeRefused as error:
            raise Unfit("scopes", "make_said", words=error) from error
        except ScopeHeld as error:
            raise Unfit("scopes", f"api_scope_{error.because}", **error.facts) from error
    await change_row(tx, "apis", row.id, {name: value for name, value in values.items() if name != "scopes"})


APIS: Final = Thing(
    "apis", "api", find_api, lambda row: row.name, set_api_disabled,
    (
        NAME,
        Entry(
            "scopes", "thing_scopes", lambda row: api_scopes_text(row.scopes), check_api_scopes, "area",
            hint="api_scopes_hint",
        ),
        Entry("token_lifetime", "thing_lifetime", lambda row: str(row.token_lifetime), whole(SHORTEST_TOKEN, LONGEST_TOKEN)),
        Entry("signing_alg", "thing_alg", lambda row: row.signing_alg, _one_of(CHOICES), "choose", CHOICES),
        Entry("b2c_signing_alg", "thing_b2c_alg", lambda row: row.b2c_signing_alg or "", _one_of(_ALG, None), "choose", _ALG, required=False),
        Entry("acr", "thing_acr", lambda row: row.acr or "", _one_of(_ACR, None), "choose", _ACR, required=False),
        Entry("max_age", "thing_max_age", lambda row: str(row.max_age or ""), _age, hint="thing_max_age_hint", required=False),
        Entry(
            "client_id", "thing_introspector", lambda row: row.client_id or "", _optional_id, hint="thing_introspector_hint",
            required=False,
        ),
    ),
    _save_api, kind="api", guarded=frozenset({"disabled"}), making=API,
)  # fmt: skip
