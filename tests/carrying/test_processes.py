"""Several processes, and one that ends in the middle: what is asked is known to all, and asked once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec.structs import replace

from hoistway.store.carried_accounts import ASKING_FOR, lock_carried, put_carried
from hoistway.store.db import Writer
from tests.carrying.moving import Moving, described, id_of, moving
from tests.carrying.old import old_system
from tests.engines import ENGINES
from tests.server import serving

RIGHT = "Old-Password-1"


@pytest.fixture(params=ENGINES)
def here(request: pytest.FixtureRequest) -> Iterator[Moving]:
    with old_system() as old, moving(request.param, old) as moved:
        yield moved


def test_two_processes_ask_once(here: Moving) -> None:
    """With the same right password, and with the same wrong one."""
    here.accounts("pump", "lamp")
    here.old.delay = 0.5
    with serving(
        here.served.database, now=here.clock, outbound_loopback=True, trusted_proxies=1, cache_seconds=0
    ) as other:
        there = replace_served(here, other)
        with ThreadPoolExecutor(4) as pool:
            right = [pool.submit(one.grant, "pump", RIGHT) for one in (here, there, here, there)]
            assert described([one.result() for one in right]) == ["token"] * 4
            wrong = [pool.submit(one.grant, "lamp", "wrong") for one in (here, there)]
            assert described([one.result() for one in wrong]) == ["400 AADB2C90225"] * 2
    assert here.old.times() == {"pump": 1, "lamp": 1}


def test_a_slow_answer_is_waited_for_by_the_other_process(here: Moving) -> None:
    """Longer than a request may wait for the database: this is no waiting for it."""
    here.accounts("pump")
    here.old.delay = 3.2
    with serving(
        here.served.database, now=here.clock, outbound_loopback=True, trusted_proxies=1, cache_seconds=0
    ) as other:
        there = replace_served(here, other)
        with ThreadPoolExecutor(2) as pool:
            both = [pool.submit(one.grant, "pump", RIGHT) for one in (here, there)]
            assert described([one.result() for one in both]) == ["token"] * 2
    assert here.old.times() == {"pump": 1}


def replace_served(here: Moving, served: object) -> Moving:
    return Moving(served, here.old, here.clock, here.wrong)  # type: ignore[arg-type]


def test_what_a_killed_process_asked_counts_and_blocks_for_seconds_only(here: Moving) -> None:
    here.accounts("pump")

    async def claim(tx: Writer) -> None:
        row = await lock_carried(tx, "service_account", id_of("pump"))
        assert row is not None
        await put_carried(tx, replace(row, asked=("one", "two"), asking="two", asking_since=here.clock()))

    here.write(claim)
    here.clock.turn(ASKING_FOR)
    assert described([here.grant("pump", "wrong"), here.grant("pump", "other")]) == ["400 AADB2C90225"] * 2
    assert here.old.times()["pump"] == 1, "two were asked before, and three may be"


def test_a_higher_bound_gives_more_tries(here: Moving) -> None:
    here.accounts("pump")
    for number in range(4):
        here.grant("pump", f"wrong {number}")
    assert described([here.grant("pump", RIGHT)]) == ["400 AADB2C90225"]
    here.connect(wrong_per_account=5)
    assert described([here.grant("pump", RIGHT)]) == ["token"]
