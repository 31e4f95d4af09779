"""What one operator may not do alone: give roles, consent without asking, products that nobody has to approve, enable
such a thing again after it was disabled, erase a person, send passwords to an older system.

A kind reads the values of a locked row as text, decides whether a change gives more than before, and writes it. One
operator can take things away alone, at once.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from hoistway.accounts.erasing import Eraser
from hoistway.applications.giving import give_application
from hoistway.approving.application_values import application_values, application_with, gives_more
from hoistway.approving.kind import Gone, Kind, event_of, reopens, said
from hoistway.approving.person import PERSON
from hoistway.approving.tenant import TENANT
from hoistway.authn.passwords import random_digest
from hoistway.products.beginning import begun, opens_api
from hoistway.protocol.ids import ApiId, ClientId, CustomerId, ProductId
from hoistway.protocol.numbers import read_moment
from hoistway.protocol.redirect_uri import origin_of
from hoistway.store.apis import find_api, set_api_disabled
from hoistway.store.change_row import lock_row
from hoistway.store.clients import lock_client, put_client, set_client_disabled
from hoistway.store.db import Writer
from hoistway.store.products import Product, find_product, lock_product, put_product, set_product_disabled
from hoistway.store.proposals import Values
from hoistway.web.templates.filters import date


async def _read_application(tx: Writer, client_id: str, now: int) -> tuple[str, Values]:
    """The value "open" is "yes" for one that asks nobody for consent, or has a legacy flow that is still in force."""
    client = await lock_client(tx, ClientId(client_id))
    if client is None:
        raise Gone
    opened = client.consent == "implied" or any(one.ends_at > now for one in client.exceptions)
    return client.name, {
        "consent": client.consent,
        **application_values(client),
        "owner": client.customer_id or "",
        "disabled": said(client.disabled_at is not None),
        "open": said(opened),
    }


async def _write_application(tx: Writer, client_id: str, values: Values, now: int, _eraser: Eraser) -> None:
    client = await lock_client(tx, ClientId(client_id))
    if client is None:
        raise Gone
    if "owner" in values:
        await give_application(tx, client, CustomerId(values["owner"]), random_digest(), now)
        return
    changed = application_with(client, values, now)
    await put_client(tx, changed, frozenset(filter(None, map(origin_of, changed.redirect_uris))))
    if "disabled" in values:
        await set_client_disabled(tx, ClientId(client_id), now if values["disabled"] == "yes" else None)


def _owners(before: Values, after: Values) -> Sequence[CustomerId]:
    """Those who lose and get it."""
    return [CustomerId(one) for one in (before.get("owner"), after.get("owner")) if one]


def _own(values: Values, customer: CustomerId) -> Values:
    """Neither owner is told who the other one is."""
    return {name: value for name, value in values.items() if name != "owner" or value == customer}


def _gives_consent(before: Values, after: Values) -> bool:
    implies = before["consent"] != "implied" and after.get("consent") == "implied"
    return implies or "owner" in after or reopens(before, after) or gives_more(before, after)


def _event_of_application(after: Values) -> str:
    if "owner" in after:
        return "application.transferred"
    if after.get("exceptions"):
        return "application.exception_granted"
    return "application.bound" if after.keys() == {"account"} else event_of("application")(after)


async def _read_api(tx: Writer, api_id: str, now: int) -> tuple[str, Values]:
    """The value "open" is "yes" for one that a token alone opens."""
    await lock_row(tx, "apis", api_id)
    api = await find_api(tx, ApiId(api_id))
    if api is None:
        raise Gone
    opened = await opens_api(tx, api.id, now)
    return api.name, {"disabled": said(api.disabled_at is not None), "open": said(opened)}


async def _write_api(tx: Writer, api_id: str, values: Values, now: int, _eraser: Eraser) -> None:
    if not await set_api_disabled(tx, ApiId(api_id), now if values["disabled"] == "yes" else None):
        raise Gone


async def _read_product(tx: Writer, product_id: str, now: int) -> tuple[str, Values]:
    """The value "open" is "yes" for one that approves subscriptions by itself, or needs no key."""
    product = await lock_product(tx, ProductId(product_id))
    if product is None:
        raise Gone
    opened = product.approval == "automatic" or product.key_use_at(now) == "optional"
    disabled = said(product.disabled_at is not None)
    return product.name, {**product_values(product), "disabled": disabled, "open": said(opened)}


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
    if reopens(before, after):
        return True
    if before["approval"] != "automatic" and then["approval"] == "automatic":
        return True
    return _keyless_until(then) > _keyless_until(before) or set(then["apis"].split()) != set(before["apis"].split())


def _keyless_until(values: Values) -> str:
    """A day after every other one, where it needs no key."""
    return "9999-99" if values["key_use"] == "optional" else values["keys_from"]


KINDS: Final[Mapping[str, Kind]] = {
    "person": PERSON,
    "tenant": TENANT,
    "application": Kind(
        "applications",
        _event_of_application,
        _read_application,
        _write_application,
        _gives_consent,
        "client_id",
        concerns=_owners,
        told=_own,
        beside=lambda after: ("redirect_uris", "post_logout_uris") if "owner" in after else (),
    ),
    "product": Kind("products", event_of("product"), _read_product, _write_product, _opens),
    "api": Kind("apis", event_of("api"), _read_api, _write_api, reopens),
}
