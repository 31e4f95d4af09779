"""An operator resets the second factors that a person lost; two do where two must approve."""

from collections.abc import Iterator

import pytest

from hoistway.protocol.ids import UserId
from hoistway.store.db import Reader
from hoistway.store.factors import Factors, standing_of
from tests.attacks.asking import refresh, refusal
from tests.console.two import careful_server, decide_on, proposed, trail
from tests.engines import ENGINES
from tests.factors import give_all
from tests.flows.browser import Person
from tests.portal.asking import operator, visitor
from tests.server import Served, change
from tests.store.test_schema import on
from tests.world import NOW

HERE = "/console/users/u-ann/factors"
REASON = "Case 4711: phone lost, called back"
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
    ann, tokens = visitor(careful, "ann"), Person(careful).tokens("spa", "ann", "openid offline_access units.read")
    change(careful.database, lambda tx: give_all(tx, "ann"))
    olga, otto = operator(careful), operator(careful, "otto")
    olga.get(HERE)
    assert "Key" in olga.page
    assert olga.post(HERE, confirm="Bob", reason=REASON).status_code == 422
    refused = olga.post(HERE, confirm="Ann", reason="lost")
    assert refused.status_code == 422
    assert "Give a reason of 10 to 500 characters." in refused.text
    waits = proposed(olga.post(HERE, confirm="Ann", reason=REASON))
    assert standing(careful).has_any
    assert decide_on(olga, waits, "approve") == ""
    assert ann.get("/account").status_code == 200
    otto.get(f"/console/changes/{waits}")
    assert "Second factors" in otto.page
    assert "all removed" in otto.page
    for seen in (REASON, "ann@example.com", "Customer c-a", "Authenticator app", "Key", "left</dd>"):
        assert seen in otto.page, seen
    assert decide_on(otto, waits, "approve") == "approved"
    assert standing(careful) == NONE
    # Whoever found the phone may have been signed in on it.
    assert ann.get("/account").status_code == 303
    assert refusal(refresh(careful, tokens["refresh_token"])) == (400, "invalid_grant")
    ((by, entry),) = trail(careful, "factors.reset")
    assert by == "u-otto"
    assert (entry["id"], entry["proposed_by"]) == ("u-ann", "u-olga")
    assert entry["after"]["reason"] == REASON
    olga.get(HERE)
    assert "no second factor" in olga.page
