"""Redirect URIs: until client and address are proven there is an error page and nothing is sent anywhere."""

import httpx2
import pytest

from hoistway.protocol.errors import InvalidRequest
from hoistway.protocol.redirect_uri import check_registrable
from hoistway.store.clients import add_client
from hoistway.store.db import Writer
from tests.attacks.asking import CHALLENGE
from tests.flows.browser import Person, answer_of
from tests.sandbox import IN_SANDBOX, add_sandbox
from tests.server import Served, change
from tests.world import CALLBACK, client

HOST = "http://127.0.0.1:8499"


def assert_page(served: Served, client_id: str, redirect_uri: str, **more: str) -> None:
    """The same over GET and POST, with prompt=none and with every response mode."""
    asked = {"client_id": client_id, "redirect_uri": redirect_uri, "response_type": "code", "state": "st", **CHALLENGE}
    asked |= {"scope": "openid", **more}
    url = f"{served.url}/oauth2/authorize"
    for reply in (
        httpx2.get(url, params=asked, verify=False),
        httpx2.get(url, params={**asked, "prompt": "none"}, verify=False),
        httpx2.get(url, params={**asked, "response_mode": "form_post"}, verify=False),
        httpx2.post(url, data=asked, verify=False),
    ):
        assert reply.status_code == 400
        assert "location" not in reply.headers
        assert reply.headers["content-type"].startswith("text/html")
        assert "set-cookie" not in reply.headers
        assert "<form" not in reply.text
        assert reply.headers["x-correlation-id"] in reply.text
        assert "evil" not in reply.text


@pytest.mark.parametrize(
    "uri",
    [
        f"{CALLBACK}/evil",
        f"{CALLBACK}.evil.example",
        f"{CALLBACK}?evil=1",
        f"{CALLBACK}#evil",
        CALLBACK[:-1],
        f"{HOST}.evil.example/callback",
        "http://evil.127.0.0.1:8499/callback",
        "http://127.0.0.1:84990/callback",
        HOST,
    ],
)
def test_no_prefix_and_no_subdomain(served: Served, uri: str) -> None:
    """Row 1."""
    assert_page(served, "spa", uri)


@pytest.mark.parametrize(
    ("client_id", "uri"),
    [
        ("spa", "http://127.0.0.1:8499@evil.example/callback"),
        ("spa", "http://127.0.0.1:8499:x@evil.example/callback"),
        ("spa", "http://user@127.0.0.1:8499/callback"),
        ("native", "http://127.0.0.1:80@evil.example/callback"),
        ("native", "http://localhost:80@evil.example/callback"),
        ("native", "http://127.0.0.1:@evil.example/callback"),
    ],
)
def test_no_user_information(served: Served, client_id: str, uri: str) -> None:
    """Row 2."""
    assert_page(served, client_id, uri)


@pytest.mark.parametrize(
    "tail",
    [
        "/callback/..",
        "/callback/../callback",
        "/./callback",
        "/x/../callback",
        "/callback%2f..%2fevil",
        "/callback%252f..%252fevil",
        "/callback/..;/evil",
        "/callback/%2e%2e/evil",
        "//callback",
        "/callback%00",
        "/c%61llback",
    ],
)
@pytest.mark.parametrize("client_id", ["spa", "native"])
def test_no_path_that_means_another(served: Served, client_id: str, tail: str) -> None:
    """Row 3."""
    assert_page(served, client_id, f"{HOST}{tail}")


@pytest.mark.parametrize(
    ("client_id", "uri"),
    [
        ("spa", "http://127x0x0x1:8499/callback"),
        ("spa", "http://127.0.0.1:8499/.*"),
        ("spa", "http://127.0.0.1:8499/*"),
        ("spa", "*"),
        ("native", "comxexamplexapp:/callback"),
        ("native", "http://127x0x0x1:5000/callback"),
        ("native", "com.example.app.evil:/callback"),
    ],
)
def test_a_registered_uri_is_no_pattern(served: Served, client_id: str, uri: str) -> None:
    """Row 4."""
    assert_page(served, client_id, uri)


@pytest.mark.parametrize(
    ("client_id", "uri"),
    [
        ("spa", "HTTP://127.0.0.1:8499/callback"),
        ("spa", "http://127.0.0.1:8499/CALLBACK"),
        ("spa", "http://127.0.0.1:8499/callback/"),
        ("spa", "https://127.0.0.1:8499/callback"),
        ("spa", "http://localhost:8499/callback"),
        ("spa", "http://127.0.0.1:9999/callback"),
        ("spa", " http://127.0.0.1:8499/callback"),
        ("native", "http://localhost:5000/callback"),
        ("native", "http://[::1]:5000/callback"),
        ("native", "http://127.0.0.2:5000/callback"),
        ("native", "http://127.1:5000/callback"),
        ("native", "http://127.0.0.1:5000/callback?evil=1"),
        ("native", "http://127.0.0.1:5000/Callback"),
        ("native", "http://127.0.0.1:99999/callback"),
        ("native", "https://127.0.0.1:5000/callback"),
        ("native", "http://evil.example:5000/callback"),
        ("native", "COM.EXAMPLE.APP:/callback"),
    ],
)
def test_no_case_variant_and_no_other_loopback(served: Served, client_id: str, uri: str) -> None:
    """Row 5."""
    assert_page(served, client_id, uri)


