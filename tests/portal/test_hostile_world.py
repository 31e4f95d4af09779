"""Every page that a link leads to, in a world where whatever carries words carries hostile ones: they stay words."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from html.parser import HTMLParser

import pytest
from sqlalchemy import Table, bindparam, update

from hoistway.protocol.ids import ApiId
from hoistway.protocol.limits import Limit
from hoistway.store.apis import APIS
from hoistway.store.clients import CLIENTS
from hoistway.store.customers import CUSTOMERS
from hoistway.store.db import Statement, Writer, nothing
from hoistway.store.messages import MESSAGES
from hoistway.store.products import PRODUCTS
from hoistway.store.requests import REQUESTS
from hoistway.store.service_accounts import SERVICE_ACCOUNTS
from hoistway.store.sites import SITES
from hoistway.store.subscriptions import SUBSCRIPTIONS
from hoistway.store.units import UNITS
from hoistway.store.users import USERS
from tests.engines import ENGINES, drop_database, fresh_database
from tests.limits.selling import Shop, product
from tests.portal.asking import PRODUCTION, approved, asked, decide, granted, made_secret, operator, visitor
from tests.portal.links import kind, links
from tests.portal.signing_in import Visitor
from tests.server import Clock, Served, change, populate, serving

WORDS: tuple[tuple[Table, str], ...] = (
    (APIS, "name"), (CLIENTS, "name"), (CLIENTS, "consent_text"), (CUSTOMERS, "name"), (MESSAGES, "text"),
    (PRODUCTS, "name"), (PRODUCTS, "description"), (PRODUCTS, "terms"), (REQUESTS, "name"), (REQUESTS, "purpose"),
    (REQUESTS, "reason"), (SERVICE_ACCOUNTS, "name"), (SITES, "name"), (SITES, "street"), (SITES, "city"),
    (SUBSCRIPTIONS, "name"), (SUBSCRIPTIONS, "message"), (UNITS, "controller_description"), (USERS, "name"),
)  # fmt: skip
OF_A_KIND = 3


def evil(table: Table, column: str) -> str:
    """Ends every kind of place that a page puts words into, then begins an element that no page has."""
    return f"\"'></textarea></title></select></script><evil-x data-evil='{table.name}.{column}'>{{{{7654321*7654321}}}}"


class Judge(HTMLParser):
    """What a browser would make of a page, as far as it matters here."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "evil-x" or any(name == "data-evil" or name.startswith("on") for name, _ in attrs):
            self.found.append(f"{tag} {attrs}")


async def poison(tx: Writer) -> None:
    for table, column in WORDS:
        values = update(table).values
        await tx.run(Statement(partial(values, {column: bindparam("evil")}), nothing), {"evil": evil(table, column)})


def fill(served: Served) -> None:
    """One of everything that people and operators make."""
    adam, olga = visitor(served, "adam"), operator(served)
    web = {"type": "web", "redirect_uris": "https://app.example/cb"}
    made_secret(adam, approved(served, adam, name="Mine", **web))
    granted(adam, **web)
    request_id = asked(adam, **{**PRODUCTION, **web, "flows_implicit": "yes", "reason": "Since 2019."})
    decide(olga, request_id, "ask", "Why?")
    shop = Shop(served, Clock())
    with closing(shop.http):
        row = shop.offer(product("gold", rate=Limit(9, 60), terms="Terms", key_use="optional"))
        _, keys = shop.subscribe(row, api_id=ApiId("customer-api"))
        for path in ("/api/v1/units/none", "/api/v1/units?limit=1"):
            shop.call(keys["primary"], path)


@pytest.fixture(scope="module", params=ENGINES)
def hostile(request: pytest.FixtureRequest) -> Iterator[Served]:
    url = fresh_database(request.param, populate)
    with serving(url) as server:
        fill(server)
    change(url, poison)
    with serving(url) as server:
        yield server
    drop_database(url)


def walk(one: Visitor, root: str) -> Iterator[str]:
    """The text of every page below the root, a few of a kind."""
    waiting, seen, kinds = [root], {root}, Counter([kind(root)])
    while waiting:
        address = waiting.pop()
        reply = one.get(address)
        if reply.status_code == 303:
            continue
        assert reply.status_code == 200, f"{address} answers {reply.status_code}"
        assert Judge(reply.text).found == [], address
        assert str(7654321**2) not in reply.text, address
        yield reply.text
        for link in links(reply.text):
            if link.startswith(root) and link not in seen and kinds[kind(link)] < OF_A_KIND:
                seen.add(link)
                kinds[kind(link)] += 1
                waiting.append(link)


def shown(pages: Iterator[str]) -> set[str]:
    """Which of the hostile words were seen, as words."""
    return {name for page in pages for name in re.findall(r"&lt;evil-x data-evil=&#39;([a-z_.]+)&#39;&gt;", page)}


DEVELOPERS = {
    "apis.name", "clients.name", "clients.consent_text", "customers.name", "messages.text", "products.name",
    "products.description", "products.terms", "requests.name", "service_accounts.name", "sites.name",
    "subscriptions.name", "subscriptions.message", "users.name",
}  # fmt: skip

# A purpose opens the thread as a message; a consent text stands on the page of consent; a unit's words in the API.
ELSEWHERE = {"requests.purpose", "clients.consent_text"}


@pytest.mark.parametrize("lang", ["en", "de"])
def test_what_developers_see(hostile: Served, lang: str) -> None:
    one = Visitor(hostile.url, lang).sign_in("adam")
    assert DEVELOPERS - shown(walk(one, "/portal")) == set()
    one.close()


def test_what_strangers_see(hostile: Served) -> None:
    one = Visitor(hostile.url)
    assert {"apis.name", "products.name"} <= shown(walk(one, "/portal"))
    one.close()


def test_what_operators_see(hostile: Served) -> None:
    one = operator(hostile)
    assert {f"{table.name}.{column}" for table, column in WORDS} - shown(walk(one, "/console")) == ELSEWHERE
    one.close()


def test_the_judge_knows_what_is_hostile() -> None:
    bad = evil(USERS, "name")
    for page in (f"<p>{bad}</p>", f'<a title="{bad}">', f"<title>{bad}</title>", f"<textarea>{bad}</textarea>"):
        assert Judge(page).found, page
    assert Judge("<p onclick=x>").found
