"""Moves in what an API Management instance had: its products, APIs, users, groups and subscriptions with their keys (docs/migrate/apim.md)."""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from hoistway.imports.accounts import make_customers
from hoistway.imports.apim_apis import ApiJudging, ImportedApi, NoProduct
from hoistway.imports.apim_ids import ImportedProduct
from hoistway.imports.apim_limits import WHOLE, Policies
from hoistway.imports.apim_looking import Reading, is_streamed_part, look
from hoistway.imports.apim_mapping import ApimMapping
from hoistway.imports.apim_products import KIND, Selling
from hoistway.imports.apim_records import (
    NoRecord,
    Parts,
    SubscriptionSaid,
    UserSaid,
    id_text,
    key_of,
    parts_of,
    read_arm,
    said_of,
)
from hoistway.imports.apim_service import Named, TooMuch, check_names, oid_of
from hoistway.imports.apim_subscribing import TABLES, Judging
from hoistway.imports.apim_subscriptions import ImportedSubscription
from hoistway.imports.apim_subscriptions import Reading as SubscriptionReading
from hoistway.imports.b2c import Changed
from hoistway.imports.b2c_looking import Looked
from hoistway.imports.carrying import Item, Outcome
from hoistway.imports.policy_text import BadPolicy
from hoistway.imports.records import Facts, Record, records_of
from hoistway.imports.sources import Source
from hoistway.store.apis import list_apis
from hoistway.store.customers import Customer
from hoistway.store.db import Database, Reader
from hoistway.store.filling import find_there
from hoistway.store.imports import Import
from hoistway.store.moving_subscriptions import find_places

ADMINISTRATOR: Final = "1"
"""The user that every instance has, and nobody signs in as."""
_BUILT_IN: Final = frozenset(("administrators", "developers", "guests"))


class ImportedUser(NamedTuple):
    oid: str


class ImportedGroup(NamedTuple):
    """`customer` is "" where the mapping does not know it."""

    customer: str


class ImportedPolicy(NamedTuple):
    named: Named


