"""What a customer's directory may do to people: give them a place in this customer, change it, and end it (docs/adr/0033-scim.md).

Everything runs in one transaction under the customer's lock. What is answered never depends on whether somebody has an account.
"""

import uuid

from msgspec import Struct
from msgspec.structs import replace

from hoistway.accounts.places import end_place, give_place
from hoistway.accounts.proved import is_proved
from hoistway.authn.passwords import random_digest
from hoistway.engine import Engine
from hoistway.protocol.ids import CustomerId, FamilyId, UserId
from hoistway.protocol.scim_user import SaidPerson, shown_of
from hoistway.protocol.text import username_key
from hoistway.store.db import Writer
from hoistway.store.members import limits_of
from hoistway.store.memberships import Membership, find_membership, lock_membership, memberships_of
from hoistway.store.profiles import change_profile, rename_user
from hoistway.store.scim_people import MOST, Pushed, add_pushed, change_pushed, count_pushed, lock_pushed, pushed_named
from hoistway.store.scim_people import remove_pushed as remove_row
from hoistway.store.scim_search import find_listed_named
from hoistway.store.sessions import end_sessions_in, end_sessions_of, lock_sessions_of
from hoistway.store.users import User, add_user, find_user, find_user_by_name, lock_user
from hoistway.tokens.keyring import LONGEST_TOKEN

MOST_ADDRESSES = 10


class NameTaken(Exception):
    """The customer has a person of this user name already; nothing was changed."""


class TooMany(Exception):
    """The customer's directory pushed as many people or groups as it may; nothing was changed."""


class Directory(Struct):
    """One change by a customer's directory. `forget` makes this process refuse access tokens of what `ended` after the commit."""

    engine: Engine
    tx: Writer
    customer_id: CustomerId
    actor: str
    correlation_id: str
    ended: list[FamilyId]

    async def record(self, event: str, **facts: object) -> None:
        await self.engine.record(
            self.tx, event, actor=self.actor, customer_id=self.customer_id, correlation_id=self.correlation_id, **facts
        )

    def forget(self) -> None:
        for family_id in self.ended:
            self.engine.revoked.add(family_id, self.engine.now() + LONGEST_TOKEN)


async def push_person(directory: Directory, said: SaidPerson) -> Pushed:
    """Raises NameTaken, TooMany."""
    tx, customer_id, now = directory.tx, directory.customer_id, directory.engine.now()
    if await find_listed_named(tx, customer_id, said.user_name) is not None:
        raise NameTaken
    if await count_pushed(tx, customer_id) >= MOST:
        raise TooMany
    row = _with(
        Pushed(str(uuid.uuid4()), customer_id, None, "", None, "", {}, True, "member", "all", "waiting", now, now), said
    )
    await add_pushed(tx, row)
    await directory.record("scim.person_added", id=row.id)
    return await _settle(directory, row, row)


async def change_person(directory: Directory, before: Pushed, said: SaidPerson) -> Pushed:
    """Raises NameTaken, OnlyAdministrator."""
    after = _with(before, said)
    if username_key(after.user_name) != username_key(before.user_name):
        taken = await find_listed_named(directory.tx, directory.customer_id, after.user_name)
        if taken is not None and taken.id != before.id:
            raise NameTaken
    if after != before:
        await directory.record("scim.person_changed", id=before.id, active=after.active)
    return await _settle(directory, before, after)


async def set_role(directory: Directory, before: Pushed, role: str) -> Pushed:
    """Raises OnlyAdministrator."""
    return await _settle(directory, before, replace(before, role=role))


async def remove_person(directory: Directory, row: Pushed) -> None:
    """The account stays. Raises OnlyAdministrator."""
    if row.user_id is not None:
        await _end(directory, row.user_id)
    await remove_row(directory.tx, directory.customer_id, row.id)
    await directory.record("scim.person_removed", id=row.id)


async def lock_person(directory: Directory, id: str) -> Pushed | None:
    """The row, made where the person is a member whom the directory did not push. None for people of other customers."""
    tx, customer_id = directory.tx, directory.customer_id
    row = await lock_pushed(tx, customer_id, id)
    if row is not None:
        place = None if row.user_id is None else await find_membership(tx, row.user_id, customer_id)
        return row if place is None else replace(row, role=place.role, reach=place.reach)
    place = await find_membership(tx, UserId(id), customer_id)
    user = None if place is None else await find_user(tx, UserId(id))
    if place is None or user is None or await pushed_named(tx, customer_id, user.username) is not None:
        return None
    row = Pushed(
        id, customer_id, user.id, user.username, None, user.name, shown_of(user.name, user.username), True, place.role,
        place.reach, "found", place.created_at, directory.engine.now(),
    )  # fmt: skip
    await add_pushed(tx, row)
    return row


def _with(row: Pushed, said: SaidPerson) -> Pushed:
    return replace(
        row, user_name=said.user_name, external_id=said.external_id, display_name=said.display_name, details=said.details,
        active=said.active,
    )  # fmt: skip


