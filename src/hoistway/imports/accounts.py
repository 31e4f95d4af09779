"""The rows of a person or a technical account that comes from another system, and whether its id and names are free."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from itertools import islice
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import astuple

from hoistway.accounts.technical import OF_APPLICATION
from hoistway.authn.argon2id import SALT_BYTES, TAG_BYTES, TODAYS, write_digest
from hoistway.imports.carrying import Item, Outcome
from hoistway.imports.placing import Place
from hoistway.protocol.ids import CustomerId, ServiceAccountId, UserId
from hoistway.protocol.person_words import words_of_person
from hoistway.store.carried_accounts import Kind, ToCarry
from hoistway.store.customers import Customer, keep_customer
from hoistway.store.db import Reader, Writer
from hoistway.store.filling import Taken, find_taken, find_there
from hoistway.store.imports import Import
from hoistway.store.memberships import Membership
from hoistway.store.service_accounts import ServiceAccount
from hoistway.store.sign_in_names import SignInName
from hoistway.store.unit_revisions import next_revision
from hoistway.store.users import User, user_row

TABLES: Final = (
    "users", "service_accounts", "person_words", "memberships", "membership_sites", "sign_in_names", "account_attributes",
    "former_identities", "carried_accounts",
)  # fmt: skip


MUST_CHANGE: Final = (
    "must change the password at the next sign-in there, so that the old system judges none: the account is taken, and a new password is "
    "set here (/reset, or for a technical account by its customer or an operator)"
)
_KINDS: Final[Mapping[str, Kind]] = {"user": "user", "service_account": "service_account"}


class Account(Struct, frozen=True):
    """`named` are what its owner types, by how names are compared, the user name first. `attributes` are JSON by their names.
    `digest` is None where the password is not known here; the old system then judges it, under `sent_name`, unless that is None or the person
    `must_change` it there first. `told` is what stays behind. The id `is_made` where the old system gave none: then whoever has the user
    name is the account."""

    kind: str
    id: str
    named: Mapping[str, str]
    name: str
    place: Place
    emails: tuple[str, ...] = ()
    locale: str | None = None
    enabled: bool = True
    created_at: int | None = None
    attributes: tuple[tuple[str, str], ...] = ()
    former: tuple[tuple[str, str], ...] = ()
    digest: str | None = None
    sent_name: str | None = None
    must_change: bool = False
    told: tuple[str, ...] = ()
    is_made: bool = False

    @property
    def username(self) -> str:
        return next(iter(self.named.values()))

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self.named)


def nobodys_digest(run: Import, account_id: str) -> str:
    """Of no password, and the same whenever this import writes it: nobody finds one of which argon2id makes it."""
    made = sha256(f"{run.id}\x00{account_id}".encode()).digest() + sha256(f"{account_id}\x00{run.id}".encode()).digest()
    return write_digest(TODAYS, made[:SALT_BYTES], made[-TAG_BYTES:])


class _Known:
    """Whose ids and names there are: in the database, and in this batch so far."""

    def __init__(self, found: Iterable[Taken]) -> None:
        self._ids: dict[str, tuple[str, str]] = {}
        self._names: dict[tuple[str, str], str] = {}
        self._former: dict[tuple[str, str], str] = {}
        for one in found:
            kind, _, what = one.what.partition(" ")
            if what == "id":
                self._ids[one.key] = (kind, one.owner_key)
            elif kind == "former":
                self._former[one.owner_key, one.key] = one.owner
            else:
                self._names[kind, one.key] = one.owner
                if what == "further":
                    self._names["further", one.key] = one.owner

    def is_there(self, account: Account) -> bool:
        """Under one of these names."""
        if account.is_made and (account.kind, account.keys[0]) in self._names:
            return True
        kind, key = self._ids.get(account.id, ("", ""))
        owned = any(self._names.get((kind, one)) == account.id for one in account.keys)
        return kind == account.kind and (key in account.keys or owned)

    def clash(self, account: Account) -> str:
        """Why it can't be taken; "" where nothing stands in the way."""
        if account.id in self._ids:
            return f"the id {account.id} is that of another account or application: correct one of the two"
        for place, (key, name) in enumerate(account.named.items()):
            # A further name is one account's alone, whatever its kind.
            owner = self._names.get((account.kind, key)) or (self._names.get(("further", key)) if place else None)
            if owner is not None:
                return (
                    f"{name} is a name of the account {owner} (capitals and accents written apart make no difference): "
                    "rename one of the two at the old system, and import it again"
                )
        taken = next((one for one in account.former if one in self._former), None)
        return (
            ""
            if taken is None
            else f"{taken[1]} at {taken[0]} is the account {self._former[taken]}: leave one of the two out"
        )

    def take(self, account: Account) -> None:
        self._ids[account.id] = (account.kind, account.keys[0])
        for place, key in enumerate(account.keys):
            self._names[account.kind, key] = account.id
            if place:
                self._names["further", key] = account.id
        for one in account.former:
            self._former[one] = account.id


