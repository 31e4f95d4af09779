"""Every attribute of a unit and a site, each with a value of its own, through the database and out again."""

from typing import Any

from hoistway.protocol.ids import CustomerId, SiteId, UnitId
from hoistway.store.db import Database, Writer
from hoistway.store.floors import Floor, write_floors
from hoistway.store.sites import Site, put_sites
from hoistway.store.unit_access import UnitAccess, put_access
from hoistway.store.units import Unit, find_unit, put_units
from tests.attacks.asking import bearer, daemon_token
from tests.server import Served, change
from tests.store.test_schema import on

SITE = Site(SiteId("a-site"), "A name", "A street", "A code", "A city", "AC", 11)
UNIT = Unit(
    id=UnitId("a-unit"), site_id=SITE.id, equipment_type="escalator", updated_at=1_769_780_109, controller_number="A number",
    controller_type="A type", controller_description="A description", car_type="A car", capacity_kg=630, contract_speed_mps=0.5,
    serial_number="A serial", floors=write_floors([Floor("an id", "A marking", 3200)]),
)  # fmt: skip
BODY: dict[str, Any] = {
    "unitId": "a-unit", "equipmentType": "escalator", "controllerNumber": "A number", "controllerType": "A type",
    "controllerDescription": "A description", "carType": "A car", "capacity": 630, "contractSpeed": 0.5,
    "serialNumber": "A serial", "customerEquipmentNumber": "Own number",
    "floors": [{"id": "an id", "marking": "A marking", "level": 3200}], "role": "manager", "lastUpdate": "2026-01-30T13:35:09Z",
    "site": {
        "siteId": "a-site", "name": "A name", "street": "A street", "postalCode": "A code", "city": "A city", "country": "AC",
    },
}  # fmt: skip


def test_every_attribute(served: Served) -> None:
    async def write(tx: Writer) -> None:
        await put_sites(tx, [SITE])
        await put_units(tx, [UNIT])
        access = UnitAccess(
            customer_id=CustomerId("c-a"), unit_id=UNIT.id, role="manager", site_id=SITE.id, equipment_type="escalator",
            customer_equipment_number="Own number",
        )  # fmt: skip
        await put_access(tx, [access])

    async def read(db: Database) -> Unit | None:
        return await find_unit(db, UNIT.id)

    change(served.database, write)
    token = daemon_token(served)
    assert on(served.database, read) == UNIT
    assert bearer(served, token, "/api/v1/units/a-unit").json() == BODY
    assert [unit for unit in bearer(served, token).json()["items"] if unit["unitId"] == "a-unit"] == [BODY]
    sites = bearer(served, token, "/api/v1/sites").json()["items"]
    assert [site for site in sites if site["siteId"] == "a-site"] == [{**BODY["site"], "unitCount": 1}]
