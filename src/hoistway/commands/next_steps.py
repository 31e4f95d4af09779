"""What is left to do after `hoistway setup`: the first units, administrator and program of the first customer."""

from collections.abc import Sequence

from hoistway.protocol.ids import CustomerId
from hoistway.store.db import Database
from hoistway.store.listed import listed_ids
from hoistway.store.members import has_administrator
from hoistway.store.seen import Reach
from hoistway.store.unit_access import seen_units


async def next_steps(db: Database, base_url: str, customer: str) -> Sequence[str]:
    """Commands and pages in their order, without those whose result is there already."""
    steps = [
        "hoistway serve --workers 2   (behind TLS; docs/production.md has the unit file and the proxy)",
        f"sign in at {base_url}/ with the operator's password, and open {base_url}/console",
    ]
    if not await seen_units(db, Reach(CustomerId(customer)), most=1):
        steps.append(f"hoistway unit import units.csv --customer {customer}")
    if not await has_administrator(db, CustomerId(customer)):
        steps.append(f"hoistway user add anna@example.com --name Anna --customer {customer}")
        steps.append(f"hoistway user join anna@example.com --customer {customer} --role administrator")
    if not await _has(db, "accounts", customer):
        steps.append(f"hoistway service-account add svc-report --customer {customer} --name 'Nightly report'")
    if not await _has(db, "applications", customer):
        steps.append(
            f"hoistway app add --name 'Nightly report' --type daemon --customer {customer} --service-account svc-report"
            " --scope units.read"
        )
    return steps


async def _has(db: Database, kind: str, customer: str) -> bool:
    return bool(await listed_ids(db, kind, customer=customer, name="", after="", most=1))