class Apim:
    kind: Final = KIND
    tables: Final = TABLES

    def __init__(self, sources: Sequence[Source], mapping: ApimMapping) -> None:
        self._sources, self._mapping = sources, mapping
        self._reading = Reading()
        self._service = service = self._reading.service
        service.left_out = frozenset(map(key_of, mapping.subscriptions.leave_out))
        self._policies = Policies(service)
        self._apis = ApiJudging(service, self._policies)
        self._selling = Selling(service, self._policies, mapping)
        self._subscriptions = SubscriptionReading(service, mapping)
        self._judging = Judging(mapping, self._selling.taken)
        self._kept: list[Item] = []

    def look(self, told: Callable[[int], None]) -> Looked:
        """The first pass."""
        looked = look(self._sources, self._reading, told)
        try:
            self._policies.read_fragments()
        except TooMuch as error:
            looked.faults.append(str(error))
        self._kept = [*self._service.refused, *self._whole(), *self._apis.items(self._mapping)]
        self._kept += [*self._selling.items(), *self._groups()]
        return looked

    def _whole(self) -> list[Item]:
        one = self._service.policies.get(WHOLE)
        return [] if one is None else [Item(one.file, one.line, one.id, ImportedPolicy(one))]

    def _groups(self) -> list[Item]:
        said = {key_of(name): customer for name, customer in self._mapping.customer.groups.items()}
        return [
            Item(one.file, one.line, one.id, ImportedGroup(said.get(key, "")))
            for key, one in self._service.groups.items()
            if key not in _BUILT_IN and one.said.built_in is not True
        ]

    async def unplaced(self, db: Database) -> list[str]:
        """What the mapping can't place, to be listed before anything is written."""
        await self._selling.look_up(db)
        service, said = self._service, self._mapping
        found = [
            f"the API {item.value.named.name}: say under apis.values which API here it is"
            for item in self._kept
            if isinstance(item.value, ImportedApi) and item.value.here is None and not item.value.is_left_out
        ]
        named: dict[str, tuple[Iterable[str], Container[str]]] = {
            "apis.values": (said.apis.values, service.apis), "apis.leave_out": (said.apis.leave_out, service.apis),
            "products.ids": (said.products.ids, self._selling.names), "products.leave_out": (said.products.leave_out, self._selling.names),
            "customer.groups": (said.customer.groups, service.groups), "customer.users": (said.customer.users, service.users),
        }  # fmt: skip
        for where, (names, known) in named.items():
            found += [f"{where}: there is no {one} among the files" for one in names if key_of(one) not in known]
        return found + await self._missing(db)

    async def _missing(self, db: Reader) -> list[str]:
        """What the mapping names of what is here."""
        said = self._mapping.customer
        wanted = {
            *said.subscriptions.values(),
            *said.users.values(),
            *said.groups.values(),
            said.without_owner or "",
        } - {""}
        known = wanted if self._mapping.make_customers else await find_there(db, "customers", wanted)
        apis = {*self._mapping.apis.values.values(), self._mapping.apis.all or ""} - {""}
        here = {api.id for api in await list_apis(db)}
        return [
            *(
                f"customer: there is no customer {one} here: add it, or set make_customers"
                for one in sorted(wanted - known)
            ),
            *(f"apis: there is no API {one} here" for one in sorted(apis - here)),
        ]

    async def cautions(self, _db: Reader) -> list[str]:
        return []

    @property
    def total(self) -> int:
        return len(self._kept) + self._service.people + self._service.subscriptions

    def items(self) -> Iterator[Item]:
        """Raises BadFile, Changed."""
        yield from self._kept
        for kind in ("users", "subscriptions"):
            seen: set[int] = set()
            for source in self._reading.streamed.get(kind, ()):
                yield from self._streamed(source, kind, seen)

    def _streamed(self, source: Source, kind: str, seen: set[int]) -> Iterator[Item]:
        for record in records_of(source, Facts()):
            item = self._one(source, record, kind, seen)
            if item is not None:
                yield item
        if not source.is_unchanged():
            raise Changed(source)

    def _one(self, source: Source, record: Record, kind: str, seen: set[int]) -> Item | None:
        """None for another kind, and for what the first pass told."""
        parts: Parts = ()
        try:
            if record.because:
                return None
            arm = read_arm(record.raw)
            if arm.primary_key or arm.secondary_key:
                return None
            parts = parts_of(source.name, arm)
        except NoRecord:
            return None
        if not is_streamed_part(parts) or parts[0] != kind:
            return None
        try:
            check_names(parts)
            if (key := hash(key_of(parts[1]))) in seen:
                raise NoRecord(
                    "is in the files twice (capitals and accents written apart make no difference): the first one counts"
                )
            seen.add(key)
            value = self._value(parts, kind, arm)
        except NoRecord as error:
            return Item(source.name, record.line, id_text(parts), because=str(error))
        return Item(source.name, record.line, id_text(parts), value)

    def _value(self, parts: Parts, kind: str, arm: Any) -> Any:
        if kind == "subscriptions":
            return self._subscriptions.of(parts, said_of(arm, SubscriptionSaid))
        return ImportedUser("" if parts[1] == ADMINISTRATOR else _joined(said_of(arm, UserSaid)))

    def judges_before(self, items: Sequence[Item]) -> bool:
        """Products, keys and the count of each customer's subscriptions are judged where nobody else writes them."""
        return not items

    async def judge(self, db: Reader, items: Sequence[Item], run: Import, outcome: Outcome) -> None:
        for item in items:
            await self._judge_kept(db, item, run, outcome)
        await _judge_users(db, [item for item in items if isinstance(item.value, ImportedUser)], outcome)
        subscriptions = [item for item in items if isinstance(item.value, ImportedSubscription)]
        await self._judging.judge(db, subscriptions, run, outcome)
        made = [Customer(one, name, run.begun_at) for one, name in sorted(outcome.makes.items())]
        if made:
            outcome.first.append(lambda tx: make_customers(tx, made))
            outcome.count("customers", len(made))

    async def _judge_kept(self, db: Reader, item: Item, run: Import, outcome: Outcome) -> None:
        try:
            match item.value:
                case ImportedApi():
                    await self._apis.judge(db, item, outcome)
                case ImportedProduct():
                    await self._selling.judge(db, item, run, outcome)
                case ImportedPolicy():
                    for words in self._policies.told(WHOLE):
                        outcome.tell(item, words)
                case ImportedGroup(customer) if customer:
                    outcome.count("groups")
                case ImportedGroup():
                    raise NoProduct(
                        "groups are customers here: say which one it is under customer.groups, or leave it behind"
                    )
        except (NoProduct, BadPolicy) as error:
            outcome.refuse(item, str(error))


def _joined(said: UserSaid) -> str:
    """The oid. Raises NoRecord."""
    oid = oid_of(said)
    if not oid:
        known = sorted({one.provider or "?" for one in said.identities or ()})
        raise NoRecord(
            f"has no identity of AadB2C ({', '.join(known)[:100] or 'none at all'}), so nobody knows who that is here: invite the person to "
            "their customer; whose the subscriptions are, customer.users can say"
        )
    return oid


async def _judge_users(db: Reader, items: Sequence[Item], outcome: Outcome) -> None:
    if not items:
        return
    known = await find_places(db, {item.value.oid for item in items})
    for item in items:
        oid = item.value.oid
        if not oid:
            outcome.count("built_in")
        elif oid in known:
            outcome.count("users")
        else:
            outcome.refuse(item, f"its person {oid} is nobody here: import the people first (hoistway import b2c)")
