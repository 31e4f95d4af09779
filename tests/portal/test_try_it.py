"""The console's pages as the server writes them; tests/browser/test_try_it.py brings them to life."""

import re
from collections.abc import Iterator
from html import unescape

import httpx2
import pytest
from msgspec.structs import replace

from hoistway.portal.docs.described import operations
from hoistway.portal.own_application import CLIENT_ID
from hoistway.store.clients import find_client, put_client
from hoistway.store.db import Writer
from tests.engines import ENGINES, drop_database, fresh_database
from tests.portal.signing_in import Visitor
from tests.server import Served, change, populate, serving


def data(page: str, name: str) -> list[str]:
    return [unescape(value) for value in re.findall(rf'{name}="([^"]*)"', page)]


def test_every_operation_of_the_document_has_a_console(served: Served) -> None:
    document = httpx2.get(f"{served.url}/api/v1/openapi.json").json()
    written = {
        (operation["operationId"], method.upper(), path)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }
    assert {(one.id, one.method, one.path) for one in operations().values()} == written
    visitor = Visitor(served.url)
    for one in operations().values():
        assert visitor.get(f"/portal/try/{one.id}").status_code == 200
        assert data(visitor.page, "data-operation") == [one.id]
        assert data(visitor.page, "data-path") == [one.path]
        assert data(visitor.page, "data-name") == [parameter.name for parameter in one.parameters]
        assert ("data-body " in visitor.page) == bool(one.body)
    visitor.close()


def test_an_unknown_operation_is_not_found(served: Served) -> None:
    visitor = Visitor(served.url)
    assert visitor.get("/portal/try/dropUnits").status_code == 404
    visitor.close()


def test_the_form_begins_with_the_readers_own_values(served: Served) -> None:
    few = Visitor(served.url).sign_in("few")
    few.get("/portal/try/readUnit")
    assert 'value="US-c-a-10"' in few.page
    few.get("/portal/try/readUser")
    assert 'value="u-few"' in few.page
    assert data(few.page, "data-hint") == ["few@example.com"]
    assert data(few.page, "data-customer") == ["c-a"]
    few.close()


def test_a_stranger_sees_no_values_and_is_asked_to_sign_in(served: Served) -> None:
    visitor = Visitor(served.url)
    visitor.get("/portal/try/readUnit")
    assert "US-c-" not in visitor.page
    assert data(visitor.page, "data-hint") == []
    assert "Sign in and get a token" in visitor.page
    visitor.close()


def test_the_implicit_flow_is_offered_only_while_the_application_is_allowed_it(served: Served) -> None:
    visitor = Visitor(served.url)
    visitor.get("/portal/try")
    choice = re.search(r'<input[^>]*id="try-flow-implicit"[^>]*>', visitor.page)
    assert choice is not None
    assert " disabled" in choice[0]
    asked = {
        "client_id": CLIENT_ID, "redirect_uri": f"{served.url}/portal/try/callback", "response_type": "id_token token",
        "scope": "openid units.read", "state": "s", "nonce": "n", "prompt": "none",
    }  # fmt: skip
    answer = visitor.http.get("/oauth2/authorize", params=asked).headers["location"]
    assert "error=unauthorized_client" in answer
    visitor.close()


def test_only_pages_of_this_server_may_frame_the_callback(served: Served) -> None:
    reply = httpx2.get(f"{served.url}/portal/try/callback?code=x&state=<script>")
    policy = reply.headers["content-security-policy"]
    assert "frame-ancestors 'self'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "x-frame-options" not in reply.headers
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert reply.headers["cache-control"] == "no-store"
    assert "set-cookie" not in reply.headers
    assert "<script>" not in reply.text


def test_a_module_is_asked_for_anew_and_a_versioned_file_is_kept(served: Served) -> None:
    bare = httpx2.get(f"{served.url}/static/oauth.js")
    assert bare.headers["cache-control"] == "no-cache"
    etag = bare.headers["etag"]
    again = httpx2.get(f"{served.url}/static/oauth.js", headers={"if-none-match": etag})
    assert again.status_code == 304
    versioned = httpx2.get(f"{served.url}/static/oauth.js", params={"v": etag.strip('"')})
    assert "immutable" in versioned.headers["cache-control"]


async def _disable(tx: Writer) -> None:
    found = await find_client(tx, CLIENT_ID)
    assert found is not None
    await put_client(tx, replace(found, disabled_at=1))


@pytest.fixture(params=ENGINES)
def served_apart(request: pytest.FixtureRequest) -> Iterator[Served]:
    """A server of one test."""
    url = fresh_database(request.param, populate)
    with serving(url, cache_seconds=0) as server:
        yield server
    drop_database(url)


def test_a_console_that_is_switched_off_says_so(served_apart: Served) -> None:
    change(served_apart.database, _disable)
    visitor = Visitor(served_apart.url)
    visitor.get("/portal/try")
    assert "switched off here" in visitor.page
    assert "data-get" not in visitor.page
    visitor.close()


def test_every_chapter_that_a_lesson_leads_to_is_in_the_guide(served: Served) -> None:
    visitor = Visitor(served.url)
    visitor.get("/portal/try")
    lessons = {*data(visitor.page, "data-lesson"), *data(visitor.page, "data-refusal")}
    visitor.get("/portal/guides/errors")
    chapters = set(data(visitor.page, "id"))
    of_the_page = {"forged", "popup_blocked", "popup_closed", "no_answer", "insecure", "origin"}
    assert lessons - chapters == {"server", "other", "unreachable", *of_the_page}
    visitor.close()
