"""What one operator may not do alone: give roles, consent without asking, products that nobody has to approve, enable
such a thing again after it was disabled, erase a person.

A kind reads the values of a locked row as text, decides whether a change gives more than before, and writes it. One
operator can take things away alone, at once.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from hoistway.accounts.erasing import Eraser, check_erasable, erase
from hoistway.accounts.factors import reset_factors
from hoistway.accounts.roles import change_flags, switch_person
from hoistway.approving.application_values import application_values, application_with, gives_more
from hoistway.authn.passwords import random_digest
from hoistway.grants.new_password import Ended, replace_password
from hoistway.products.beginning import begun, opens_api
from hoistway.protocol.ids import ApiId, ClientId, ProductId, UserId
from hoistway.protocol.numbers import read_moment
from hoistway.protocol.redirect_uri import origin_of
from hoistway.protocol.roles import FLAGS, gives
from hoistway.store.apis import find_api, set_api_disabled
from hoistway.store.change_row import change_row, lock_row
from hoistway.store.clients import lock_client, put_client, set_client_disabled
from hoistway.store.columns import to_list
from hoistway.store.db import Writer
from hoistway.store.links import remove_links_of
from hoistway.store.products import Product, find_product, lock_product, put_product, set_product_disabled
from hoistway.store.proposals import Values
from hoistway.store.users import lock_user
from hoistway.web.templates.filters import date


class Gone(Exception):
    """The thing does not exist."""


class Kind(Struct, frozen=True):
    """`word` is the thing's name in the address of its page, `event` the name of a change in the trail. `read` locks
    the row and returns its name and values; `write` writes new values into a row that was read in this way, with the eraser for a
    person. Both raise Gone. `beside` names values that the second operator has to see, and that make a proposal stale where
    they change. `begin` is called once two approved, and says what ended with it. The value "open" can only be read: it is
    "yes" where enabling the row gives something that nobody has to approve. `column` is the column of the trail for this thing."""

    word: str
    event: Callable[[Values], str]
    read: Callable[[Writer, str, int], Awaitable[tuple[str, Values]]]
    write: Callable[[Writer, str, Values, int, Eraser], Awaitable[None]]
    gives: Callable[[Values, Values], bool]
    column: str | None = None
    beside: Callable[[Values], tuple[str, ...]] = lambda _: ()
    begin: Callable[[Writer, str, Values, Values, int], Awaitable[Ended | None]] | None = None


def _said(yes: bool) -> str:
    return "yes" if yes else "no"


def _reopens(before: Values, after: Values) -> bool:
    """The one rule for enabling: the operator who disabled a thing has to agree, too, if enabling opens more than what
    was approved for a single customer."""
    return before["open"] == "yes" and before["disabled"] == "yes" and after.get("disabled") == "no"


def _event_of(subject: str) -> Callable[[Values], str]:
    def event(after: Values) -> str:
        if "disabled" not in after:
            return f"{subject}.changed"
        return f"{subject}.disabled" if after["disabled"] == "yes" else f"{subject}.enabled"

    return event


async def _read_person(tx: Writer, user_id: str, _now: int) -> tuple[str, Values]:
    person = await lock_user(tx, UserId(user_id))
    if person is None:
        raise Gone
    return person.name, {
        "flags": " ".join(person.flags),
        "disabled": _said(person.disabled_at is not None),
        "open": _said(any(flag in FLAGS for flag in person.flags)),
        "erased": "no",
        "factors": "kept",
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
    return "user.role_changed" if "flags" in after else _event_of("user")(after)


def _gives_role(before: Values, after: Values) -> bool:
    """Enabling gives an account back what it could do, so only accounts of customers' people are enabled by one
    operator. Erasing gives nothing, but it can't be undone. Without their factors a person is who has the password; and
    whoever reads the mails of the operator's people can choose their passwords."""
    old, new = before["flags"].split(), after.get("flags", before["flags"]).split()
    mails = "emails" in after and any(flag in FLAGS for flag in old)
    return gives(old, new) or _reopens(before, after) or after.get("erased") == "yes" or "factors" in after or mails


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


async def _read_application(tx: Writer, client_id: str, now: int) -> tuple[str, Values]:
    """The value "open" is "yes" for one that asks nobody for consent, or has a legacy flow that is still in force."""
    client = await lock_client(tx, ClientId(client_id))
    if client is None:
        raise Gone
    opened = client.consent == "implied" or any(one.ends_at > now for one in client.exceptions)
    return client.name, {
        "consent": client.consent,
        **application_values(client),
        "disabled": _said(client.disabled_at is not None),
        "open": _said(opened),
    }


