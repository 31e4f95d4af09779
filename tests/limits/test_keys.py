"""Subscription keys: where they travel, whose they are, when they end (API Management's answers, word for word)."""

import httpx2
import pytest
from msgspec.structs import replace

from hoistway.authn.subscription_key import make_key
from hoistway.protocol.ids import ApiId
from hoistway.protocol.limits import Limit
from hoistway.protocol.subscription_key import PREFIX
from hoistway.settings import DAY
from hoistway.store.db import Writer
from hoistway.store.products import set_product_disabled
from hoistway.store.subscription_keys import replace_key
from hoistway.store.subscription_moves import move_subscription
from hoistway.store.subscriptions import end_subscription
from tests.attacks.asking import bearer, daemon_token
from tests.limits.selling import UNITS, Shop, product
from tests.world import A, B

NEVER_MADE = f"{PREFIX}{'A' * 43}"


def assert_denied(shop: Shop, reply: httpx2.Response, word: str) -> None:
    messages = {
        "missing": "Access denied due to missing subscription key. "
        "Make sure to include subscription key when making requests to an API.",
        "invalid": "Access denied due to invalid subscription key. "
        "Make sure to provide a valid key for an active subscription.",
    }
    assert reply.status_code == 401
    assert reply.json() == {"statusCode": 401, "message": messages[word]}
    assert reply.headers["content-type"] == "application/json"
    realm = f"{shop.served.url}/api/v1"
    challenge = f'AzureApiManagementKey realm="{realm}",name="Ocp-Apim-Subscription-Key",type="header"'
    assert reply.headers["www-authenticate"] == challenge
    assert reply.headers["x-correlation-id"]


def test_an_api_in_no_product_needs_no_key_and_has_no_limit(shop: Shop) -> None:
    reply = shop.call()
    assert reply.status_code == 200
    assert "ratelimit" not in reply.headers
    assert_denied(shop, shop.call(NEVER_MADE), "invalid")


def test_a_key_is_needed_where_the_product_says_so(shop: Shop) -> None:
    row = shop.offer(product("gold"))
    _, keys = shop.subscribe(row)
    assert_denied(shop, shop.call(), "missing")
    assert_denied(shop, shop.call(""), "missing")
    assert shop.statuses(1, keys["primary"]) == shop.statuses(1, keys["secondary"]) == [200]
    shop.alter(row, key_use="optional")
    assert shop.call().status_code == 200


def test_where_the_key_travels(shop: Shop) -> None:
    _, keys = shop.subscribe(shop.offer(product("gold")))
    one, two = keys["primary"], keys["secondary"]
    assert shop.call(path=f"{UNITS}&subscription-key={one}").status_code == 200
    assert shop.call(path=f"{UNITS}&subscription%2Dkey={one}").status_code == 200
    assert shop.call(one, f"{UNITS}&subscription-key={two}").status_code == 200
    # The header goes first, whatever the query says.
    assert shop.call(one, f"{UNITS}&subscription-key=nonsense").status_code == 200
    assert_denied(shop, shop.call(NEVER_MADE, f"{UNITS}&subscription-key={one}"), "invalid")
    assert shop.call("", f"{UNITS}&subscription-key={one}").status_code == 200
    assert shop.call(path=f"{UNITS}&subscription-key={one}&subscription-key={one}").status_code == 400
    for path in ("/api/v1/me", "/api/v1/sites", "/api/v1/me/limits", "/api/v1/units/US-c-a-10"):
        assert shop.call(path=f"{path}?subscription-key={two}").status_code == 200


