"""A person's role, factors, addresses and end: what one operator may not do alone, and what a role ends."""

from typing import Final

from hoistway.accounts.erasing import Eraser, check_erasable, erase
from hoistway.accounts.factors import reset_factors
from hoistway.accounts.roles import change_flags, switch_person
from hoistway.approving.kind import Gone, Kind, event_of, reopens, said
from hoistway.authn.passwords import random_digest
from hoistway.grants.new_password import Ended, replace_password
from hoistway.protocol.ids import UserId
from hoistway.protocol.roles import FLAGS, gives
from hoistway.store.change_row import change_row
from hoistway.store.columns import to_list
from hoistway.store.db import Writer
from hoistway.store.links import remove_links_of
from hoistway.store.proposals import Values
from hoistway.store.users import lock_user


async def _read_person(tx: Writer, user_id: str, _now: int) -> tuple[str, Values]:
    person = await lock_user(tx, UserId(user_id))
    if person is None:
        raise Gone
    return person.name, {
        "flags": " ".join(person.flags),
        "disabled": said(person.disabled_at is not None),
        "open": said(any(flag in FLAGS for flag in person.flags)),
        "erased": "no",
        "factors": "kept",
        "reason": "",
        "emails": "\n".join(person.emails),
        "username": person.username,
    }


async def _write_person(tx: Writer, user_id: str, values: Values, now: int, eraser: Eraser) -> None:
    person = await lock_user(tx, UserId(user_id))
    if person is None:
        raise Gone
    if "flags" in values:
        await change_flags(tx, person, tuple(values["flags"].split()), now)
    if "disabled" in values:
        await switch_person(tx, person, now if values["disabled"] == "yes" else None, now)
    if "emails" in values:
        await change_row(tx, "users", person.id, {"emails": to_list(values["emails"].split())})
        # The operator decides: nobody goes back behind it, or on to an address that was asked for before.
        await remove_links_of(tx, person.id, "way_back")
        await remove_links_of(tx, person.id, "address")
    if values.get("factors") == "reset":
        await reset_factors(tx, person.id, now)
    if values.get("erased") == "yes":
        await check_erasable(tx, person, now)
        await erase(tx, person, eraser, now)


def _event_of_person(after: Values) -> str:
    if "erased" in after:
        return "user.erased"
    if "factors" in after:
        return "factors.reset"
    return "user.role_changed" if "flags" in after else event_of("user")(after)


def _gives_role(before: Values, after: Values) -> bool:
    """Enabling gives an account back what it could do, so only accounts of customers' people are enabled by one
    operator. Erasing gives nothing, but it can't be undone. Without their factors a person is who has the password; and
    whoever reads the mails of the operator's people can choose their passwords."""
    old, new = before["flags"].split(), after.get("flags", before["flags"]).split()
    mails = "emails" in after and any(flag in FLAGS for flag in old)
    return gives(old, new) or reopens(before, after) or after.get("erased") == "yes" or "factors" in after or mails


def begins_anew(before: Values, after: Values) -> bool:
    """True where two give a role to somebody who was none of the operator's people. One operator alone could have given them a
    password, an address or a second factor before, and would be both pairs of eyes."""
    old = before.get("flags", "").split()
    return "flags" in after and not any(flag in FLAGS for flag in old) and gives(old, after["flags"].split())


async def _begin_person(tx: Writer, user_id: str, before: Values, after: Values, now: int) -> Ended | None:
    """Nothing opens the account any more but a link to the address that the second operator saw."""
    if not begins_anew(before, after):
        return None
    ended = await replace_password(tx, "user", user_id, random_digest(), now)
    await reset_factors(tx, UserId(user_id), now)
    await remove_links_of(tx, UserId(user_id), "way_back")
    return ended


def _beside(after: Values) -> tuple[str, ...]:
    if "flags" in after:
        return ("emails", "username")
    return ("username",) if "factors" in after else ()


PERSON: Final = Kind(
    "users",
    _event_of_person,
    _read_person,
    _write_person,
    _gives_role,
    beside=_beside,
    begin=_begin_person,
)
