"""In the sandbox the key and the limits are those of the application's owner."""

import pytest

from hoistway.protocol.limits import Limit
from hoistway.protocol.sandbox import SANDBOX
from tests.attacks.asking import bearer, daemon_token
from tests.limits.selling import UNITS, Shop, product
from tests.sandbox import add_sandbox
from tests.world import A, B


@pytest.fixture
def token(shop: Shop) -> str:
    shop.write(add_sandbox)
    return daemon_token(shop.served, "sand-daemon")


def test_the_owners_key_opens_it_and_no_other(shop: Shop, token: str) -> None:
    row = shop.offer(product("gold", rate=Limit(2, 3600)))
    _, keys = shop.subscribe(row, A)
    _, others = shop.subscribe(row, B)

    def status(key: str) -> int:
        headers = {"authorization": f"Bearer {token}", "ocp-apim-subscription-key": key}
        return shop.http.get(f"{shop.served.url}{UNITS}", headers=headers).status_code

    assert status(others["primary"]) == 401
    assert [status(keys["primary"]) for _ in range(2)] == [200, 200]
    assert shop.call(keys["primary"]).status_code == status(keys["primary"]) == 429


def test_calls_without_a_key_count_for_the_owner(shop: Shop, token: str) -> None:
    shop.offer(product("free", key_use="optional", rate=Limit(2, 3600)))
    shop.clock.turn((-shop.clock() - 1000) % 3600)
    token = daemon_token(shop.served, "sand-daemon")
    assert bearer(shop.served, token, "/api/v1/me").json()["customer"]["id"] == SANDBOX
    assert shop.call().status_code == 200
    assert bearer(shop.served, token).status_code == 429
    assert shop.call(customer=B).status_code == 200
