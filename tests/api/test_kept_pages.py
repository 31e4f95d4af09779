"""Pages of units that a worker keeps are never stale: what another worker wrote, and answered, is in the next page that any gives."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from msgspec.structs import replace

from hoistway.protocol.ids import SiteId, UnitId, UserId
from hoistway.store import unit_access
from hoistway.store.change_row import change_row
from hoistway.store.db import Writer
from hoistway.store.memberships import Membership, put_membership
from hoistway.store.sites import Site, put_sites, set_site_disabled
from hoistway.store.unit_access import UnitAccess, put_access, remove_access
from hoistway.store.units import Unit, find_unit, put_units, set_unit_disabled
from tests.attacks.asking import bearer, daemon_token
from tests.engines import EngineName, drop_database, fresh_database
from tests.flows.browser import Person
from tests.server import Served, change, populate, serving
from tests.world import NOW, A, B

HERE = "/api/v1/units"
UNIT, SITE = UnitId("US-c-a-10"), SiteId("c-a-s1")
Work = Callable[[Writer], Awaitable[object]]


@dataclass
class Workers:
    """Two on one database; `read` are the customers whose units were read from it."""

    both: tuple[Served, Served]
    tokens: dict[Served, dict[str, str]] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)

    def page(self, served: Served, client: str = "daemon", **params: str) -> httpx2.Response:
        reply = bearer(served, self.tokens[served][client], HERE, **params)
        assert reply.status_code == 200, reply.text
        return reply

    def kept(self, client: str = "daemon", **params: str) -> Any:
        """The page as both give it, after they keep it: the third time nothing is read."""
        for served in self.both:
            for _ in range(2):
                self.page(served, client, **params)
        self.read.clear()
        pages = [self.page(served, client, **params).json() for served in self.both]
        assert self.read == []
        assert pages[0] == pages[1]
        return pages[0]

    def write(self, work: Work) -> None:
        """By a third process; it has its answer when this returns."""

        async def run(tx: Writer) -> None:
            await work(tx)

        change(self.both[0].database, run)


@pytest.fixture
def workers(engine_name: EngineName, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workers]:
    url = fresh_database(engine_name, populate)
    with serving(url) as one, serving(url) as other:
        made, seen_units = Workers((one, other)), unit_access.seen_units
        for served in made.both:
            made.tokens[served] = {name: daemon_token(served, name) for name in ("daemon", "daemon-b")}

        async def see(db: Any, reach: Any, **more: Any) -> Any:
            made.read.append(reach.customer_id)
            return await seen_units(db, reach, **more)

        monkeypatch.setattr("hoistway.api.units.seen_units", see)
        yield made
    drop_database(url)


async def _capacity(tx: Writer) -> None:
    unit = await find_unit(tx, UNIT)
    assert unit is not None
    await put_units(tx, [replace(unit, capacity_kg=777, updated_at=NOW + 1)])


async def _move(tx: Writer) -> None:
    unit = await find_unit(tx, UNIT)
    assert unit is not None
    await put_units(tx, [replace(unit, site_id=SiteId("c-a-s2"), updated_at=NOW + 1)])


async def _new(tx: Writer) -> None:
    await put_units(tx, [Unit(UnitId("US-a"), SITE, "elevator", NOW)])
    await put_access(tx, [UnitAccess(A, UnitId("US-a"), "owner", SITE, "elevator")])


CHANGES: dict[str, Work] = {
    "a unit": _capacity,
    "a unit's site": _move,
    "a new unit": _new,
    "one column of a unit": lambda tx: change_row(tx, "units", UNIT, {"serial_number": "S"}),
    "a site": lambda tx: put_sites(tx, [Site(SITE, "Renamed", "", "", "", "DE", NOW)]),
    "one column of a site": lambda tx: change_row(tx, "sites", SITE, {"city": "Other"}),
    "a disabled unit": lambda tx: set_unit_disabled(tx, UNIT, NOW),
    "a disabled site": lambda tx: set_site_disabled(tx, SITE, NOW),
    "who manages": lambda tx: put_access(tx, [UnitAccess(A, UNIT, "manager", SITE, "elevator")]),
    "the customer's number": lambda tx: put_access(tx, [UnitAccess(A, UNIT, "owner", SITE, "escalator", "L1")]),
    "a unit out of sight": lambda tx: remove_access(tx, A, UNIT, NOW),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_was_written_is_in_the_next_page_of_every_worker(workers: Workers, what: str) -> None:
    before = workers.kept()
    workers.write(CHANGES[what])
    pages = [workers.page(served).json() for served in workers.both]
    assert pages[0] == pages[1] != before
    assert workers.read == [A, A]
    assert workers.kept() == pages[0]


def test_back_and_forth(workers: Workers) -> None:
    """A page as it was before is read anew, too: revisions never come again."""
    before = workers.kept()
    for _ in range(3):
        workers.write(lambda tx: set_unit_disabled(tx, UNIT, NOW))
        assert [len(workers.page(served).json()["items"]) for served in workers.both] == [9, 9]
        workers.write(lambda tx: set_unit_disabled(tx, UNIT, None))
        assert [workers.page(served).json() for served in workers.both] == [before, before]
    workers.write(lambda tx: remove_access(tx, A, UNIT, NOW))
    assert [len(workers.page(served).json()["items"]) for served in workers.both] == [9, 9]
    workers.write(lambda tx: put_access(tx, [UnitAccess(A, UNIT, "owner", SITE, "escalator")]))
    assert [workers.page(served).json()["items"] for served in workers.both] == [before["items"]] * 2


def test_what_is_another_customers_ends_no_page(workers: Workers) -> None:
    before, other = workers.kept(), workers.kept("daemon-b")
    assert not {item["unitId"] for item in before["items"]} & {item["unitId"] for item in other["items"]}
    workers.write(lambda tx: change_row(tx, "sites", "c-b-s1", {"city": "Other"}))
    workers.read.clear()
    for served in workers.both:
        assert workers.page(served).json() == before
        assert workers.page(served, "daemon-b").json() != other
    assert workers.read == [B, B]


def test_each_question_has_its_own_page(workers: Workers) -> None:
    seen = {}
    for params in ({}, {"limit": "3"}, {"limit": "4"}, {"type": "escalator"}, {"site": "c-a-s2"}, {"site": "c-b-s1"},
                   {"site": "c-a-s2", "type": "elevator"}):  # fmt: skip
        page = workers.kept(**params)
        seen[str(page)] = page
        if page["next_cursor"] is not None:
            following = workers.kept(**params, cursor=page["next_cursor"])
            seen[str(following)] = following
    # What another customer's site holds is nothing.
    assert sorted(len(page["items"]) for page in seen.values()) == [0, 2, 3, 3, 4, 4, 4, 5, 10]


def test_tags_links_and_gzip_are_those_of_a_page_that_was_read(workers: Workers) -> None:
    served = workers.both[0]
    replies = [workers.page(served, limit="6") for _ in range(4)]
    assert len({reply.content for reply in replies}) == 1
    for name in ("etag", "link", "content-encoding", "cache-control", "content-type", "vary"):
        assert len({reply.headers[name] for reply in replies}) == 1, name
    url, token = f"{served.url}{HERE}", workers.tokens[served]["daemon"]
    headers = {"authorization": f"Bearer {token}", "accept-encoding": "identity"}
    plain = [httpx2.get(url, params={"limit": "6"}, headers=headers) for _ in range(2)]
    assert [reply.content for reply in plain] == [replies[0].content] * 2
    assert plain[0].headers["etag"] == plain[1].headers["etag"] != replies[0].headers["etag"]
    same = httpx2.get(url, params={"limit": "6"}, headers={**headers, "if-none-match": plain[0].headers["etag"]})
    assert same.status_code == 304


def test_members_who_see_a_part_are_never_given_a_kept_page(workers: Workers) -> None:
    """What they see changes with their membership, and is not what the customer sees."""
    served = workers.both[0]
    workers.kept()
    token = Person(served).tokens("spa", "few", "openid units.read")["access_token"]
    for _ in range(3):
        assert len(bearer(served, token, HERE).json()["items"]) == 5
    row = Membership(UserId("u-few"), A, "member", "some", NOW)
    workers.write(lambda tx: put_membership(tx, row, units=[UNIT]))
    assert [item["unitId"] for item in bearer(served, token, HERE).json()["items"]] == [UNIT]
    assert len(workers.page(served).json()["items"]) == 10


def test_who_may_ask_is_judged_each_time(workers: Workers) -> None:
    workers.kept()
    for token in ("x", "none", workers.tokens[workers.both[1]]["daemon"][:-8] + "AAAAAAAA"):
        assert bearer(workers.both[0], token, HERE).status_code == 401


def test_walking_through_a_list_keeps_nothing(workers: Workers) -> None:
    served, cursor, read = workers.both[0], None, 0
    while read < 10:
        page = workers.page(served, limit="2", **({"cursor": cursor} if cursor else {})).json()
        cursor, read = page["next_cursor"], read + len(page["items"])
    assert workers.read == [A] * 5
