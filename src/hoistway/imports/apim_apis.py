"""APIs of API Management: which of ours each one is, and under which names it hears keys
(https://learn.microsoft.com/azure/api-management/api-management-subscriptions)."""

from collections.abc import Sequence

from msgspec import Struct

from hoistway.imports.apim_limits import Policies
from hoistway.imports.apim_mapping import ApimMapping
from hoistway.imports.apim_records import ApiSaid, key_of
from hoistway.imports.apim_service import Named, Service
from hoistway.imports.carrying import Item, Outcome
from hoistway.imports.policy_text import BadPolicy
from hoistway.imports.seen import short_of
from hoistway.protocol.ids import ApiId
from hoistway.protocol.subscription_key import MOST_NAMES, KeyNames, is_header_for_keys, is_query_for_keys
from hoistway.store.apis import list_apis, set_api_key_names
from hoistway.store.db import Reader, Writer


class NoProduct(ValueError):
    """The text says why an API or a product is left out, and what to do."""


class ImportedApi(Struct, frozen=True):
    """`here` is None where the mapping does not know it, or leaves it out."""

    named: Named
    key: str
    here: str | None
    is_left_out: bool = False


def api_here(name: str, mapping: ApimMapping) -> str | None:
    """Which API of ours one there is; None where the mapping does not say."""
    by_key = {key_of(one): value for one, value in mapping.apis.values.items()}
    left_out = {key_of(one) for one in mapping.apis.leave_out}
    return None if key_of(name) in left_out else by_key.get(key_of(name), mapping.apis.all)


class ApiJudging:
    """`names` are those that the files give each API of ours, beside those that it has."""

    def __init__(self, service: Service, policies: Policies) -> None:
        self._service, self._policies = service, policies
        self._names: dict[str, KeyNames] = {}
        self._told: dict[str, list[str]] = {}

    def items(self, mapping: ApimMapping) -> list[Item]:
        found = []
        for key, one in self._service.apis.items():
            here = api_here(one.name, mapping)
            told = self._told[key] = []
            if here is not None:
                self._names[here] = _wider(self._names.get(here, KeyNames()), one.said, told)
            is_left_out = key in {key_of(name) for name in mapping.apis.leave_out}
            found.append(Item(one.file, one.line, one.id, ImportedApi(one, key, here, is_left_out)))
        return found

    async def judge(self, db: Reader, item: Item, outcome: Outcome) -> None:
        """Raises NoProduct."""
        one: ImportedApi = item.value
        if one.is_left_out:
            raise NoProduct("is left out by the mapping (apis.leave_out)")
        if one.here is None:
            raise NoProduct("is no API here: add one with its audience and scopes, and name it under apis.values")
        here = next((api for api in await list_apis(db) if api.id == one.here), None)
        if here is None:
            raise NoProduct(f"there is no API {one.here}: correct apis.values")
        try:
            told = [*self._told[one.key], *self._policies.of_api(one.key)]
        except BadPolicy as error:
            raise NoProduct(str(error)) from None
        had, new = here.key_names or KeyNames(), self._names[here.id]
        wanted = KeyNames(_both(had.header, new.header), _both(had.query, new.query))
        if wanted != had:
            outcome.first.append(lambda tx: _set_names(tx, here.id, wanted))
        outcome.count("apis")
        for words in told:
            outcome.tell(item, words)


def _both(had: Sequence[str], new: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*had, *new)))[:MOST_NAMES]


def _wider(names: KeyNames, said: ApiSaid, told: list[str]) -> KeyNames:
    """With those of the API, where requests may carry a key in them."""
    own = said.subscription_key_parameter_names
    if said.subscription_required is False:
        told.append("needed no key: here its products say whether a token alone opens it")
    header = "" if own is None else (own.header or "").lower()
    query = "" if own is None else own.query or ""
    headers, queries = list(names.header), list(names.query)
    if header not in {"", "ocp-apim-subscription-key", *headers}:
        _take(headers, header, is_header_for_keys(header), told)
    if query not in {"", "subscription-key", *queries}:
        _take(queries, query, is_query_for_keys(query), told)
    return KeyNames(tuple(headers), tuple(queries))


def _take(names: list[str], name: str, good: bool, told: list[str]) -> None:
    if good and len(names) < MOST_NAMES:
        names.append(name)
    else:
        why = f"the API has {MOST_NAMES} of them already" if good else "requests use this name for something else"
        told.append(
            f"keys can't be read from {short_of(name)!r}, because {why}: programs that send them there need another name"
        )


async def _set_names(tx: Writer, api_id: ApiId, names: KeyNames) -> None:
    await set_api_key_names(tx, api_id, names)
