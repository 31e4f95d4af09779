"""Customers: what they are made of."""

from collections.abc import Mapping
from typing import Any, Final

from hoistway.protocol.ids import CustomerId
from hoistway.protocol.sandbox import SANDBOX
from hoistway.store.customers import Customer, add_customer
from hoistway.store.db import Writer
from hoistway.things.making import Entry, Made, Making, Misfit, check_id, words

NAME: Final = Entry("name", "thing_name", lambda row: row.name, words())
DEMANDS: Final = ("nobody", "administrators", "all")


def _check_demand(value: str) -> str | None:
    """In the form of the column. Raises Misfit."""
    if value not in DEMANDS:
        raise Misfit("make_choose")
    return None if value == "nobody" else value


SECOND_FACTOR: Final = Entry(
    "second_factor", "thing_second_factor", lambda row: row.second_factor or "nobody", _check_demand, "choose",
    tuple((one, one) for one in DEMANDS), hint="make_demand_hint", begins="nobody",
)  # fmt: skip


def _customer_id(value: str) -> str:
    found = check_id(value)
    if found == SANDBOX:
        raise Misfit("make_sandbox")
    return found


async def _make_customer(tx: Writer, values: Mapping[str, Any], now: int, _digest: str) -> Made:
    row = Customer(CustomerId(values["id"]), values["name"], now)
    await add_customer(tx, row)
    return Made(row)


CUSTOMER: Final = Making(
    "customer.added",
    (Entry("id", "thing_id", check=_customer_id, hint="make_id_hint"), NAME),
    _make_customer,
)
