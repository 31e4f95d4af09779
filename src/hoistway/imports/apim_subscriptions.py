"""Subscriptions of API Management as ours: whose they are, what they open, with the keys that their programs send."""

from hashlib import sha256
from typing import Final

from msgspec import Struct

from hoistway.imports.apim_ids import called_of, id_here, source_of_api, source_of_product
from hoistway.imports.apim_mapping import ApimMapping
from hoistway.imports.apim_records import NoRecord, Parts, SubscriptionSaid, key_of, split_id
from hoistway.imports.apim_service import Key, Service
from hoistway.imports.graph_user import read_time
from hoistway.imports.seen import short_of
from hoistway.products.subscribing import LONGEST_NAME
from hoistway.protocol.text import read_name
from hoistway.store.subscriptions import STATES

LONGEST_ID: Final = 1_000
MOST_SCOPES: Final = 10_000
"""Of different ones that are remembered."""
_SPACE: Final = "5b1f6a0c-4d3e-5f7a-9c2b-8e0d1a6f3b47"


class ImportedSubscription(Struct, frozen=True):
    """`source` is what it is on, `product` the id of that here.
    `owner` is the name of the user there, "" without one; `oid` who that is here, "" where it is not known. `customer` is what
    the mapping says. `keys` are None where no pair is known."""

    id: str
    name: str
    title: str
    product: str
    source: Parts
    owner: str
    oid: str
    customer: str
    state: str
    created_at: int | None
    started_at: int | None
    ends_at: int | None
    keys: tuple[Key, ...] | None


def id_of_subscription(path: str, name: str, created_at: int) -> str:
    """The same in every import, and sorted by time as the ids that are made here (RFC 9562 section 5.7)."""
    made = sha256(f"{_SPACE}\x00{path}\x00{key_of(name)}".encode()).hexdigest()
    at = f"{created_at * 1000:012x}"
    return f"{at[:8]}-{at[8:]}-7{made[:3]}-8{made[3:6]}-{made[6:18]}"


class Reading:
    """Makes subscriptions of what the files say."""

    def __init__(self, service: Service, mapping: ApimMapping) -> None:
        self._service, self._mapping = service, mapping
        said = mapping.customer
        self._by_subscription = {key_of(one): customer for one, customer in said.subscriptions.items()}
        self._by_user = {key_of(one): customer for one, customer in said.users.items()}
        self._by_group = {key_of(one): customer for one, customer in said.groups.items()}
        self._left_out = {key_of(one) for one in mapping.subscriptions.leave_out}
        self._products: dict[str, tuple[str, Parts]] = {}

    def of(self, parts: Parts, said: SubscriptionSaid) -> ImportedSubscription:
        """Raises NoRecord."""
        name, state = parts[1], (said.state or "").lower()
        key = key_of(name)
        if key in self._left_out:
            raise NoRecord("is left out by the mapping (subscriptions.leave_out)")
        if state not in STATES:
            raise NoRecord(f"its state {short_of(said.state)!r} is none of {', '.join(STATES)}: fetch the list again")
        scope = said.scope or ""
        product = self._products.get(scope)
        if product is None:
            product = self._product(scope)
            if len(scope) <= LONGEST_ID and len(self._products) < MOST_SCOPES:
                self._products[scope] = product
        owner = key_of((said.owner_id or "").rpartition("/")[2])
        created_at = read_time(said.created_date)
        title, good = read_name(said.display_name, 1, LONGEST_NAME)
        keys = self._service.pairs.get(key)
        without = self._mapping.subscriptions.without_keys == "take"
        if not keys and state in {"active", "suspended"} and not without:
            raise NoRecord(
                "its keys are not among the files: fetch the pair into secrets.ndjson, and import it again; or take it without "
                "(subscriptions.without_keys)"
            )
        path = next(iter(self._service.paths), "")
        return ImportedSubscription(
            id_of_subscription(path, name, created_at or 0), name, title if good else name[:LONGEST_NAME], *product,
            owner, self._service.users.get(owner, ""), self._customer(key, owner), state, created_at,
            read_time(said.start_date), read_time(said.expiration_date), keys,
        )  # fmt: skip

    def _product(self, scope: str) -> tuple[str, Parts]:
        """The id here, and what it stands for. Raises NoRecord."""
        parts = split_id(scope)[1]
        match parts:
            case ("products", name):
                if key_of(name) not in self._service.products:
                    raise NoRecord(f"its product {short_of(name)} is not among the files: fetch the products again")
                known = self._service.products[key_of(name)].name
                return id_here(known, self._mapping), source_of_product(key_of(name))
            case ("apis", name):
                if key_of(name) not in self._service.apis:
                    raise NoRecord(f"its API {short_of(name)} is not among the files: fetch the APIs again")
                return id_here(called_of(key_of(name)), self._mapping), source_of_api(key_of(name))
            case () | ("apis",) if scope:
                return id_here(called_of(""), self._mapping), source_of_api("")
        raise NoRecord(f"its scope {short_of(scope)!r} is no product, API or instance: fetch the list again")

    def _customer(self, key: str, owner: str) -> str:
        """What the mapping says, "" where it says nothing. Raises NoRecord."""
        found = self._by_subscription.get(key) or self._by_user.get(owner)
        if found:
            return found
        if not owner:
            return self._mapping.customer.without_owner or ""
        groups = self._service.user_groups.get(owner, ())
        several = sorted({self._by_group[group] for group in groups if group in self._by_group})
        if len(several) > 1:
            raise NoRecord(
                f"its owner is in groups of several customers ({', '.join(several)[:200]}): say which under customer.subscriptions"
            )
        return several[0] if several else ""
