"""The simulated customer of the sandbox: made together with the first sandbox application, the same in every installation."""

import random

from hoistway.protocol.ids import SiteId, UnitId
from hoistway.protocol.sandbox import SANDBOX
from hoistway.store.customers import Customer, find_customer, keep_customer
from hoistway.store.db import Writer
from hoistway.store.floors import Floor, write_floors
from hoistway.store.sites import Site, put_sites
from hoistway.store.unit_access import UnitAccess, put_access
from hoistway.store.units import Unit, put_units

NAME = "Sandbox (simulated)"
_SITES = (
    ("Simulated Tower", "1 Example Street", "00001", "Sampleton", "US", 6),
    ("Simulated Mall", "2 Example Street", "00002", "Sampleton", "US", 4),
    ("Simulierte Klinik", "Beispielweg 3", "00003", "Musterstadt", "DE", 2),
)


def _unit(dice: random.Random, number: int, site: SiteId, now: int) -> Unit:
    is_escalator = number % 6 == 5
    storeys = 2 if is_escalator else dice.randint(4, 12)
    floors = [Floor(f"{n + 1}", str(n), n * 3200) for n in range(storeys)]
    return Unit(
        id=UnitId(f"SANDBOX-{number + 1:04}"),
        site_id=site,
        equipment_type="escalator" if is_escalator else "elevator",
        updated_at=now,
        controller_number=f"SIM{number + 1:04}",
        controller_type="E.COR" if is_escalator else "TAC32",
        controller_description="Simulated control",
        car_type=None if is_escalator else "single",
        capacity_kg=None if is_escalator else dice.choice((630, 1000, 1275)),
        contract_speed_mps=0.5 if is_escalator else dice.choice((1.0, 1.6, 2.5)),
        serial_number=f"SIMSN{number + 1:06}",
        floors=write_floors(floors),
    )


async def keep_sandbox(tx: Writer, now: int) -> None:
    """Makes it where it is missing. If two processes do so at once, both end up with the same."""
    if await find_customer(tx, SANDBOX) is not None:
        return
    await keep_customer(tx, Customer(SANDBOX, NAME, now))
    dice = random.Random(8252)  # noqa: S311  the same lifts everywhere
    number = 0
    for index, (name, street, code, city, country, count) in enumerate(_SITES, 1):
        site = SiteId(f"sandbox-{index}")
        await put_sites(tx, [Site(site, name, street, code, city, country, now)])
        units = [_unit(dice, number + offset, site, now) for offset in range(count)]
        number += count
        await put_units(tx, units)
        await put_access(tx, [UnitAccess(SANDBOX, unit.id, "owner", site, unit.equipment_type) for unit in units])