def test_two_keys_in_the_header_are_none(shop: Shop) -> None:
    """The first is the customer's own, the second another one's: whatever stands before the server may have judged either."""
    row = shop.offer(product("gold"))
    _, own = shop.subscribe(row)
    _, foreign = shop.subscribe(row, B)
    token = [("authorization", f"Bearer {daemon_token(shop.served)}")]
    name, one, two = "ocp-apim-subscription-key", own["primary"], foreign["primary"]
    for first, second in ((one, two), (two, one), (one, one), (one, "")):
        reply = httpx2.get(f"{shop.served.url}{UNITS}", headers=[*token, (name, first), (name, second)])
        assert reply.status_code == 400
        assert "was sent more than once: send it once" in reply.json()["detail"]
    assert httpx2.get(f"{shop.served.url}{UNITS}", headers=[*token, (name, one)]).status_code == 200


def test_a_key_in_the_query_is_not_repeated_anywhere(shop: Shop, capfd: pytest.CaptureFixture[str]) -> None:
    _, keys = shop.subscribe(shop.offer(product("gold")))
    key = keys["primary"]
    page = shop.call(path=f"{UNITS}&subscription-key={key}")
    assert "next" in page.headers["link"]
    cursor = page.json()["next_cursor"]
    refused = (
        shop.call(path=f"{UNITS}&subscription-key={key}&nonsense=1"),
        shop.call(path=f"/api/v1/units/none?subscription-key={key}"),
        shop.call(path=f"{UNITS}&subscription-key={key}x"),
        httpx2.get(f"{shop.served.url}{UNITS}&subscription-key={key}"),
    )
    assert [reply.status_code for reply in refused] == [400, 404, 401, 401]
    assert shop.call(path=f"{UNITS}&cursor={cursor}&subscription-key={key}").status_code == 200
    answers = "".join(f"{reply.text}{reply.headers}" for reply in (page, *refused))
    logged = capfd.readouterr()
    assert key[4:] not in answers + logged.out + logged.err


WRONG = ("x", "hwk_", NEVER_MADE, f"{NEVER_MADE}A", f"{NEVER_MADE[:-1]}!", "a" * 32, "hwk_" + "é" * 43, "k" * 9000)


def test_a_wrong_key_is_refused_before_anything_else(shop: Shop) -> None:
    shop.offer(product("free", key_use="optional"))
    for wrong in WRONG:
        for token in (shop.token(), "nonsense"):
            sent = [(b"Authorization", f"Bearer {token}".encode()), (b"Ocp-Apim-Subscription-Key", wrong.encode())]
            assert_denied(shop, shop.http.get(f"{shop.served.url}{UNITS}", headers=sent), "invalid")


def test_another_customers_key_is_no_key(shop: Shop) -> None:
    row = shop.offer(product("gold", key_use="optional", rate=Limit(2, 60)))
    _, keys = shop.subscribe(row, A)
    for _ in range(5):
        assert_denied(shop, shop.call(keys["primary"], customer=B), "invalid")
    # Their refused calls took nothing from the key's owner.
    assert shop.statuses(3, keys["primary"]) == [200, 200, 429]


def test_a_right_key_does_not_replace_the_token(shop: Shop) -> None:
    _, keys = shop.subscribe(shop.offer(product("gold")))
    reply = httpx2.get(f"{shop.served.url}{UNITS}", headers={"Ocp-Apim-Subscription-Key": keys["primary"]})
    assert reply.status_code == 401
    assert reply.headers["www-authenticate"].startswith("Bearer ")


def test_the_description_needs_no_key(shop: Shop) -> None:
    shop.offer(product("gold"))
    for path in ("/api/v1/openapi.json", "/.well-known/oauth-protected-resource"):
        assert httpx2.get(f"{shop.served.url}{path}").status_code == 200


@pytest.mark.parametrize("act", ["suspend", "cancel"])
def test_a_subscription_ends_in_mid_flight(shop: Shop, act: str) -> None:
    """Within the two seconds for which it is remembered, and a suspended one goes on when it is resumed."""
    subscription_id, keys = shop.subscribe(shop.offer(product("gold", rate=Limit(100, 60))))
    assert shop.statuses(2, keys["primary"]) == [200, 200]

    async def stop(tx: Writer) -> None:
        assert await move_subscription(tx, subscription_id, act, by="tests", now=shop.clock()) is not None

    async def resume(tx: Writer) -> None:
        moved = await move_subscription(tx, subscription_id, "resume", by="tests", now=shop.clock())
        assert (moved is not None) == (act == "suspend")

    shop.write(stop)
    assert_denied(shop, shop.call(keys["primary"]), "invalid")
    assert_denied(shop, shop.call(keys["secondary"]), "invalid")
    shop.write(resume)
    assert shop.call(keys["primary"]).status_code == (200 if act == "suspend" else 401)


