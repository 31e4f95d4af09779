"""Rate and quota at the edges of their windows, over HTTP, with a clock that the test turns."""

import re
from typing import Any

import httpx2
import pytest

from hoistway.protocol.limits import Limit, duration
from hoistway.settings import DAY, HOUR
from tests.limits.selling import UNITS, Shop, product
from tests.world import A, B

POLICY = "RateLimit-Policy"


def limits(shop: Shop, key: str | None = None) -> dict[str, Any]:
    reply = shop.call(key, "/api/v1/me/limits")
    assert reply.status_code == 200
    found: dict[str, Any] = reply.json()
    return found


def to_edge(shop: Shop, period: int, seconds: int) -> None:
    """Turns the clock to so many seconds before the next window that the clock gives."""
    shop.clock.turn((-shop.clock() - seconds) % period)


def assert_rate(reply: httpx2.Response, seconds: int) -> None:
    assert reply.status_code == 429
    assert reply.json() == {
        "statusCode": 429, "message": f"Rate limit is exceeded. Try again in {seconds} seconds.",
    }  # fmt: skip
    assert reply.headers["retry-after"] == str(seconds)
    assert reply.headers["x-correlation-id"]
    assert reply.headers["content-type"] == "application/json"


def assert_quota(reply: httpx2.Response, seconds: int) -> None:
    assert reply.status_code == 403
    message = f"Out of call volume quota. Quota will be replenished in {duration(seconds)}."
    assert reply.json() == {"statusCode": 403, "message": message}
    assert reply.headers["retry-after"] == str(seconds)


def test_so_many_calls_pass_and_no_more_until_the_window_ends(shop: Shop) -> None:
    shop.offer(product("free", key_use="optional", rate=Limit(3, 60)))
    to_edge(shop, 60, 26)
    assert shop.statuses(3) == [200] * 3
    for _ in range(3):
        assert_rate(shop.call(), 26)
    shop.clock.turn(25)
    assert_rate(shop.call(), 1)
    shop.clock.turn(1)
    assert shop.statuses(4) == [200, 200, 200, 429]


def test_a_subscriptions_windows_begin_with_it(shop: Shop) -> None:
    row = shop.offer(product("gold", rate=Limit(2, 60), quota=Limit(5, DAY)))
    started = shop.clock() + 2
    _, keys = shop.subscribe(row)
    assert shop.clock() == started
    shop.clock.turn(59)
    assert shop.statuses(3, keys["primary"]) == [200, 200, 429]
    shop.clock.turn(1)
    assert shop.statuses(3, keys["secondary"]) == [200, 200, 429]
    shop.clock.turn(60)
    assert shop.statuses(1, keys["primary"]) == [200]
    assert_quota(shop.call(keys["primary"]), DAY - 120)
    shop.clock.turn(DAY - 121)
    assert_quota(shop.call(keys["secondary"]), 1)
    shop.clock.turn(1)
    assert shop.statuses(3, keys["primary"]) == [200, 200, 429]


def test_what_is_refused_is_not_counted(shop: Shop) -> None:
    """Neither by the limit that refused it, nor by the other one; nor is what failed before the limits."""
    _, keys = shop.subscribe(shop.offer(product("gold", rate=Limit(1, 60), quota=Limit(3, DAY))))
    for refused in (429, 429, 403):
        assert shop.statuses(3, keys["primary"]) == [200, refused, refused]
        shop.clock.turn(60)
    assert_quota(shop.call(keys["primary"]), DAY - 180)
    assert limits(shop, keys["primary"])["rate"]["remaining"] == 1
    httpx2.get(f"{shop.served.url}{UNITS}", headers={"Ocp-Apim-Subscription-Key": keys["primary"]})
    assert limits(shop, keys["primary"])["rate"]["remaining"] == 1


@pytest.mark.parametrize(("path", "status"), [("/api/v1/units/none", 404), ("/api/v1/units?limit=0", 400)])
def test_what_the_operation_refuses_is_counted(shop: Shop, path: str, status: int) -> None:
    shop.offer(product("free", key_use="optional", rate=Limit(2, HOUR)))
    to_edge(shop, HOUR, 1000)
    assert shop.statuses(3, path=path) == [status, status, 429]


