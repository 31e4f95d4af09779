"""Writes subscriptions of API Management with their keys: to whom each belongs, and what of a batch is here already."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from hashlib import sha256
from typing import Final

from msgspec import Struct
from msgspec.structs import astuple

from hoistway.imports.apim_mapping import ApimMapping
from hoistway.imports.apim_records import Parts
from hoistway.imports.apim_subscriptions import ImportedSubscription
from hoistway.imports.carrying import Item, Outcome
from hoistway.imports.seen import short_of
from hoistway.products.subscribing import MOST_SUBSCRIPTIONS
from hoistway.protocol.ids import CustomerId, ProductId, SubscriptionId
from hoistway.protocol.sandbox import SANDBOX
from hoistway.store.db import Reader
from hoistway.store.filling import find_there
from hoistway.store.imports import Import
from hoistway.store.moving_subscriptions import count_living, find_digests, find_places, find_subscribed
from hoistway.store.subscription_keys import SLOTS, SubscriptionKey
from hoistway.store.subscriptions import COUNTED, Subscription
from hoistway.things.making import Misfit, check_id

TABLES: Final = ("subscriptions", "subscription_keys")
BY: Final = "import"
Taken = Callable[[Reader], Awaitable[Callable[[Parts], bool]]]


class Judging:
    """`taken` asks which products, by what subscriptions are on, are sold here.
    `_at_most` is how many subscriptions customers have at the most: those of a batch
    that is judged again count twice, so who seems to have too many is counted anew."""

    def __init__(self, mapping: ApimMapping, taken: Taken) -> None:
        self._mapping, self._taken = mapping, taken
        self._at_most: dict[CustomerId, int] = {}

    async def judge(self, db: Reader, items: Sequence[Item], run: Import, outcome: Outcome) -> None:
        if not items:
            return
        batch = _Batch()
        every: list[ImportedSubscription] = [item.value for item in items]
        batch.there = await find_subscribed(db, {one.id for one in every})
        batch.places = await find_places(db, {one.oid for one in every if one.oid})
        batch.taken = await find_digests(db, [key.digest for one in every for key in one.keys or ()])
        batch.is_taken = await self._taken(db)
        placed = [(item, self._place(item.value, batch)) for item in items]
        wanted = {customer for _, customer in placed if isinstance(customer, str)}
        batch.customers = await find_there(db, "customers", wanted)
        await self._count(db, placed, run, batch)
        for item, customer in placed:
            because = (
                customer.because if isinstance(customer, _Nowhere) else self._take(item, customer, run, outcome, batch)
            )
            if because:
                outcome.refuse(item, because)

    async def _count(
        self, db: Reader, placed: Sequence[tuple[Item, "str | _Nowhere"]], run: Import, batch: "_Batch"
    ) -> None:
        adds = Counter(CustomerId(customer) for _, customer in placed if isinstance(customer, str))
        unsure = [
            one
            for one, number in adds.items()
            if self._at_most.get(one, MOST_SUBSCRIPTIONS) + number > MOST_SUBSCRIPTIONS
        ]
        if unsure:
            found = await count_living(db, unsure, run.begun_at)
            self._at_most |= {one: found.get(one, 0) for one in unsure}
        batch.living = {one: self._at_most[one] for one in adds}
        for one, number in adds.items():
            self._at_most[one] += number

    def _place(self, one: ImportedSubscription, batch: "_Batch") -> "str | _Nowhere":
        """The id of the customer."""
        if one.customer:
            return one.customer
        if not one.owner:
            return _Nowhere(
                "nobody owns it: say whose it is under customer.subscriptions, or of all such ones under customer.without_owner"
            )
        if not one.oid:
            return _Nowhere(
                f"its owner {short_of(one.owner)} has no identity of AadB2C, so nobody knows who it is: say whose it is under customer.users"
            )
        places = batch.places.get(one.oid)
        if places is None:
            return _Nowhere(
                f"its owner {one.oid} is nobody here: import the people first, or say whose it is under customer.users"
            )
        if len(places) != 1:
            many = "no place at a customer" if not places else "places at several customers"
            return _Nowhere(f"its owner {one.oid} has {many}: say whose it is under customer.users")
        return places[0]

    def _take(self, item: Item, customer: str, run: Import, outcome: Outcome, batch: "_Batch") -> str:
        """Why it is not taken, "" where it is."""
        one: ImportedSubscription = item.value
        if one.id in batch.there:
            return self._again(item, run, outcome, batch)
        if not batch.is_taken(one.source):
            return f"its product {short_of('/'.join(one.source))} was not taken: what is said of the product says why"
        because = self._check_customer(customer, outcome, batch) or batch.clash(one)
        if because:
            return because
        customer_id = CustomerId(customer)
        counts = one.state in COUNTED and (one.ends_at is None or one.ends_at > run.begun_at)
        batch.living[customer_id] = batch.living.get(customer_id, 0) + counts
        if counts and batch.living[customer_id] > MOST_SUBSCRIPTIONS:
            batch.living[customer_id] -= 1
            return f"the customer {customer} has {MOST_SUBSCRIPTIONS} subscriptions already: cancel some, or say that it is another's"
        batch.there[one.id] = True
        outcome.count("subscriptions")
        outcome.add("subscriptions", astuple(_row(one, customer_id, run, batch)))
        self._add_keys(item, run, outcome, batch)
        return ""

    def _again(self, item: Item, run: Import, outcome: Outcome, batch: "_Batch") -> str:
        """It stays as it is; one without keys gets its pair."""
        one: ImportedSubscription = item.value
        if batch.there[one.id] or not one.keys:
            outcome.count("there_already")
            return ""
        because = batch.clash(one)
        if not because:
            batch.there[one.id] = True
            self._add_keys(item, run, outcome, batch)
        return because

    def _check_customer(self, customer: str, outcome: Outcome, batch: "_Batch") -> str:
        if customer in batch.customers or customer in outcome.makes:
            return ""
        if customer == SANDBOX:
            return "the simulated customer has no subscriptions: name another in the mapping"
        if not self._mapping.make_customers:
            return f"there is no customer {customer}: correct the mapping, add the customer, or set make_customers"
        try:
            check_id(customer)
        except Misfit:
            return f"{customer!r} can't be the id of a customer: correct the mapping"
        outcome.makes[CustomerId(customer)] = customer
        return ""

    def _add_keys(self, item: Item, run: Import, outcome: Outcome, batch: "_Batch") -> None:
        one: ImportedSubscription = item.value
        for row in _keys(one, run):
            batch.taken.add(row.key_digest)
            outcome.count("keys")
            outcome.add("subscription_keys", astuple(row))
        if any(key.is_short for key in one.keys or ()):
            outcome.tell(item, "a key of it is short enough to be guessed: replace it when its program can be changed")


class _Nowhere(Struct, frozen=True):
    because: str


class _Batch(Struct):
    """What the database says of a batch, and what the batch adds."""

    there: dict[str, bool] = {}
    places: dict[str, list[CustomerId]] = {}
    taken: set[bytes] = set()
    is_taken: Callable[[Parts], bool] = lambda _: False
    customers: frozenset[str] = frozenset()
    living: dict[CustomerId, int] = {}

    def clash(self, one: ImportedSubscription) -> str:
        if any(key.digest in self.taken for key in one.keys or ()):
            return "a key of it is another subscription's as well: regenerate one of the two at the old system, and fetch the pair again"
        return ""


def _row(one: ImportedSubscription, customer_id: CustomerId, run: Import, batch: _Batch) -> Subscription:
    created_at = one.created_at or run.begun_at
    decided = one.state != "submitted"
    by = one.oid if one.oid in batch.places else BY
    started_at = (one.started_at or created_at) if decided and one.state != "rejected" else None
    return Subscription(
        SubscriptionId(one.id), customer_id, None, ProductId(one.product), None, one.title, one.state, "", by,
        BY if decided else None, created_at, run.begun_at, created_at if decided else None, started_at, one.ends_at,
    )  # fmt: skip


def _keys(one: ImportedSubscription, run: Import) -> Iterator[SubscriptionKey]:
    for slot, key in zip(SLOTS, one.keys or (), strict=False):
        made = sha256(f"{one.id} {slot}".encode()).hexdigest()
        key_id = f"{made[:8]}-{made[8:12]}-8{made[12:15]}-8{made[15:18]}-{made[18:30]}"
        yield SubscriptionKey(key_id, SubscriptionId(one.id), slot, key.digest, key.prefix, run.begun_at)
