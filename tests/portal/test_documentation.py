"""The pages of the documentation over HTTP, on both engines: for strangers, with the reader's own values, in both languages."""

import gzip
import re
from time import perf_counter

import httpx2
import pytest

from hoistway.portal.docs.described import operations
from hoistway.portal.docs.guides import NAMES
from hoistway.store.clients import put_client
from hoistway.store.db import Writer
from tests.portal.signing_in import Visitor
from tests.server import Served, change
from tests.world import API_URI, B, client

PAGES = (
    "/portal",
    "/portal/guides",
    *(f"/portal/guides/{name}" for name in NAMES),
    "/portal/reference",
    *(one.href for one in operations().values()),
    "/portal/search?q=token",
)
EVIL = "\"'><script>alert(1)</script>{{7*7}}{{scope}}\u202e"


@pytest.mark.parametrize("lang", ["en", "de"])
def test_every_page(served: Served, lang: str) -> None:
    visitor = Visitor(served.url, lang)
    for path in PAGES:
        reply = visitor.get(path)
        assert reply.status_code == 200, path
        assert reply.headers["content-language"] == lang, path
        assert reply.text.count("<h1") == 1, path
        assert "{{" not in reply.text, path
        assert " style=" not in reply.text, path
        ids = re.findall(r'\sid="([^"]+)"', reply.text)
        assert len(set(ids)) == len(ids), path
        for target in re.findall(r'aria-labelledby="([^"]+)"', reply.text):
            assert target in ids, path
    visitor.close()


def test_pages_lead_to_their_markdown(served: Served) -> None:
    visitor = Visitor(served.url)
    for path in PAGES:
        if path in {"/portal", "/portal/guides", "/portal/search?q=token"}:
            continue
        assert f'href="{path}.md"' in visitor.get(path).text, path
        reply = visitor.get(f"{path}.md")
        assert reply.headers["content-type"] == "text/markdown; charset=utf-8", path
        assert reply.text.startswith("# "), path
        assert "{{" not in reply.text, path
    assert visitor.get("/portal/guides/nothing.md").status_code == 404
    assert visitor.get("/portal/reference/nothing").status_code == 404
    visitor.close()


def test_programs_find_every_page(served: Served) -> None:
    text = httpx2.get(f"{served.url}/llms.txt").text
    links = re.findall(r"\]\((\S+)\)", text)
    assert len(links) > len(NAMES) + 5
    for link in links:
        assert httpx2.get(link).status_code == 200, link
    robots = httpx2.get(f"{served.url}/robots.txt")
    assert "Allow: /portal\n" in robots.text
    assert robots.headers["content-type"].startswith("text/plain")


def test_a_stranger_sees_this_installation_and_nobody_s_own(served: Served) -> None:
    visitor = Visitor(served.url)
    page = visitor.get("/portal/guides/authentication").text
    assert f'<mark class="server">{served.url}/oauth2/token</mark>' in page
    assert f'<mark class="server">{API_URI}</mark>' in page
    assert '<mark class="server">ropc</mark>' in page
    assert '<mark class="blank">YOUR_TECHNICAL_ACCOUNT</mark>' in page
    assert "maxcustomerportal.onmicrosoft.com/B2C_1_ROPC/oauth2/v2.0/token" in page
    assert "daemon-a" not in page
    visitor.close()


def test_a_reader_sees_their_customer_s_and_no_other_s(served: Served) -> None:
    for person, own, other in (("ann", "a", "b"), ("bob", "b", "a")):
        visitor = Visitor(served.url).sign_in(person)
        page = visitor.get("/portal/guides/authentication").text
        assert f'<mark class="own">daemon-{own}</mark>' in page
        assert f"daemon-{other}" not in page
        page = visitor.get("/portal/reference/readUnit").text
        assert f'<mark class="own">US-c-{own}-10</mark>' in page
        assert f"US-c-{other}" not in page
        assert f"u-{person}" in visitor.get("/portal/reference/readUser.md").text
        visitor.close()