SCRIPTS = [
    "javascript:alert(1)",
    "JavaScript:alert(1)//http://127.0.0.1:8499/callback",
    "java\tscript:alert(1)",
    "data:text/html,evil",
    "vbscript:evil",
    "file:///etc/passwd",
    "blob:http://127.0.0.1:8499/x",
]


@pytest.mark.parametrize("uri", SCRIPTS)
def test_no_scheme_that_runs_script(served: Served, uri: str) -> None:
    """Row 6: neither at the authorization endpoint nor at registration, native or not."""
    for client_id, native in (("spa", False), ("native", True)):
        assert_page(served, client_id, uri)
        with pytest.raises(InvalidRequest):
            check_registrable(uri, native=native)


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "evil"},
        {"client_id": ""},
        {"client_id": "SPA"},
        {"redirect_uri": ""},
        {"redirect_uri": "https://evil.example/"},
        {"client_id": "evil", "redirect_uri": "https://evil.example/"},
    ],
)
def test_nothing_is_redirected_before_the_destination_is_proven(served: Served, change: dict[str, str]) -> None:
    """Row 7: whatever else is wrong with the request."""
    asked = {"client_id": "spa", "redirect_uri": CALLBACK, **change}
    assert_page(served, **asked)
    assert_page(served, **asked, response_type="evil")
    assert_page(served, **asked, request_uri="https://evil.example/")


RETURNS = ["/\\evil.example", "//evil.example", "/\tevil.example", "/\n/evil.example", "\\\\evil.example", "/%09/evil"]


@pytest.mark.parametrize("url", RETURNS)
def test_no_return_url_that_leads_elsewhere(served: Served, url: str) -> None:
    """Row 8: as a redirect URI, and as the address after signing out."""
    assert_page(served, "spa", url)
    assert_page(served, "spa", f"{CALLBACK}{url}")
    for uri in (url, f"http://127.0.0.1:8499{url}", f"http://127.0.0.1:8499/{url}"):
        for more in ({}, {"client_id": "spa"}):
            reply = httpx2.get(
                f"{served.url}/oauth2/logout",
                params={"post_logout_redirect_uri": uri, "state": "evil", **more},
                verify=False,
            )
            assert reply.status_code == 200
            assert "location" not in reply.headers
            assert "evil" not in reply.text


EVIL = "https://evil.example/cb"
IN_FRAME = {"sec-fetch-dest": "iframe"}


async def _tried_out(tx: Writer) -> None:
    await add_sandbox(tx)
    uris = {"redirect_uris": (EVIL,), "post_logout_redirect_uris": (EVIL,)}
    await add_client(tx, client("sand-evil", "single-page", consent="asked", **uris, **IN_SANDBOX))
    await add_client(tx, client("proven", "single-page", **{**uris, "post_logout_redirect_uris": (f"{EVIL}/2",)}))
    await add_client(
        tx, client("sand-same", "single-page", **{**uris, "post_logout_redirect_uris": (f"{EVIL}/2",)}, **IN_SANDBOX)
    )


@pytest.fixture(scope="module")
def tried_out(served: Served) -> None:
    change(served.database, _tried_out)


def assert_asks(reply: httpx2.Response) -> None:
    assert reply.status_code == 200
    assert "location" not in reply.headers
    assert "refresh" not in reply.headers
    assert "<bdi>evil.example</bdi>" in reply.text
    assert "form_post.js" not in reply.text
    assert "http-equiv" not in reply.text


ERRORS = ({"prompt": "none"}, {"scope": "evil"}, {"code_challenge": ""}, {"response_type": "evil"}, {"request": "x"})


@pytest.mark.usefixtures("tried_out")
@pytest.mark.parametrize("more", ERRORS)
@pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
def test_a_sandbox_application_leads_nobody_away_unasked(served: Served, more: dict[str, str], mode: str) -> None:
    """Row 8: anybody registers any host there; a link to our host leads to it only by a page of ours that names it. Where a
    hidden frame asks, nothing is shown; production and loopback go on as they did."""
    asked = {"redirect_uri": EVIL, "scope": "openid", "response_mode": mode, **CHALLENGE, **more}
    person = Person(served)
    assert_asks(person.authorize("sand-evil", **asked))
    assert_asks(
        person.follow(
            person.http.post("/oauth2/authorize", data={"client_id": "sand-evil", "response_type": "code", **asked})
        )
    )
    for headers in ({"sec-fetch-dest": "document"}, {"sec-fetch-dest": "empty"}):
        person.http.headers.update(headers)
        assert_asks(person.authorize("sand-evil", **asked))
    person.http.headers.update(IN_FRAME)
    framed = person.authorize("sand-evil", **asked)
    assert framed.status_code == (200 if mode == "form_post" else 303)
    assert "<bdi>evil.example</bdi>?" not in framed.text
    del person.http.headers["sec-fetch-dest"]
    if mode != "form_post":
        assert "error" in answer_of(person.authorize("proven", **asked).headers["location"])
        assert "error" in answer_of(person.authorize("sand", **{**asked, "redirect_uri": CALLBACK}).headers["location"])