def test_every_subscription_and_every_customer_counts_alone(shop: Shop) -> None:
    row = shop.offer(product("gold", key_use="optional", rate=Limit(2, HOUR)))
    to_edge(shop, HOUR, 1000)
    _, first = shop.subscribe(row)
    _, second = shop.subscribe(row)
    assert shop.statuses(3, first["primary"]) == shop.statuses(3, second["primary"]) == [200, 200, 429]
    assert shop.statuses(3) == [200, 200, 429]
    assert [shop.call(customer=B).status_code for _ in range(3)] == [200, 200, 429]
    assert shop.call(first["secondary"]).status_code == 429


def test_the_answer_tells_what_is_left(shop: Shop) -> None:
    shop.offer(product("free", key_use="optional", rate=Limit(3, 60), quota=Limit(1000, DAY)))
    to_edge(shop, DAY, 100)
    shop.clock.turn(10)
    told = []
    for _ in range(4):
        reply = shop.call()
        assert reply.headers["ratelimit-policy"] == '"rate";q=3;w=60, "quota";q=1000;w=86400'
        told.append(reply.headers["ratelimit"])
    assert told == [
        '"rate";r=2;t=30, "quota";r=999;t=90',
        '"rate";r=1;t=30, "quota";r=998;t=90',
        '"rate";r=0;t=30, "quota";r=997;t=90',
        '"rate";r=0;t=30, "quota";r=997;t=90',
    ]
    again = shop.call(path="/api/v1/units/none")
    assert again.status_code == 429
    shop.clock.turn(30)
    etag = shop.call().headers["etag"]
    unchanged = shop.call(if_none_match=etag)
    assert (unchanged.status_code, unchanged.headers["ratelimit"]) == (304, '"rate";r=1;t=60, "quota";r=995;t=60')


def test_one_limit_alone(shop: Shop) -> None:
    row = shop.offer(product("free", key_use="optional", quota=Limit(1, DAY)))
    to_edge(shop, DAY, HOUR)
    assert shop.call().headers["ratelimit"] == f'"quota";r=0;t={HOUR}'
    assert_quota(shop.call(), HOUR)
    shop.alter(row, quota=None)
    reply = shop.call()
    assert reply.status_code == 200
    assert "ratelimit" not in reply.headers


def test_a_page_of_another_origin_may_read_the_fields(shop: Shop) -> None:
    shop.offer(product("free", key_use="optional", rate=Limit(3, 60)))
    reply = shop.call(origin="http://127.0.0.1:8499")
    exposed = re.split(", ?", reply.headers["access-control-expose-headers"])
    assert {"ratelimit", "ratelimit-policy", "retry-after"} <= set(exposed)


def test_my_limits(shop: Shop) -> None:
    """Are not counted, and answer when nothing is left."""
    row = shop.offer(product("gold", rate=Limit(3, 60), quota=Limit(100, DAY)))
    subscription_id, keys = shop.subscribe(row)
    shop.clock.turn(10)
    assert shop.statuses(4, keys["primary"]) == [200, 200, 200, 429]
    now = shop.clock()
    assert limits(shop, keys["secondary"]) == {
        "customer_id": A,
        "subscription_id": subscription_id,
        "product": {"id": "gold", "name": "Gold", "name_de": "Gold"},
        "key_required": True,
        "rate": {
            "calls": 3, "period_seconds": 60, "used": 3, "remaining": 0, "reset_seconds": 50, "resets_at": now + 50,
        },
        "quota": {
            "calls": 100, "period_seconds": DAY, "used": 3, "remaining": 97, "reset_seconds": DAY - 10,
            "resets_at": now + DAY - 10,
        },
    }  # fmt: skip
    assert shop.call(path="/api/v1/me/limits").status_code == 401


def test_my_limits_where_nothing_is_limited(shop: Shop) -> None:
    found = limits(shop)
    assert found == {
        "customer_id": A, "subscription_id": None, "product": None, "key_required": False, "rate": None, "quota": None,
    }  # fmt: skip


def test_a_lowered_limit_holds_at_once(shop: Shop) -> None:
    row = shop.offer(product("free", key_use="optional", rate=Limit(10, HOUR)))
    to_edge(shop, HOUR, 1000)
    assert shop.statuses(5) == [200] * 5
    shop.alter(row, rate=Limit(4, HOUR))
    reply = shop.call()
    assert (reply.status_code, reply.headers["ratelimit"]) == (429, '"rate";r=0;t=998')
    shop.alter(row, rate=Limit(6, HOUR))
    assert shop.statuses(2) == [200, 429]
