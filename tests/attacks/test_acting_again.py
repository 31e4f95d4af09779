"""Row 60: acting that ended, by the role or the customer, does not come back by itself."""

import pytest

from hoistway.protocol.ids import CustomerId, UserId
from hoistway.store.customers import set_customer_disabled
from hoistway.store.db import Writer
from hoistway.store.operators import set_flags
from tests.portal.asking import operator
from tests.portal.house import House
from tests.server import change


async def off(tx: Writer) -> None:
    await set_customer_disabled(tx, CustomerId("c-b"), 1)


async def on(tx: Writer) -> None:
    await set_customer_disabled(tx, CustomerId("c-b"), None)


async def demoted(tx: Writer) -> None:
    await set_flags(tx, UserId("u-olga"), ("employee",))


async def promoted(tx: Writer) -> None:
    await set_flags(tx, UserId("u-olga"), ("employee", "operator"))


@pytest.mark.parametrize(("ends", "returns"), [(off, on), (demoted, promoted)], ids=["customer", "role"])
def test_acting_that_ended_needs_a_new_reason(house: House, ends: object, returns: object) -> None:
    olga = operator(house.served)
    assert olga.post("/console/act-for", customer="c-b", reason="They asked by telephone.").status_code == 303
    change(house.served.database, ends)  # type: ignore[arg-type]
    assert "You act for" not in olga.get("/portal").text
    house.clock.turn(3600)
    change(house.served.database, returns)  # type: ignore[arg-type]
    assert "You act for" not in olga.get("/portal").text
    assert len(house.entries("act_for.begun")) == 1
