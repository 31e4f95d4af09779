"""The changes feed: a copy that follows it is what the list says, and nothing of it is another's."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from msgspec.structs import replace

from hoistway.protocol.ids import SiteId, UnitId, UserId
from hoistway.server.housekeeping import KEPT_REMOVALS
from hoistway.store.change_row import change_row
from hoistway.store.db import Writer
from hoistway.store.memberships import Membership, put_membership
from hoistway.store.open import open_database
from hoistway.store.sites import Site, find_site, put_sites, set_site_disabled
from hoistway.store.unit_access import UnitAccess, put_access, remove_access
from hoistway.store.unit_removals import prune_removals
from hoistway.store.units import Unit, find_unit, put_units, set_unit_disabled
from tests.attacks.asking import bearer, daemon_token
from tests.engines import ENGINES, drop_database, fresh_database
from tests.flows.browser import Person
from tests.server import Served, change, populate, serving
from tests.world import NOW, A, B

HERE = "/api/v1/units/changes"


@pytest.fixture(scope="module", params=ENGINES)
def feeding(request: pytest.FixtureRequest) -> Iterator[Served]:
    """A world of its own, whose rows these tests change."""
    url = fresh_database(request.param, populate)
    with serving(url, cache_seconds=0) as served:
        yield served
    drop_database(url)


def act(served: Served, work: Callable[[Writer], Awaitable[object]]) -> None:
    """What another process writes, in one transaction."""

    async def run(tx: Writer) -> None:
        await work(tx)

    change(served.database, run)


@dataclass
class Copy:
    """What a program keeps: units by id, and where it goes on."""

    served: Served
    token: str
    limit: int = 1000
    since: str = ""
    units: dict[str, Any] = field(default_factory=dict)
    told: list[tuple[str, str]] = field(default_factory=list)

    def begin(self) -> "Copy":
        begun = bearer(self.served, self.token, HERE).json()
        assert (begun["items"], begun["more"]) == ([], False)
        self.since = begun["next_since"]
        self.units = self.listed()
        return self

    def listed(self) -> dict[str, Any]:
        items = bearer(self.served, self.token, "/api/v1/units", limit="1000").json()["items"]
        return {item["unitId"]: item for item in items}

    def follow(self) -> list[tuple[str, str]]:
        """(unit, change) of what was told, after which the copy is what the list says."""
        self.told, more = [], True
        while more:
            page = bearer(self.served, self.token, HERE, since=self.since, limit=str(self.limit)).json()
            self.since, more = page["next_since"], page["more"]
            assert len(page["items"]) <= self.limit
            for item in page["items"]:
                self.told.append((item["unitId"], item["change"]))
                assert (item["unit"] is None) is (item["change"] == "removed")
                self.units.pop(item["unitId"], None)
                if item["unit"] is not None:
                    self.units[item["unitId"]] = item["unit"]
        assert self.units == self.listed()
        return self.told


def few_token(served: Served) -> str:
    """Of a person whose membership opens the site c-a-s1 alone."""
    return Person(served).tokens("spa", "few", "openid units.read")["access_token"]


async def _capacity(tx: Writer, unit_id: str, kilograms: int) -> None:
    unit = await find_unit(tx, UnitId(unit_id))
    assert unit is not None
    await put_units(tx, [replace(unit, capacity_kg=kilograms, updated_at=NOW + kilograms)])


async def _move(tx: Writer, unit_id: str, site: str) -> None:
    unit = await find_unit(tx, UnitId(unit_id))
    assert unit is not None
    await put_units(tx, [replace(unit, site_id=SiteId(site), updated_at=NOW + 9)])


@pytest.mark.parametrize("limit", [1, 3, 1000])
def test_a_copy_follows_whatever_is_done(feeding: Served, limit: int) -> None:
    copies = [Copy(feeding, daemon_token(feeding, name), limit).begin() for name in ("daemon", "daemon-b")]
    whole, other = copies
    few = Copy(feeding, few_token(feeding), limit).begin()
    assert [one.follow() for one in (*copies, few)] == [[], [], []]
    act(feeding, lambda tx: _capacity(tx, "US-c-a-10", 700 + limit))
    assert whole.follow() == few.follow() == [("US-c-a-10", "written")]
    # Into a site that the limited membership does not open, and a unit that it never saw.
    act(feeding, lambda tx: _move(tx, "US-c-a-11", "c-a-s2"))
    act(feeding, lambda tx: _capacity(tx, "US-c-a-20", 700 + limit))
    assert whole.follow() == [("US-c-a-11", "written"), ("US-c-a-20", "written")]
    assert few.follow() == [("US-c-a-11", "removed")]
    act(feeding, lambda tx: _move(tx, "US-c-a-11", "c-a-s1"))
    assert few.follow() == [("US-c-a-11", "written")]
    act(feeding, lambda tx: put_sites(tx, [Site(SiteId("c-a-s1"), f"Renamed {limit}", "", "", "", "DE", NOW)]))
    assert len(whole.follow()) == 5
    assert {unit for unit, _ in few.follow()} == {f"US-c-a-1{number}" for number in range(5)}
    act(feeding, lambda tx: set_unit_disabled(tx, UnitId("US-c-a-12"), NOW))
    assert whole.follow() == few.follow() == [("US-c-a-12", "removed")]
    act(feeding, lambda tx: set_site_disabled(tx, SiteId("c-a-s1"), NOW))
    assert {what for _, what in few.follow()} == {"removed"}
    assert len(whole.follow()) == 5
    act(feeding, lambda tx: set_site_disabled(tx, SiteId("c-a-s1"), None))
    act(feeding, lambda tx: set_unit_disabled(tx, UnitId("US-c-a-12"), None))
    act(feeding, lambda tx: change_row(tx, "units", "US-c-a-13", {"serial_number": f"S{limit}"}))
    act(feeding, lambda tx: change_row(tx, "sites", "c-a-s2", {"city": f"City {limit}"}))
    whole.follow()
    few.follow()
    assert other.follow() == [], "nothing of this was B's"
    act(
        feeding,
        lambda tx: put_access(tx, [UnitAccess(B, UnitId("US-c-a-13"), "manager", SiteId("c-a-s1"), "elevator")]),
    )
    assert (other.follow(), whole.follow()) == ([("US-c-a-13", "written")], [])
    act(feeding, lambda tx: remove_access(tx, B, UnitId("US-c-a-13"), NOW))
    assert (other.follow(), whole.follow(), few.follow()) == ([("US-c-a-13", "removed")], [], [])


def test_what_is_written_again_as_it_is_is_no_change(feeding: Served) -> None:
    copy = Copy(feeding, daemon_token(feeding)).begin()

    async def again(tx: Writer) -> None:
        unit, site = await find_unit(tx, UnitId("US-c-a-10")), await find_site(tx, SiteId("c-a-s1"))
        assert unit is not None
        assert site is not None
        await put_sites(tx, [site])
        await put_units(tx, [replace(unit, updated_at=NOW + 10**6)])
        await put_access(tx, [UnitAccess(A, unit.id, "owner", unit.site_id, unit.equipment_type)])

    act(feeding, again)
    assert copy.follow() == []


def test_another_sight_is_another_copy(feeding: Served) -> None:
    """The membership opens another site, or the token is another customer's: what is known is no base."""
    token = few_token(feeding)
    since = bearer(feeding, token, HERE).json()["next_since"]
    for other in (daemon_token(feeding), daemon_token(feeding, "daemon-b")):
        assert bearer(feeding, other, HERE, since=since).status_code == 410
    row = Membership(UserId("u-few"), A, "member", "some", NOW)
    act(feeding, lambda tx: put_membership(tx, row, sites=[SiteId("c-a-s2")]))
    refused = bearer(feeding, token, HERE, since=since)
    assert (refused.status_code, refused.json()["type"].rpartition("#")[2]) == (410, "changes-gone")
    act(feeding, lambda tx: put_membership(tx, row, sites=[SiteId("c-a-s1")]))
    assert bearer(feeding, token, HERE, since=since).status_code == 200