async def _settle(directory: Directory, before: Pushed, after: Pushed) -> Pushed:
    """Gives, changes or ends the place as the row says, and keeps the row."""
    tx, now = directory.tx, directory.engine.now()
    if after.active:
        after = await _given(directory, after)
    elif after.user_id is not None:
        # The person first, as everywhere, who may be renamed below.
        await lock_user(tx, after.user_id)
        place = await lock_membership(tx, after.user_id, directory.customer_id)
        if place is not None:
            await _end(directory, place.user_id)
            after = replace(after, role=place.role if after.role == before.role else after.role, reach=place.reach)
    if after.user_id is not None:
        await _tell_account(directory, after)
    if after != before:
        after = replace(after, changed_at=now)
        await change_pushed(tx, after)
    return after


async def _given(directory: Directory, row: Pushed) -> Pushed:
    tx, customer_id = directory.tx, directory.customer_id
    if row.user_id is None:
        row = await _find_account(directory, row)
    if row.user_id is None:
        return row
    user = await lock_user(tx, row.user_id)
    place = await lock_membership(tx, row.user_id, customer_id)
    if place is None and (user is None or not await _is_ours(directory, user)):
        # Whoever left is asked again, as somebody whom nobody knows: others may rely on the account by now.
        return replace(row, user_id=None, how="waiting")
    if place is None:
        await _place(directory, Membership(row.user_id, customer_id, row.role, row.reach, directory.engine.now()))
    elif place.role != row.role:
        await _place(directory, replace(place, role=row.role))
    return row


async def _place(directory: Directory, place: Membership) -> None:
    sites, units = await limits_of(directory.tx, place.customer_id, place.user_id)
    await give_place(directory.tx, place, sites, units, now=directory.engine.now())
    await directory.record("membership.changed", user=place.user_id, role=place.role, reach=place.reach)


async def _is_ours(directory: Directory, user: User) -> bool:
    """An account of this customer alone. Of others and of the operator's staff nobody is given a place unasked: whoever
    has one in the customer may be signed in by the customer's provider, and would be everywhere else, too."""
    places = {place.customer_id for place in await memberships_of(directory.tx, user.id)}
    return not user.flags and user.home_customer_id == directory.customer_id and places <= {directory.customer_id}


async def _find_account(directory: Directory, row: Pushed) -> Pushed:
    """With the account, found or made; without, where the customer must not speak for the address."""
    tx = directory.tx
    if not await is_proved(tx, directory.customer_id, row.user_name):
        return row
    found = await find_user_by_name(tx, row.user_name)
    if found is None:
        return replace(row, user_id=await _make(directory, row), how="made")
    user = await lock_user(tx, found.id)
    if user is None or user.flags:
        return row
    place = await lock_membership(tx, user.id, directory.customer_id)
    if place is None and not await _is_ours(directory, user):
        return row
    role = row.role if place is None else place.role
    return replace(row, user_id=user.id, how="found", role=role)


async def _addresses(directory: Directory, row: Pushed) -> tuple[str, ...]:
    """Only those of proved domains: mails with links go to them."""
    said = (row.user_name, *(str(one["value"]) for one in row.details.get("emails", ())))
    kept = [one for one in dict.fromkeys(said) if await is_proved(directory.tx, directory.customer_id, one)]
    return tuple(kept[:MOST_ADDRESSES])


async def _make(directory: Directory, row: Pushed) -> UserId:
    """With a password that nobody knows."""
    now, user_id = directory.engine.now(), UserId(str(uuid.uuid4()))
    emails = await _addresses(directory, row)
    user = User(
        user_id, row.user_name, row.display_name, emails, (), None, random_digest(), directory.customer_id, now, now
    )
    await add_user(directory.tx, user)
    await directory.record("user.added", id=user_id)
    return user_id


async def _tell_account(directory: Directory, row: Pushed) -> None:
    """Name and addresses of an account that was made for the directory, as long as nobody else relies on it."""
    tx = directory.tx
    user = None if row.how != "made" or row.user_id is None else await lock_user(tx, row.user_id)
    if user is None or not await _is_ours(directory, user):
        return
    if changed := user.name != row.display_name:
        await change_profile(tx, user.id, name=row.display_name, locale=user.locale)
    owner = await find_user_by_name(tx, row.user_name)
    if (owner is None or owner.id == user.id) and await is_proved(tx, directory.customer_id, row.user_name):
        emails = await _addresses(directory, row)
        if (user.username, user.emails) != (row.user_name, emails):
            await rename_user(tx, user.id, row.user_name, emails)
            changed = True
    if changed:
        await directory.record("user.changed", id=user.id)


async def _end(directory: Directory, user_id: UserId) -> None:
    """With its sessions, and refresh tokens; places in other customers, and what was given for them, stay."""
    tx, customer_id = directory.tx, directory.customer_id
    await lock_sessions_of(tx, user_id)
    if await lock_membership(tx, user_id, customer_id) is None:
        return
    ended = await end_place(tx, user_id, customer_id, directory.engine.now())
    directory.ended.extend(ended)
    if await memberships_of(tx, user_id):
        await end_sessions_in(tx, user_id, customer_id)
    else:
        await end_sessions_of(tx, user_id)
    await directory.record("membership.removed", user=user_id, refresh_tokens=len(ended))
