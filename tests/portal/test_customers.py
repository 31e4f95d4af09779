"""What belongs to another customer is not there: every address below the portal that names a thing, by every verb."""

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from msgspec.structs import replace

from hoistway.protocol.ids import CustomerId, ProviderId, UserId
from hoistway.routes import ROUTES
from hoistway.store.db import Writer
from hoistway.store.links import Link, add_link
from hoistway.store.memberships import Membership, put_membership
from hoistway.store.providers import add_provider
from tests.erased import PROVIDER
from tests.limits.selling import Shop, product
from tests.portal.asking import PRODUCTION, approved, asked, made_secret, visitor
from tests.portal.signing_in import Visitor
from tests.server import Clock, Served, change
from tests.world import FAR, NOW, A, B

# The same for everybody: documentation, and what is sold.
EVERYBODYS = (
    "/portal/guides/{name}", "/portal/reference/{operation}", "/portal/try/{operation}", "/portal/products/{id}",
    "/portal/products/{id}/subscriptions",
)  # fmt: skip
NAMED = sorted(
    (route.path, method)
    for route in ROUTES
    if route.path.startswith("/portal/") and "{" in route.path and route.path not in EVERYBODYS
    for method in route.methods
)
Things = dict[str, dict[str, str]]


def ids_of(served: Served, owner: CustomerId, name: str) -> dict[str, str]:
    """What a customer has, by the parameter of the address below each part of the portal."""
    one = visitor(served, name)
    client_id = approved(served, one, name=f"Of {owner}", type="web", redirect_uris="https://app.example/cb")
    made_secret(one, client_id)
    one.get(f"/portal/applications/{client_id}")
    secret = re.search(r"/secrets/([0-9a-f-]{36})", one.page)
    assert secret is not None
    shop = Shop(served, Clock())
    with closing(shop.http):
        subscription_id, _ = shop.subscribe(shop.offer(product(f"of-{owner}")), owner)
    request_id = asked(one, **{**PRODUCTION, "type": "web", "redirect_uris": "https://app.example/cb"})
    one.close()
    return {
        "applications/{client_id}": client_id,
        "/{secret_id}": secret[1],
        "subscriptions/{id}": subscription_id,
        "requests/{request_id}": request_id,
        "people/{user_id}": "u-ann" if owner == A else "u-bob",
        "invitations/{id}": f"i-{owner}",
        "company-sign-in/{provider}": f"p-{owner}",
        "technical-accounts/{id}": "sa-a" if owner == A else "sa-b",
    }


def filled(path: str, ids: dict[str, str]) -> str:
    for piece, value in ids.items():
        path = path.replace(piece, f"{piece.partition('{')[0]}{value}")
    assert "{" not in path, f"{path}: say in ids_of whose it is, or in EVERYBODYS that it is everybody's"
    return path


@pytest.fixture(scope="module")
def things(served: Served) -> Things:
    """Of both customers, whose administrators are adam and bob."""

    async def promote(tx: Writer) -> None:
        await put_membership(tx, Membership(UserId("u-bob"), B, "administrator", "all", NOW))
        for owner in (A, B):
            row = Link(f"i-{owner}", owner.encode(), "invitation", None, owner, "", b"", None, NOW, FAR)
            await add_link(tx, row)
            await add_provider(tx, replace(PROVIDER, id=ProviderId(f"p-{owner}"), customer_id=owner))

    change(served.database, promote)
    return {"adam": ids_of(served, A, "adam"), "bob": ids_of(served, B, "bob")}


@pytest.fixture(scope="module")
def people(served: Served, things: Things) -> Iterator[dict[str, Visitor]]:
    opened = {name: visitor(served, name) for name in things}
    for one in opened.values():
        one.get("/portal/applications/new")
    yield opened
    for one in opened.values():
        one.close()


@pytest.mark.parametrize(("path", "method"), NAMED)
def test_another_customers_is_not_found(things: Things, people: dict[str, Visitor], path: str, method: str) -> None:
    for name, other in (("adam", "bob"), ("bob", "adam")):
        one = people[name]
        form = {"csrf": one.csrf} if method == "POST" else None
        reply = one.http.request(method, filled(path, things[other]), data=form)
        assert reply.status_code == 404, (name, method, path)


@pytest.mark.parametrize("path", sorted({path for path, method in NAMED if method == "GET"}))
def test_ones_own_is(things: Things, people: dict[str, Visitor], path: str) -> None:
    """So that what is not found above is not found because of its owner."""
    for name, one in people.items():
        expected = 404 if path.endswith("/logo") else 200  # it has none
        assert one.http.get(filled(path, things[name])).status_code == expected, (name, path)