async def _write_application(tx: Writer, client_id: str, values: Values, now: int, _eraser: Eraser) -> None:
    client = await lock_client(tx, ClientId(client_id))
    if client is None:
        raise Gone
    changed = application_with(client, values, now)
    await put_client(tx, changed, frozenset(filter(None, map(origin_of, changed.redirect_uris))))
    if "disabled" in values:
        await set_client_disabled(tx, ClientId(client_id), now if values["disabled"] == "yes" else None)


def _gives_consent(before: Values, after: Values) -> bool:
    implies = before["consent"] != "implied" and after.get("consent") == "implied"
    return implies or _reopens(before, after) or gives_more(before, after)


def _event_of_application(after: Values) -> str:
    if after.get("exceptions"):
        return "application.exception_granted"
    return "application.bound" if after.keys() == {"account"} else _event_of("application")(after)


async def _read_api(tx: Writer, api_id: str, now: int) -> tuple[str, Values]:
    """The value "open" is "yes" for one that a token alone opens."""
    await lock_row(tx, "apis", api_id)
    api = await find_api(tx, ApiId(api_id))
    if api is None:
        raise Gone
    opened = await opens_api(tx, api.id, now)
    return api.name, {"disabled": _said(api.disabled_at is not None), "open": _said(opened)}


async def _write_api(tx: Writer, api_id: str, values: Values, now: int, _eraser: Eraser) -> None:
    if not await set_api_disabled(tx, ApiId(api_id), now if values["disabled"] == "yes" else None):
        raise Gone


async def _read_product(tx: Writer, product_id: str, now: int) -> tuple[str, Values]:
    """The value "open" is "yes" for one that approves subscriptions by itself, or needs no key."""
    product = await lock_product(tx, ProductId(product_id))
    if product is None:
        raise Gone
    opened = product.approval == "automatic" or product.key_use_at(now) == "optional"
    disabled = _said(product.disabled_at is not None)
    return product.name, {**product_values(product), "disabled": disabled, "open": _said(opened)}


def product_values(product: Product) -> Values:
    """The values that open a product, except whether it is disabled; `keys_from` is a day, or ""."""
    begins = product.keys_from
    return {
        "approval": product.approval,
        "key_use": product.key_use,
        "keys_from": "" if begins is None else date(begins),
        "apis": " ".join(product.apis),
    }


def product_with(product: Product, values: Values, now: int) -> Product:
    """The product with some of these values, and "disabled", changed."""
    every = product_values(product) | values
    day = read_moment(every["keys_from"])
    wanted = replace(
        product, approval=every["approval"], key_use=every["key_use"], apis=tuple(map(ApiId, every["apis"].split())),
        keys_from=None if day is None else int(day.timestamp()),
    )  # fmt: skip
    if "disabled" in values:
        wanted = replace(wanted, disabled_at=now if values["disabled"] == "yes" else None)
    return begun(product, wanted, now)


async def _write_product(tx: Writer, product_id: str, values: Values, now: int, _eraser: Eraser) -> None:
    product = await find_product(tx, ProductId(product_id))
    if product is None:
        raise Gone
    wanted = product_with(product, values, now)
    await put_product(tx, wanted)
    await set_product_disabled(tx, product.id, wanted.disabled_at)


def _opens(before: Values, after: Values) -> bool:
    """True where the change allows calls that nobody approved: without a decision on each subscription, without a key
    or for longer without one, or of an additional API. Removing an API counts, too, because it may be open to everybody
    if no other product guards it."""
    then = before | after
    if _reopens(before, after):
        return True
    if before["approval"] != "automatic" and then["approval"] == "automatic":
        return True
    return _keyless_until(then) > _keyless_until(before) or set(then["apis"].split()) != set(before["apis"].split())


def _keyless_until(values: Values) -> str:
    """A day after every other one, where it needs no key."""
    return "9999-99" if values["key_use"] == "optional" else values["keys_from"]


KINDS: Final[Mapping[str, Kind]] = {
    "person": Kind(
        "users",
        _event_of_person,
        _read_person,
        _write_person,
        _gives_role,
        beside=lambda after: ("emails", "username") if "flags" in after else (),
        begin=_begin_person,
    ),
    "application": Kind(
        "applications", _event_of_application, _read_application, _write_application, _gives_consent, "client_id"
    ),
    "product": Kind("products", _event_of("product"), _read_product, _write_product, _opens),
    "api": Kind("apis", _event_of("api"), _read_api, _write_api, _reopens),
}
