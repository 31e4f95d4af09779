"""An operator resets the second factors that a person lost; two do where two must approve."""

from collections.abc import Iterator

import pytest

from hoistway.protocol.ids import UserId
from hoistway.store.db import Reader
from hoistway.store.factors import Factors, standing_of
from tests.console.two import careful_server, decide_on, proposed, trail
from tests.engines import ENGINES
from tests.factors import give_all
from tests.portal.asking import operator
from tests.server import Served, change
from tests.store.test_schema import on
from tests.world import NOW

HERE = "/console/users/u-ann/factors"
NONE = Factors(codes=False, passkeys=False, remembered=False, demanded=False)


@pytest.fixture(scope="module", params=ENGINES)
def careful(request: pytest.FixtureRequest) -> Iterator[Served]:
    with careful_server(request.param) as server:
        yield server


def standing(served: Served) -> Factors:
    async def read(db: Reader) -> Factors:
        return await standing_of(db, UserId("u-ann"), b"u-ann", NOW, NOW)

    return on(served.database, read)


def test_two_operators_reset_what_was_lost(careful: Served) -> None:
    change(careful.database, lambda tx: give_all(tx, "ann"))
    olga, otto = operator(careful), operator(careful, "otto")
    olga.get(HERE)
    assert "Key" in olga.page
    assert olga.post(HERE, confirm="Bob").status_code == 422
    waits = proposed(olga.post(HERE, confirm="Ann"))
    assert standing(careful).has_any
    assert decide_on(olga, waits, "approve") == ""
    otto.get(f"/console/changes/{waits}")
    assert "Second factors" in otto.page
    assert "all removed" in otto.page
    assert decide_on(otto, waits, "approve") == "approved"
    assert standing(careful) == NONE
    ((by, entry),) = trail(careful, "factors.reset")
    assert by == "u-otto"
    assert (entry["id"], entry["proposed_by"]) == ("u-ann", "u-olga")
    olga.get(HERE)
    assert "no second factor" in olga.page