def test_somebody_who_sees_few_units_is_shown_one_of_those(served: Served) -> None:
    visitor = Visitor(served.url).sign_in("few")
    assert '<mark class="own">US-c-a-1' in visitor.get("/portal/reference/readUnit").text
    visitor.close()


def test_a_hostile_name_is_not_put_into_a_sample(served: Served) -> None:
    """A client id that a shell would run is left out; the blank stands instead."""
    evil = client("x$(id)'", "desktop", grants=("authorization_code",), customer_id=B, redirect_uris=("https://a/';x",))

    async def add(tx: Writer) -> None:
        await put_client(tx, evil)

    change(served.database, add)
    visitor = Visitor(served.url).sign_in("bob")
    page = visitor.get("/portal/guides/authentication").text
    assert "$(id)" not in page
    assert '<mark class="blank">YOUR_CLIENT_ID</mark>' in page
    visitor.close()


def test_strangers_ask_whether_a_page_changed(served: Served) -> None:
    with httpx2.Client(base_url=served.url) as http:
        first = http.get("/portal/guides/errors")
        assert first.headers["cache-control"] == "private, no-cache"
        again = http.get("/portal/guides/errors", headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        german = {"if-none-match": first.headers["etag"], "accept-language": "de"}
        assert http.get("/portal/guides/errors", headers=german).status_code == 200
    visitor = Visitor(served.url).sign_in("ann")
    mine = visitor.get("/portal/guides/errors")
    assert mine.headers["cache-control"] == "no-store"
    assert "etag" not in mine.headers
    visitor.close()


@pytest.mark.parametrize(
    "query",
    [
        EVIL,
        "<b>token</b>",
        "%00",
        "\x00",
        "a" * 5000,
        "(((",
        "\\",
        "token " * 500,
        "𝔘nicode ß ﬁ",
        "' OR 1=1 --",
        "_" * 50,
        "…",
    ],
)
def test_hostile_searches(served: Served, query: str) -> None:
    for lang in ("en", "de"):
        visitor = Visitor(served.url, lang)
        began = perf_counter()
        reply = visitor.http.get("/portal/search", params={"q": query})
        assert reply.status_code in {200, 400}
        assert perf_counter() - began < 5
        assert "<script>alert" not in reply.text
        assert "<b>" not in reply.text
        visitor.close()


def test_a_search_is_shown_with_its_matches(served: Served) -> None:
    visitor = Visitor(served.url)
    page = visitor.get("/portal/search?q=rotation").text
    assert 'href="/portal/guides/refresh#rotation"' in page
    assert "<mark>Rotation</mark>" in page
    assert 'value="rotation"' in page
    assert visitor.get("/portal/search?q=zeppelin").text.count("zeppelin") >= 2
    assert "Try fewer" in visitor.page
    assert visitor.get("/portal/search").status_code == 200
    assert visitor.get("/portal/search?q=a&q=b").status_code in {200, 400}
    visitor.close()


def test_pages_are_light(served: Served) -> None:
    """Everything that a first visit loads, before any compression."""
    visitor = Visitor(served.url)
    for path in PAGES:
        page = visitor.get(path).text
        total = len(page.encode())
        for name in set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page)):
            total += len(visitor.http.get(name).content)
        assert total < 150_000, (path, total)
        assert len(gzip.compress(page.encode())) < 40_000, path
    visitor.close()


def test_the_first_page_leads_to_the_portal(served: Served) -> None:
    reply = httpx2.get(f"{served.url}/")
    assert (reply.status_code, reply.headers["location"]) == (303, "/portal")


def test_refusals_lead_to_their_entry(served: Served) -> None:
    entries = httpx2.get(f"{served.url}/portal/guides/errors").text
    refused = httpx2.post(f"{served.url}/oauth2/token", data={"grant_type": "nonsense", "client_id": "spa"}).json()
    problem = httpx2.get(f"{served.url}/api/v1/units").json()
    for link in (refused["error_uri"], problem["type"]):
        page, _, anchor = link.partition("#")
        assert page == f"{served.url}/portal/guides/errors"
        assert f'id="{anchor}"' in entries