def test_a_place_made_by_hand_opens_nothing(feeding: Served) -> None:
    """From the very beginning, behind any unit: still the token's own."""
    token = daemon_token(feeding, "daemon-b")
    _, _, sight = json.loads(base64.urlsafe_b64decode(bearer(feeding, token, HERE).json()["next_since"] + "=="))
    for place in ([1, "", sight], [1, "US-c-a-10", sight], [2**61, "", sight]):
        since = base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")
        items = bearer(feeding, token, HERE, since=since, limit="1000").json()["items"]
        assert not [item for item in items if item["unit"] and "-c-a-" in item["unitId"]]


def test_removals_are_known_for_a_time(feeding: Served) -> None:
    copy = Copy(feeding, daemon_token(feeding)).begin()
    unit = Unit(UnitId("US-gone"), SiteId("c-a-s1"), "elevator", NOW)

    async def come(tx: Writer) -> None:
        await put_units(tx, [unit])
        await put_access(tx, [UnitAccess(A, unit.id, "owner", unit.site_id, "elevator")])

    async def prune(tx: Writer, now: int) -> None:
        while await prune_removals(tx, now - KEPT_REMOVALS, 1):
            pass

    act(feeding, come)
    act(feeding, lambda tx: remove_access(tx, A, unit.id, NOW))
    act(feeding, lambda tx: prune(tx, NOW + KEPT_REMOVALS))
    since = copy.since
    assert copy.follow() == [("US-gone", "removed")]
    act(feeding, lambda tx: prune(tx, NOW + KEPT_REMOVALS + 1))
    assert bearer(feeding, copy.token, HERE, since=since).status_code == 410
    assert copy.follow() == []


@pytest.mark.parametrize(
    "since",
    ["x", "W10", "WzEsIiJd", "WyIxIiwiIiwieCJd", "Wy0xLCIiLCJ4Il0", "WzEsIlx1MDAwMCIsIngiXQ", "W" + "x" * 5000],
)
def test_a_place_that_nobody_gave(feeding: Served, since: str) -> None:
    assert bearer(feeding, daemon_token(feeding), HERE, since=since).status_code == 400


def test_only_its_own_parameters(feeding: Served) -> None:
    token = daemon_token(feeding)
    for params in ({"cursor": "x"}, {"site": "c-a-s1"}, {"limit": "0"}, {"limit": "1001"}):
        assert bearer(feeding, token, HERE, **params).status_code == 400
    assert (
        bearer(feeding, Person(feeding).tokens("spa", "ann", "openid profile.read")["access_token"], HERE).status_code
        == 403
    )


async def test_what_is_committed_late_is_told(feeding: Served) -> None:
    """A place that was given while a change was under way is before that change."""
    copy = Copy(feeding, await asyncio.to_thread(daemon_token, feeding))
    db = await open_database(feeding.database)
    async with db.write() as tx:
        await _capacity(tx, "US-c-a-21", 801)
        await asyncio.to_thread(copy.begin)
        assert await asyncio.to_thread(copy.follow) == []
    await db.close()
    assert await asyncio.to_thread(copy.follow) == [("US-c-a-21", "written")]