async def judge_accounts(
    db: Reader, items: Sequence[Item], run: Import, outcome: Outcome, tenant_id: str | None
) -> None:
    """Who is there already stays as they are. The items' values are accounts."""
    accounts: list[Account] = [item.value for item in items]
    ids, keys = {one.id for one in accounts}, {key for one in accounts for key in one.keys}
    subjects = {subject for one in accounts for _, subject in one.former}
    found = await find_taken(db, ids, keys, subjects)
    known = _Known(found)

    async def holds(tx: Reader) -> bool:
        return set(await find_taken(tx, ids, keys, subjects)) == set(found)

    outcome.holds.append(holds)
    for item, account in zip(items, accounts, strict=True):
        if known.is_there(account):
            outcome.count("there_already")
        elif because := known.clash(account) or _unfit(account):
            outcome.refuse(item, because)
        else:
            known.take(account)
            _add(outcome, account, run, tenant_id)
            _tell(outcome, item, account, tenant_id)
    _make_ready(outcome, run)


def _unfit(account: Account) -> str:
    if account.kind == "user":
        return ""
    if account.keys[0].startswith(OF_APPLICATION):
        return f"user names that begin with {OF_APPLICATION} belong to accounts of applications: rename it at the old system"
    return "" if account.place.customer_id else "is a technical account and names no customer: give it the attribute"


def _add(outcome: Outcome, account: Account, run: Import, tenant_id: str | None) -> None:
    digest = account.digest or nobodys_digest(run, account.id)
    ended = None if account.enabled else run.begun_at
    outcome.accounts.add(account.id)
    (_add_person if account.kind == "user" else _add_technical)(outcome, account, run, digest, ended)
    if account.place.makes and account.place.customer_id is not None:
        outcome.makes[account.place.customer_id] = account.place.makes
    for key, name in islice(account.named.items(), 1, None):
        outcome.add("sign_in_names", astuple(SignInName(key, account.kind, account.id, name)))
    if tenant_id is not None:
        for name, value in account.attributes:
            outcome.add("account_attributes", (account.id, account.kind, tenant_id, name, value))
        if account.digest is None and account.sent_name is not None and not account.must_change:
            outcome.count("to_carry")
            row = ToCarry(_KINDS[account.kind], account.id, tenant_id, account.sent_name)
            outcome.add("carried_accounts", astuple(row))


def _tell(outcome: Outcome, item: Item, account: Account, tenant_id: str | None) -> None:
    for words in account.told:
        outcome.tell(item, words)
    if tenant_id is not None and account.digest is None and account.sent_name is not None and account.must_change:
        outcome.tell(item, MUST_CHANGE)


def _add_person(outcome: Outcome, account: Account, run: Import, digest: str, ended: int | None) -> None:
    user_id, place = UserId(account.id), account.place
    user = User(
        user_id, account.username, account.name, account.emails, (), account.locale, digest, place.customer_id,
        account.created_at or run.begun_at, run.begun_at, ended, ended,
    )  # fmt: skip
    outcome.count("people")
    outcome.add("users", tuple(user_row(user).values()))
    words = words_of_person(user.username, user.name, user.emails)
    outcome.rows.setdefault("person_words", []).extend((user_id, word) for word in sorted(words))
    for issuer, subject in account.former:
        outcome.add("former_identities", (issuer, subject, user_id))
    if place.customer_id is not None:
        reach = "some" if place.sites else "all"
        outcome.count("places")
        row = Membership(user_id, place.customer_id, place.role, reach, run.begun_at)
        outcome.add("memberships", (*astuple(row), account.name))
        for site in place.sites:
            outcome.add("membership_sites", (user_id, place.customer_id, site))


def _add_technical(outcome: Outcome, account: Account, run: Import, digest: str, ended: int | None) -> None:
    customer_id = CustomerId(account.place.customer_id or "")
    row = ServiceAccount(
        ServiceAccountId(account.id), account.username, account.keys[0], account.name, customer_id, digest,
        account.created_at or run.begun_at, run.begun_at, ended, None, ended,
    )  # fmt: skip
    outcome.count("technical_accounts")
    outcome.add("service_accounts", astuple(row))


def _make_ready(outcome: Outcome, run: Import) -> None:
    """What a batch's accounts need: the customers that are made, and a revision of units where places are added."""
    made = [Customer(one, name, run.begun_at) for one, name in sorted(outcome.makes.items())]
    if made:
        outcome.first.append(lambda tx: make_customers(tx, made))
    if outcome.rows.get("memberships"):
        outcome.first.append(_next)


async def make_customers(tx: Writer, customers: Sequence[Customer]) -> None:
    there = await find_there(tx, "customers", {customer.id for customer in customers})
    for customer in customers:
        if customer.id not in there:
            await keep_customer(tx, customer)


async def _next(tx: Writer) -> None:
    await next_revision(tx)


def as_json(attributes: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((name, msgspec.json.encode(value).decode()) for name, value in sorted(attributes.items()))
