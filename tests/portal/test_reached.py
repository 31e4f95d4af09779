"""Every page of portal, console and account is reached by links, by whoever may open it, and no link leads to a refusal."""

from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

import httpx2

from hoistway import clock
from hoistway.portal.docs.described import operations
from hoistway.portal.docs.guides import NAMES
from hoistway.routes import ROUTES
from hoistway.routing import find_route
from hoistway.store.db import Writer
from hoistway.store.recent_requests import RecentRequest, add_requests
from hoistway.store.users import add_user
from hoistway.things.registry import THINGS as KINDS
from tests.attacks.overtaken import BASE, Room, room, run
from tests.attacks.overtaking import furnish
from tests.attacks.test_pool import THINGS
from tests.attacks.test_staff import begin_to_act
from tests.engines import EngineName, drop_database, fresh_database
from tests.portal.links import kind
from tests.server import change, populate
from tests.world import A, user

WHO = {
    "nobody": None, "a member": "u-ann", "an administrator": "u-adam", "an operator": "u-olga", "support": "u-sue",
    "an auditor": "u-aude", "support that acts for a customer": "u-sue",
}  # fmt: skip
STAFF = ("an operator", "support", "an auditor")
UNLINKED = {
    "/dev/outbox": "what a demonstration says at its start",
    "/dev/outbox/{id}": "a mail of the page above",
    "/oauth2/authorize": "applications send browsers here",
    "/oauth2/logout": "applications send browsers here",
    "/account/factors/confirm": "the page of factors leads here when the last proof is ten minutes old",
    "/reset/new": "the link in a mail",
    "/account/email/confirm": "the link in a mail",
    "/address/back": "the link in a mail",
    "/invitation": "the link in a mail",
    "/sign-in/provider/{id}": "leads on to the company's provider",
    "/sign-in/provider/{id}/callback": "the company's provider sends browsers back here",
    "/sign-in/second": "the sign-in sends browsers here",
    "/sign-in/enrol": "the sign-in sends browsers here",
    "/sign-in/provider/signed-out": "the company's provider sends browsers back here after signing out",
    "/interaction": "the authorization endpoint sends browsers here",
    "/portal/try/callback": "the authorization endpoint sends browsers back here",
    "/static/{name}": "part of pages",
}
"""Pages that no link leads to, and why."""
REDIRECTS = {"/", "/language"}
"""Addresses that are no page: they lead on."""
SIGNED_OUT = {"/sign-in", "/reset"}
"""Pages to which whoever is signed in comes by signing out."""
OF_A_CUSTOMER = {"/portal/applications", "/portal/usage"}
"""Guides lead everybody here. The operator's people belong to no customer: they are told to act for one."""
EXPANDED = {
    "/portal/guides/{name}": NAMES,
    "/portal/reference/{operation}": tuple(operations()),
    "/portal/try/{operation}": tuple(operations()),
    "/console/{word}": tuple(KINDS),
}
"""Routes behind which each word is a page of its own."""
OF_A_KIND = 2


class Links(HTMLParser):
    """Where a page leads without changing anything: links, pictures, suggestions, and forms that ask, as their
    first button sends them."""

    def __init__(self, at: str) -> None:
        super().__init__()
        self.at, self.form = at, ""
        self.asked: dict[str, str] = {}
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if "data-suggest" in has:
            self._lead(f"{has['data-suggest']}?q=a")
        if tag == "a":
            self._lead(has.get("href", ""))
        elif tag == "img":
            self._lead(has.get("src", ""))
        elif tag == "form" and has.get("method", "get").lower() == "get":
            self.form, self.asked = has.get("action") or self.at, {}
        elif (
            self.form and "name" in has and tag in {"input", "button"} and has.get("type") not in {"radio", "checkbox"}
        ):
            self.asked.setdefault(has["name"], has.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self.form:
            self._lead(f"{self.form}?{urlencode(self.asked)}" if self.asked else self.form)
            self.form = ""

    def _lead(self, address: str) -> None:
        whole = urljoin(f"{BASE}{self.at}", address)
        if address and whole.startswith(f"{BASE}/"):
            self.found.append(whole.removeprefix(BASE).partition("#")[0])


def page_of(address: str) -> str:
    """The route, or the one page behind it."""
    path = urlsplit(address).path
    route, named = find_route(path)
    if route is None:
        return path
    return path if route.path in EXPANDED and next(iter(named.values())) in EXPANDED[route.path] else route.path


def pages() -> Iterator[tuple[str, str]]:
    """(what is to be reached, an address of it)"""
    for route in ROUTES:
        if "GET" in route.methods and route.surface == "page":
            for word in EXPANDED.get(route.path, ()):
                address = route.path[: route.path.index("{")] + word
                yield address, address
            if route.path not in EXPANDED:
                yield route.path, THINGS.get(route.path, route.path)


async def walk(here: Room, *, staff: bool) -> tuple[set[str], list[str]]:
    """What the links lead to from the first page on, a few of a kind; and which lead to a refusal."""
    waiting, seen, kinds, reached, refused = ["/"], {"/"}, Counter[str](), set[str](), list[str]()
    while waiting:
        address = waiting.pop(0)
        reply = await here.http.get(address)
        reached.add(page_of(address))
        if reply.status_code >= 400 and not (reply.status_code == 403 and staff and address in OF_A_CUSTOMER):
            refused.append(f"{address}: {reply.status_code}")
        for link in leads(reply, address):
            what = f"{page_of(link)} {kind(link)}"
            if link not in seen and kinds[what] < OF_A_KIND:
                seen.add(link)
                kinds[what] += 1
                waiting.append(link)
    return reached, refused


def leads(reply: httpx2.Response, address: str) -> list[str]:
    if reply.is_redirect:
        target = urljoin(f"{BASE}{address}", reply.headers["location"])
        return [target.removeprefix(BASE)] if target.startswith(f"{BASE}/") else []
    if not reply.headers.get("content-type", "").startswith("text/html"):
        return []
    links = Links(urlsplit(address).path)
    links.feed(reply.text)
    return links.found


CALL = RecentRequest(
    id="1", at=clock.now(), customer_id=A, client_id="app", subscription_id="", surface="api", operation="listUnits", status=200,
    cause="", detail="", took_ms=1.0, correlation_id="c-1", failed=0,
)  # fmt: skip


async def with_staff(tx: Writer) -> None:
    await furnish(tx)
    await add_user(tx, user("sue", None, "employee", "support"))
    await add_user(tx, user("aude", None, "employee", "auditor"))
    await add_requests(tx, [CALL])


def furnished(url: str) -> None:
    populate(url)
    change(url, with_staff)


def test_every_page_is_reached_by_links_by_whoever_may_open_it(engine_name: EngineName) -> None:
    url = fresh_database(engine_name, furnished)
    every: set[str] = set()

    async def look(who: str, user_id: str | None) -> None:
        async with room(url, four_eyes=True) as here:
            if user_id is not None:
                await here.sign_in(user_id)
            if who.endswith("acts for a customer"):
                await begin_to_act(here)
            reached, refused = await walk(here, staff=who in STAFF)
            opened = {page for page, address in pages() if (await here.http.get(address)).status_code == 200}
        known = UNLINKED.keys() | (SIGNED_OUT if user_id else set())
        assert refused == [], who
        assert opened - reached - known == set(), f"no link leads {who} here"
        every.update(opened)

    async def work() -> None:
        for who, user_id in WHO.items():
            await look(who, user_id)

    try:
        run(work)
    finally:
        drop_database(url)
    assert {page for page, _ in pages()} - every - UNLINKED.keys() - REDIRECTS == set()