@pytest.mark.usefixtures("tried_out")
def test_who_cancels_and_who_allows_saw_where_it_leads(served: Served) -> None:
    """Row 8: pages of ours named the host."""
    person = Person(served)
    page = person.authorize("sand-evil", redirect_uri=EVIL, scope="openid", **CHALLENGE)
    assert "<bdi>evil.example</bdi>" in page.text
    page = person.sign_in(page, "ann")
    assert "<bdi>evil.example</bdi>" in page.text
    for decision, word in (("deny", "error"), ("allow", "code")):
        reply = person.submit("/interaction", page, decision=decision)
        assert word in answer_of(reply.headers["location"])


@pytest.mark.usefixtures("tried_out")
@pytest.mark.parametrize("more", [{}, {"client_id": "sand-evil"}, {"state": "s"}])
def test_signing_out_of_a_sandbox_application_leads_nobody_away_unasked(served: Served, more: dict[str, str]) -> None:
    """Row 8."""
    leave = {"post_logout_redirect_uri": EVIL, **more}
    assert_asks(Person(served).get("/oauth2/logout", **leave))
    person = Person(served)
    person.code("spa", "ann")
    question = person.get("/oauth2/logout", **leave)
    assert_asks(question)
    assert person.submit("/oauth2/logout", question).headers["location"].startswith(EVIL)


@pytest.mark.usefixtures("tried_out")
def test_signing_out_where_an_application_in_production_has_the_same_address(served: Served) -> None:
    """Row 8."""
    leave = {"post_logout_redirect_uri": f"{EVIL}/2"}
    assert Person(served).get("/oauth2/logout", **leave).headers["location"] == f"{EVIL}/2"
    assert_asks(Person(served).get("/oauth2/logout", **leave, client_id="sand-same"))


def test_signing_out_by_the_hint_of_another_application(served: Served) -> None:
    """Row 8: the hint proves who asks, so the application that is named must be the one that got it (RP-Initiated Logout 1.0
    section 2); nobody is signed out, and nothing leads away."""
    person = Person(served)
    hint = person.tokens("spa", "ann")["id_token"]
    for more in ({}, {"post_logout_redirect_uri": "http://127.0.0.1:8499/"}):
        asked = {"id_token_hint": hint, **more}
        for client_id in ("web", "SPA", "nobody"):
            for reply in (
                person.get("/oauth2/logout", **asked, client_id=client_id),
                person.http.post("/oauth2/logout", data={**asked, "client_id": client_id}),
            ):
                assert reply.status_code == 400
                assert not {"location", "set-cookie"} & set(reply.headers)
                assert "id_token_hint" in reply.text
    assert "code" in answer_of(person.authorize("spa", scope="openid", prompt="none", **CHALLENGE).headers["location"])
    asked = {"id_token_hint": hint, "post_logout_redirect_uri": "http://127.0.0.1:8499/"}
    assert person.get("/oauth2/logout", **asked, client_id="spa").headers["location"] == "http://127.0.0.1:8499/"


PORTS = "http://127.0.0.1/signed-out"


async def _native(tx: Writer) -> None:
    uris = (PORTS, "com.example.app:/signed-out")
    await add_client(tx, client("native-out", "desktop", post_logout_redirect_uris=uris))
    await add_client(tx, client("web-out", "web", post_logout_redirect_uris=("http://127.0.0.1/web-out",)))


@pytest.fixture(scope="module")
def native(served: Served) -> None:
    change(served.database, _native)


@pytest.mark.usefixtures("native")
@pytest.mark.parametrize("more", [{}, {"client_id": "native-out"}])
def test_a_native_application_comes_back_on_any_port_after_signing_out(served: Served, more: dict[str, str]) -> None:
    """Row 5: RFC 8252 section 7.3, as at sign-in, and nothing else differs."""

    def leads(uri: str, **other: str) -> str | None:
        reply = Person(served).get("/oauth2/logout", post_logout_redirect_uri=uri, **{**more, **other})
        return reply.headers.get("location")

    for uri in (PORTS, "http://127.0.0.1:51234/signed-out", "com.example.app:/signed-out"):
        assert leads(uri) == uri
    assert leads("http://127.0.0.1:51234/signed-out", state="s") == "http://127.0.0.1:51234/signed-out?state=s"
    for uri in (
        "http://localhost:51234/signed-out", "http://127.0.0.1:51234/other", "https://127.0.0.1:51234/signed-out",
        "http://127.0.0.1:51234/signed-out?x=1", "http://127.0.0.1:99999/signed-out", "http://127.0.0.1:80@evil.example/signed-out",
        "http://evil.example:51234/signed-out", "http://127.0.0.1:51234/web-out",
    ):  # fmt: skip
        assert leads(uri) is None, uri
    assert leads("http://127.0.0.1:51234/signed-out", client_id="spa") is None