@pytest.mark.parametrize("state", ["submitted", "suspended", "rejected", "cancelled", "expired"])
def test_only_an_active_one_opens(shop: Shop, state: str) -> None:
    _, keys = shop.subscribe(shop.offer(product("gold")), state=state)
    assert_denied(shop, shop.call(keys["primary"]), "invalid")


def test_a_subscription_expires_at_its_second(shop: Shop) -> None:
    subscription_id, keys = shop.subscribe(shop.offer(product("gold")))

    async def end(tx: Writer) -> None:
        await end_subscription(tx, subscription_id, shop.clock() + 100)

    shop.write(end)
    shop.clock.turn(97)
    assert shop.call(keys["primary"]).status_code == 200
    shop.clock.turn(1)
    assert_denied(shop, shop.call(keys["primary"]), "invalid")


def test_keys_overlap_while_one_replaces_the_other(shop: Shop) -> None:
    subscription_id, keys = shop.subscribe(shop.offer(product("gold")))
    new, stored = make_key(subscription_id, "primary", shop.clock())
    newer, stored_later = make_key(subscription_id, "primary", shop.clock())
    ends_at = shop.clock() + DAY

    async def regenerate(tx: Writer) -> None:
        await replace_key(tx, stored, ends_at)

    async def regenerate_at_once(tx: Writer) -> None:
        await replace_key(tx, stored_later, shop.clock())

    shop.write(regenerate)
    shop.clock.turn(ends_at - 1 - shop.clock())
    assert [shop.call(key).status_code for key in (keys["primary"], new, keys["secondary"])] == [200, 200, 200]
    shop.clock.turn(1)
    assert [shop.call(key).status_code for key in (keys["primary"], new, keys["secondary"])] == [401, 200, 200]
    shop.write(regenerate_at_once)
    assert [shop.call(key).status_code for key in (new, newer, keys["secondary"])] == [401, 200, 200]


def test_a_key_of_a_disabled_product_is_refused_and_opens_nothing(shop: Shop) -> None:
    row = shop.offer(product("free", key_use="optional"))
    _, keys = shop.subscribe(row)

    async def disable(tx: Writer) -> None:
        assert await set_product_disabled(tx, row.id, shop.clock())

    shop.write(disable)
    assert_denied(shop, shop.call(keys["primary"]), "invalid")
    assert_denied(shop, shop.call(), "missing")


def test_a_key_opens_the_apis_of_its_product_and_scope_alone(shop: Shop) -> None:
    row = shop.offer(product("gold"))
    elsewhere = shop.offer(replace(product("other"), apis=(ApiId("another-api"),)))
    _, narrow = shop.subscribe(row, api_id="customer-api")
    _, wrong = shop.subscribe(row, api_id="another-api")
    _, other = shop.subscribe(elsewhere)
    assert shop.call(narrow["primary"]).status_code == 200
    for keys in (wrong, other):
        assert_denied(shop, shop.call(keys["primary"]), "invalid")


def test_the_oldest_product_without_a_key_limits_who_brings_none(shop: Shop) -> None:
    shop.offer(product("a-later", key_use="optional", rate=Limit(9, 60), created_at=2))
    shop.offer(product("z-older", key_use="optional", rate=Limit(5, 60)))
    assert shop.call(path="/api/v1/me/limits").json()["product"] == {
        "id": "z-older",
        "name": "Z-Older",
        "name_de": "Z-Older",
    }
    assert "r=4" in bearer(shop.served, shop.token()).headers["ratelimit"]
