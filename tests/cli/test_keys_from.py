"""hoistway product: what needs keys begins on a day, or at once where that is said."""

import pytest

from hoistway.store.db import Writer
from tests.attacks.asking import bearer, daemon_token
from tests.cli.conftest import Managed
from tests.cli.running import answer, run
from tests.limits.keyless import count_calls, day_in
from tests.server import change

GOLD = ("product", "add", "gold", "--name", "Gold", "--description", "For miners.", "--api", "customer-api")


def call(managed: Managed) -> int:
    return bearer(managed.served, daemon_token(managed.served)).status_code


def test_a_product_says_whom_it_would_refuse_and_begins_on_a_day(managed: Managed) -> None:
    async def work(tx: Writer) -> None:
        await count_calls(tx, managed.clock(), "daemon")

    change(managed.served.database, work)
    assert call(managed) == 200
    said = run(*GOLD, code=1).stderr
    assert "1 application(s) of 1 customer(s)" in said
    assert "1 calls of 1 customer(s), last on 20" in said
    assert "--keys-from" in said
    assert answer("product", "list") == []
    day, begins = day_in(managed.clock(), 3)
    assert answer(*GOLD, "--keys-from", day)["keys_from"] == begins
    assert f"keys_from: {day}T00:00:00Z" in run("product", "show", "gold").stdout
    run("product", "set", "gold", "--key", code=1)
    managed.clock.turn(begins - managed.clock() - 1)
    assert call(managed) == 200
    managed.clock.turn(1)
    assert call(managed) == 401
    assert answer("product", "set", "gold", "--no-key", "--name", "Au")["name"] == "Au"
    assert call(managed) == 200
    said = run("product", "disable", "gold", code=1).stderr
    assert "hoistway product set ID --keys-from DATE" in said
    later, _ = day_in(managed.clock(), 9)
    assert answer("product", "set", "gold", "--keys-from", later)["before_keys"] == "optional"
    assert call(managed) == 200
    answer("product", "set", "gold", "--key", "--now")
    assert call(managed) == 401
    answer("product", "set", "gold", "--no-key")
    answer("product", "disable", "gold", "--now")
    assert call(managed) == 401
    answer("product", "enable", "gold")
    assert call(managed) == 200


@pytest.mark.parametrize(
    "more",
    [("2020-01-01",), ("2999-01-01", "--now"), ("2999-01-01", "--no-key"), ("2999-13-01",), ("2999-01-01T10:00",)],
)
def test_what_contradicts_itself_is_refused(managed: Managed, more: tuple[str, ...]) -> None:
    assert "--keys-from" in run("product", "add", "x", *GOLD[3:], "--keys-from", *more, code=2).stderr
    run("product", "set", "x", code=2)
