"""The console's lists: in the order of names, page by page, with what tells one line from another; units by what people know of them."""

import asyncio
import re
from html import unescape

import pytest
from msgspec.structs import replace

from hoistway.console.things.organisations import address_line
from hoistway.protocol.ids import CustomerId, SiteId, UnitId
from hoistway.store.customers import Customer, add_customer
from hoistway.store.memberships import Membership, put_membership
from hoistway.store.open import open_database
from hoistway.store.search import search
from hoistway.store.sites import Site, put_sites
from hoistway.store.unit_access import UnitAccess, put_access
from hoistway.store.units import Unit, put_units
from hoistway.store.users import add_user
from tests.portal.signing_in import Visitor
from tests.server import Served
from tests.store.before import on_connection
from tests.world import A, B, is_named, user

MANY = 120


def _linked(page: str, word: str) -> list[str]:
    return re.findall(rf'<th scope="row"><a href="/console/{word}/([^"]+)">', page)


async def test_a_list_is_in_the_order_of_names_over_all_its_pages(migrated_url: str) -> None:
    db = await open_database(migrated_url)
    names = ["Oak", "Ash", "Elm", "Ash", "Yew"]
    async with db.write() as tx:
        for number, name in enumerate(names):
            await add_customer(tx, Customer(CustomerId(f"t-{9 - number}"), name, 0))
    seen: list[tuple[str, str]] = []
    after = ""
    while rows := await search(db, "customers", "t-", after=after, most=2):
        seen += [(row.title, row.id) for row in rows]
        after = rows[-1].id
    whole = [(row.title, row.id) for row in await search(db, "customers", "", after="t-6", most=50)]
    await db.close()
    assert [name for name, _ in seen] == sorted(names)
    assert seen == sorted(seen)
    assert [line for line in whole if line[1].startswith("t-")] == seen[1:], "the list goes on with the other Ash"


def _many_units(served: Served) -> None:
    async def fill() -> None:
        db = await open_database(served.database)
        async with db.write() as tx:
            await add_customer(tx, Customer(CustomerId("c-many"), "Many Units Ltd", 0))
            await put_sites(tx, [Site(SiteId("s-many"), "Quay", "Harbour Road 9", "20457", "Hamburg", "DE", 0)])
            units = [
                Unit(UnitId(f"MU-{n:04}"), SiteId("s-many"), "elevator", 0, serial_number=f"Z{n}") for n in range(MANY)
            ]
            await put_units(tx, units)
            owned = [
                UnitAccess(CustomerId("c-many"), unit.id, "owner", unit.site_id, "elevator", f"HH/{n}")
                for n, unit in enumerate(units)
            ]
            await put_access(tx, owned)
        await db.close()

    asyncio.run(fill())


@pytest.fixture
def operator(served: Served) -> Visitor:
    _many_units(served)
    return Visitor(served.url).sign_in("olga")


def test_units_are_found_by_what_people_know_and_paged(served: Served, operator: Visitor) -> None:
    for text in ("mu-0007", "Z7", "hh/7", "harbour", "QUAY", "many units"):
        assert "MU-0007" in _linked(operator.get(f"/console/units?q={text}").text, "units"), text
        assert "Quay, Harbour Road 9, Hamburg" in operator.page
    for kind, row_id, page in (("customer", "c-many", "customers"), ("site", "s-many", "sites")):
        assert len(_linked(operator.get(f"/console/{page}/{row_id}").text, "units")) == 10
        address, seen = f"/console/units?{kind}={row_id}", list[str]()
        assert f'<a href="{address}">' in operator.page
        while address:
            seen += _linked(operator.get(address).text, "units")
            following = re.search(r'<a href="([^"]+)" rel="next">', operator.page)
            address = following[1].replace("&amp;", "&") if following else ""
        assert seen == [f"MU-{n:04}" for n in range(MANY)]
    assert operator.get("/console/units?customer=nobody").status_code == 404
    page = operator.get("/console/customers?q=many").text
    assert re.search(r"Many Units Ltd.*?<td class=\"number\"><bdi>0</bdi></td>", page, re.DOTALL)
    assert "Customer c-a" in operator.get("/console/users?q=ann").text, "a person is told by the customer"
    operator.close()


@pytest.mark.parametrize(
    ("known", "line"),
    [
        (("Harbour Street 1", "20457", "Hamburg", "DE"), "Harbour Street 1, 20457 Hamburg, DE"),
        (("Harbour Street 1", "", "Hamburg", ""), "Harbour Street 1, Hamburg"),
        (("", "20457", "", "DE"), "20457, DE"),
        (("", "", "", ""), ""),
    ],
)
def test_an_address_has_no_commas_for_what_is_not_known(known: tuple[str, str, str, str], line: str) -> None:
    assert address_line(Site(SiteId("s"), "Port", *known, 0)) == line


def test_people_are_found_by_beginnings_and_paged_for_one_customer_or_all(served: Served) -> None:
    async def fill() -> None:
        db = await open_database(served.database)
        async with db.write() as tx:
            for number in range(MANY):
                name, of = f"lin-{number}@example.com", B if number % 2 else A
                person = replace(
                    user(f"lin{number}", of), username=name, name=f"Robin Lindqvist {number:03}", emails=(name,)
                )
                await add_user(tx, person)
                await put_membership(tx, Membership(person.id, of, "member", "all", 0))
        await db.close()

    asyncio.run(fill())
    operator = Visitor(served.url).sign_in("olga")
    for begin, count in (("/console/users?q=lind", MANY), (f"/console/users?customer={A}&q=lind+rob", MANY // 2)):
        seen, address = list[str](), begin
        while address:
            seen += _linked(operator.get(address).text, "users")
            following = re.search(r'<a href="([^"]+)" rel="next">', operator.page)
            address = unescape(following.group(1)) if following else ""
        assert len(seen) == len(set(seen)) == count, begin
    own = operator.get(f"/console/customers/{A}").text
    assert f'<a href="/console/users?customer={A}">All people, page by page, with a search</a>' in own
    assert f'name="customer" value="{A}"' in operator.get(f"/console/users?customer={A}").text
    assert "Ann" in operator.page
    assert not is_named("Bob", operator.page)
    assert "the middle of a word finds nobody" in operator.get("/console/users?q=qvist").text
    assert operator.get("/console/users?customer=nobody").status_code == 404


def test_a_search_says_while_people_are_still_to_be_indexed(served: Served) -> None:
    operator, told = Visitor(served.url).sign_in("olga"), "The search is still being built"
    assert told not in operator.get("/console/users?q=ann").text
    on_connection(
        served.database, lambda c: c.exec_driver_sql("UPDATE users SET words_rule = NULL WHERE id = 'u-ann'").close()
    )
    assert told in operator.get("/console/users?q=ann").text
    assert told not in operator.get("/console/users").text
