"""Writes imported people and technical accounts, in one transaction: whom it finds stays as they are, missing places are added."""

import uuid
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import asdict

from hoistway.accounts.places import give_place
from hoistway.accounts.technical import OfApplication, add_named_account
from hoistway.authn.passwords import random_digest
from hoistway.commands.context import note
from hoistway.commands.people.rows import Place, Row
from hoistway.protocol.ids import CustomerId, ServiceAccountId, SiteId, UserId
from hoistway.protocol.text import username_key
from hoistway.store.customers import lock_customer
from hoistway.store.db import Writer
from hoistway.store.memberships import Membership, lock_membership
from hoistway.store.service_accounts import (
    ServiceAccount,
    find_service_account,
    find_service_account_by_name,
)
from hoistway.store.sites import find_site
from hoistway.store.users import User, add_user, find_user, find_user_by_name, lock_user

Wrong = list[tuple[int, str]]


class Counts(Struct):
    """`added` with their password, as far as the file has `digests`; `places` are memberships that are new."""

    lines: int = 0
    added: int = 0
    with_password: int = 0
    there_already: int = 0
    places: int = 0


async def missing_things(tx: Writer, rows: Sequence[Row]) -> Wrong:
    """Locks the customers that are named, in the order of their ids; says which of them and of the sites do not exist."""
    named = sorted({place.customer_id for row in rows for place in row.places})
    customers = {one for one in named if await lock_customer(tx, CustomerId(one)) is None}
    sites = {one for one in _sites_of(rows) if await find_site(tx, SiteId(one)) is None}
    wrong = [
        (row.line, f"there is no customer {one.customer_id}")
        for row, one in _places_of(rows)
        if one.customer_id in customers
    ]
    wrong += [
        (row.line, f"there is no site {site}") for row, one in _places_of(rows) for site in one.sites if site in sites
    ]
    return sorted(wrong)


def _places_of(rows: Sequence[Row]) -> Iterable[tuple[Row, Place]]:
    return ((row, place) for row in rows for place in row.places)


def _sites_of(rows: Sequence[Row]) -> list[str]:
    return sorted({site for _, place in _places_of(rows) for site in place.sites})


async def write_people(tx: Writer, rows: Sequence[Row], digests: Mapping[int, str], now: int, counts: Counts) -> Wrong:
    """`digests` are in the form that is stored, by line. Whatever is returned must undo the transaction."""
    wrong = await missing_things(tx, rows)
    for row in rows if not wrong else ():
        found = await find_user_by_name(tx, row.username)
        if found is None and row.id is not None and (other := await find_user(tx, UserId(row.id))) is not None:
            wrong.append((row.line, f"the id {row.id} is that of {other.username}"))
            continue
        if found is not None and row.id not in {None, found.id}:
            wrong.append((row.line, f"{row.username} is there with another id, {found.id}"))
            continue
        user_id = found.id if found is not None else await _add_person(tx, row, digests, now, counts)
        counts.there_already += found is not None
        await _add_places(tx, user_id, row.places, now, counts)
    await note(tx, "users.imported", **asdict(counts))
    return wrong


async def _add_person(tx: Writer, row: Row, digests: Mapping[int, str], now: int, counts: Counts) -> UserId:
    user_id, home = UserId(row.id or str(uuid.uuid4())), row.places[0].customer_id if row.places else None
    ended = now if row.disabled else None
    person = User(
        user_id, row.username, row.name, row.emails, (), row.locale, digests.get(row.line) or random_digest(),
        None if home is None else CustomerId(home), now, now, ended, ended,
    )  # fmt: skip
    await add_user(tx, person)
    places = {place.customer_id for place in row.places}
    only = {"customer": home} if len(places) == 1 else {}
    await note(tx, "user.added", id=user_id, imported=True, **only)
    counts.added += 1
    counts.with_password += row.line in digests
    return user_id


async def _add_places(tx: Writer, user_id: UserId, places: Sequence[Place], now: int, counts: Counts) -> None:
    # The person before their places, as everywhere.
    await lock_user(tx, user_id)
    for place in places:
        customer_id = CustomerId(place.customer_id)
        if await lock_membership(tx, user_id, customer_id) is not None:
            continue
        membership = Membership(user_id, customer_id, place.role, "some" if place.sites else "all", now)
        await give_place(tx, membership, [SiteId(one) for one in place.sites], now=now)
        await note(tx, "membership.changed", user=user_id, customer=customer_id, imported=True)
        counts.places += 1


async def write_accounts(
    tx: Writer, rows: Sequence[Row], digests: Mapping[int, str], now: int, counts: Counts
) -> Wrong:
    """Like `write_people`; each belongs to one customer."""
    wrong = await missing_things(tx, rows)
    for row in rows if not wrong else ():
        customer_id = CustomerId(row.places[0].customer_id)
        found = await find_service_account_by_name(tx, row.username)
        if found is None and row.id is not None:
            other = await find_service_account(tx, ServiceAccountId(row.id))
            if other is not None:
                wrong.append((row.line, f"the id {row.id} is that of {other.username}"))
                continue
        if found is not None and (row.id not in {None, found.id} or found.customer_id != customer_id):
            wrong.append(
                (row.line, f"{row.username} is there with another id or customer: {found.id} of {found.customer_id}")
            )
            continue
        if found is not None:
            counts.there_already += 1
            continue
        try:
            await _add_account(tx, row, customer_id, digests.get(row.line), now)
        except OfApplication as error:
            wrong.append((row.line, str(error)))
            continue
        counts.added += 1
        counts.with_password += row.line in digests
    await note(tx, "service_accounts.imported", **asdict(counts))
    return wrong


async def _add_account(tx: Writer, row: Row, customer_id: CustomerId, digest: str | None, now: int) -> None:
    ended = now if row.disabled else None
    account = ServiceAccount(
        ServiceAccountId(row.id or str(uuid.uuid4())), row.username, username_key(row.username), row.name, customer_id,
        digest or random_digest(), now, now, ended, None, ended,
    )  # fmt: skip
    await add_named_account(tx, account)
    await note(tx, "service_account.added", id=account.id, imported=True)
