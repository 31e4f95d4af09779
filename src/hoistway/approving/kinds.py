"""What one operator may not give alone: roles, consent without asking, products that nobody is asked about.

A kind reads the values of a locked row as texts, says whether a change gives more than there was, and writes it. What takes
away is done by one operator at once."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from hoistway.accounts.roles import change_flags, switch_person
from hoistway.products.beginning import begun
from hoistway.protocol.ids import ApiId, ClientId, ProductId, UserId
from hoistway.protocol.numbers import read_moment
from hoistway.protocol.roles import FLAGS, gives
from hoistway.store.change_row import change_row
from hoistway.store.client_lists import lock_client
from hoistway.store.db import Writer
from hoistway.store.products import Product, find_product, lock_product, put_product
from hoistway.store.proposals import Values
from hoistway.store.users import lock_user
from hoistway.web.templates.filters import date


class Gone(Exception):
    """There is no such thing."""


@dataclass(frozen=True, slots=True)
class Kind:
    """`word` is the thing's in the address of its page, `event` what the trail calls a change to values. `read` gives the name and
    the values of the row, which it locks; `write` the new ones, of a row read so. Both raise Gone."""

    word: str
    event: Callable[[Values], str]
    read: Callable[[Writer, str], Awaitable[tuple[str, Values]]]
    write: Callable[[Writer, str, Values, int], Awaitable[None]]
    gives: Callable[[Values, Values], bool]


async def _read_person(tx: Writer, user_id: str) -> tuple[str, Values]:
    person = await lock_user(tx, UserId(user_id))
    if person is None:
        raise Gone
    return person.name, {"flags": " ".join(person.flags), "disabled": "no" if person.disabled_at is None else "yes"}


async def _write_person(tx: Writer, user_id: str, values: Values, now: int) -> None:
    person = await lock_user(tx, UserId(user_id))
    if person is None:
        raise Gone
    if "flags" in values:
        await change_flags(tx, person, tuple(values["flags"].split()), now)
    if "disabled" in values:
        await switch_person(tx, person, now if values["disabled"] == "yes" else None, now)


def _event_of_person(after: Values) -> str:
    if "flags" in after:
        return "user.role_changed"
    return "user.disabled" if after["disabled"] == "yes" else "user.enabled"


def _gives_role(before: Values, after: Values) -> bool:
    """Enabling gives the account back what it can do, so only that of a customer's people is done by one."""
    old, new = before["flags"].split(), after.get("flags", before["flags"]).split()
    enables = before["disabled"] == "yes" and after.get("disabled") == "no"
    return gives(old, new) or (enables and any(flag in FLAGS for flag in new))


async def _read_application(tx: Writer, client_id: str) -> tuple[str, Values]:
    client = await lock_client(tx, ClientId(client_id))
    if client is None:
        raise Gone
    return client.name, {"consent": client.consent}


async def _write_application(tx: Writer, client_id: str, values: Values, _now: int) -> None:
    await change_row(tx, "applications", client_id, values)


def _gives_consent(before: Values, after: Values) -> bool:
    return before["consent"] != "implied" and after.get("consent") == "implied"


async def _read_product(tx: Writer, product_id: str) -> tuple[str, Values]:
    product = await lock_product(tx, ProductId(product_id))
    if product is None:
        raise Gone
    return product.name, product_values(product)


def product_values(product: Product) -> Values:
    """What opens it; `keys_from` is a day, or ""."""
    begins = product.keys_from
    return {
        "approval": product.approval,
        "key_use": product.key_use,
        "keys_from": "" if begins is None else date(begins),
        "apis": " ".join(product.apis),
    }


def product_with(product: Product, values: Values, now: int) -> Product:
    """With some of these values."""
    every = product_values(product) | values
    day = read_moment(every["keys_from"])
    wanted = replace(
        product, approval=every["approval"], key_use=every["key_use"], apis=tuple(map(ApiId, every["apis"].split())),
        keys_from=None if day is None else int(day.timestamp()),
    )  # fmt: skip
    return begun(product, wanted, now)


async def _write_product(tx: Writer, product_id: str, values: Values, now: int) -> None:
    product = await find_product(tx, ProductId(product_id))
    if product is None:
        raise Gone
    await put_product(tx, product_with(product, values, now))


def _opens(before: Values, after: Values) -> bool:
    """Calls that nobody approved: without a decision on each subscription, without a key or for longer without one, or of an API
    more. An API that is taken out may be open to everybody then, for no other product guards it."""
    then = before | after
    if before["approval"] != "automatic" and then["approval"] == "automatic":
        return True
    return _keyless_until(then) > _keyless_until(before) or set(then["apis"].split()) != set(before["apis"].split())


def _keyless_until(values: Values) -> str:
    """Behind every day where it needs no key."""
    return "9999-99" if values["key_use"] == "optional" else values["keys_from"]


KINDS: Final[Mapping[str, Kind]] = {
    "person": Kind("users", _event_of_person, _read_person, _write_person, _gives_role),
    "application": Kind(
        "applications", lambda _after: "application.changed", _read_application, _write_application, _gives_consent
    ),
    "product": Kind("products", lambda _after: "product.changed", _read_product, _write_product, _opens),
}
