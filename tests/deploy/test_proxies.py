"""Debian's nginx and Caddy, with the files of deploy/, before a real server over TLS: what passes, who is believed, what is bounded."""

import asyncio
import json
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from uvicorn import Config

from hoistway.protocol.authorize_params import LONGEST_STATE
from hoistway.server.finished import ARRIVES_WITHIN
from hoistway.settings import Environment
from hoistway.store.audit_search import search_audit
from hoistway.store.open import open_database
from tests.deploy.document import DEPLOY
from tests.deploy.fronts import FILES, Public, fronting, make_public
from tests.engines import ENGINES, drop_database, fresh_database
from tests.server import populate, serving
from tests.world import CALLBACK, SECRET

NGINX = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
CADDY = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
FORGED = "203.0.113.9"


class Behind:
    """A server behind a proxy."""

    def __init__(self, public: Public, database: str, kind: str) -> None:
        self.public, self.database, self.kind = public, database, kind

    def browser(self, address: str = "127.0.0.1") -> httpx2.Client:
        """One that calls from that address of this machine."""
        transport = httpx2.HTTPTransport(verify=self.public.certificate.trust(), local_address=address, http2=False)
        return httpx2.Client(base_url=self.public.url, transport=transport, timeout=30)


@pytest.fixture(scope="module", params=[(kind, engine) for kind in FILES for engine in ENGINES], ids="-".join)
def behind(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    kind, engine = request.param
    folder = tmp_path_factory.mktemp(kind)
    public, database = make_public(folder), fresh_database(engine, populate)
    with serving(database, base_url=public.url, trusted_proxies=1) as served:
        upstream = urlsplit(served.url).port
        assert upstream
        with fronting(folder, kind, upstream, public):
            yield Behind(public, database, kind)
    drop_database(database)


def test_a_person_meets_the_page_and_what_belongs_to_it(behind: Behind) -> None:
    with behind.browser() as browser:
        page = browser.get("/sign-in")
        assert page.status_code == 200
        assert "strict-transport-security" in page.headers
        linked = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
        assert linked
        assert {browser.get(path).status_code for path in linked} == {200}
        assert f'{behind.public.url}"' in browser.get("/.well-known/openid-configuration").text


def test_a_program_gets_a_token_and_units(behind: Behind) -> None:
    with behind.browser() as browser:
        answer = browser.post(
            "/oauth2/token", data={"grant_type": "client_credentials"}, auth=("daemon", SECRET)
        ).json()
        units = browser.get("/api/v1/units", headers={"authorization": f"Bearer {answer['access_token']}"}).json()
        assert len(units["items"]) == 10


def addresses_of_failures(database: str) -> list[str]:
    async def read() -> list[str]:
        db = await open_database(database)
        try:
            rows = await search_audit(
                db, {"event": ["password_grant.failed"]}, since=None, until=None, before="", most=50
            )
        finally:
            await db.close()
        return [json.loads(row.detail)["address"] for row in rows]

    return asyncio.run(read())


@pytest.mark.parametrize(
    ("address", "forged"),
    [("127.0.0.5", {}), ("127.0.0.6", {"x-forwarded-for": FORGED}), ("127.0.0.7", {"x-forwarded-for": f"{FORGED}, {FORGED}"}),
     ("127.0.0.8", {"x-real-ip": FORGED, "forwarded": f"for={FORGED}", "client-ip": FORGED})],
)  # fmt: skip
def test_the_server_sees_who_called_and_believes_no_header_of_theirs(
    behind: Behind, address: str, forged: dict[str, str]
) -> None:
    form = {"grant_type": "password", "client_id": "ropc", "username": "daemon-a", "password": "wrong"}
    with behind.browser(address) as browser:
        assert browser.post("/oauth2/token", data=form, headers=forged).json()["error"] == "invalid_grant"
    seen = addresses_of_failures(behind.database)
    assert address in seen
    assert FORGED not in seen


def test_a_long_state_comes_back(behind: Behind) -> None:
    """A head of an answer that is longer than a proxy takes by itself would be a 502. In an address each of these is three bytes."""
    state = "%" * LONGEST_STATE
    asked = {"client_id": "spa", "redirect_uri": CALLBACK, "response_type": "nonsense", "state": state}
    with behind.browser() as browser:
        answer = browser.get("/oauth2/authorize", params=asked)
    assert answer.status_code in {302, 303}
    assert parse_qs(urlsplit(answer.headers["location"]).query)["state"] == [state]


def test_pages_are_not_compressed(behind: Behind) -> None:
    with behind.browser() as browser:
        page = browser.get("/sign-in", headers={"accept-encoding": "gzip, br"})
    assert "content-encoding" not in page.headers


def test_plain_http_leads_to_https(behind: Behind) -> None:
    answer = httpx2.get(f"http://127.0.0.1:{behind.public.plain_port}/sign-in?a=b")
    assert answer.status_code == 308
    assert answer.headers["location"].endswith("/sign-in?a=b")
    assert answer.headers["location"].startswith("https://127.0.0.1")


def test_a_body_that_is_too_large_is_refused(behind: Behind) -> None:
    with behind.browser() as browser:
        answer = browser.post("/oauth2/token", data={"grant_type": "x" * 100_000})
        assert (answer.status_code, answer.json()["error"]) == (413, "invalid_request")
        if behind.kind == "nginx":
            # Which does not even begin to hand on what is above its own bound.
            assert browser.post("/oauth2/token", data={"grant_type": "x" * 2_000_000}).status_code == 413


def begun(public: Public) -> ssl.SSLSocket:
    """A request whose body is still to come."""
    plain = socket.create_connection(("127.0.0.1", public.port), timeout=30)
    made = public.certificate.trust().wrap_socket(plain, server_hostname="127.0.0.1")
    made.sendall(b"POST /oauth2/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n")
    return made


def test_nginx_bounds_what_one_address_has(tmp_path: Path) -> None:
    """With a bound of three instead of 200: the fourth is answered 503, another address is not."""
    public, database = make_public(tmp_path), fresh_database("sqlite", populate)
    with serving(database, base_url=public.url, trusted_proxies=1) as served, ExitStack() as held:
        upstream = urlsplit(served.url).port
        assert upstream
        smaller = {"limit_conn hoistway_address 200;": "limit_conn hoistway_address 3;"}
        held.enter_context(fronting(tmp_path, "nginx", upstream, public, **smaller))
        server = Behind(public, database, "nginx")
        with server.browser() as browser, server.browser("127.0.0.9") as other:
            with ExitStack() as waiting:
                for _ in range(3):
                    waiting.enter_context(begun(public))
                while browser.get("/healthz").status_code == 200:
                    pass
                assert browser.get("/healthz").status_code == 503
                assert other.get("/healthz").status_code == 200
            while browser.get("/healthz").status_code != 200:
                pass
    drop_database(database)


def seconds(name: str, text: str) -> int:
    found = re.search(rf"^\s*{name}\s+(\d+)s;?$", text, re.MULTILINE)
    assert found, name
    return int(found[1])


def test_nginx_has_the_bounds_of_the_settings() -> None:
    default = Environment()
    assert f"limit_conn hoistway_address {default.connections_per_address};" in NGINX
    assert f"limit_conn hoistway_all {2 * default.connections};" in NGINX, "of the two workers of the unit"
    assert {seconds(name, NGINX) for name in ("client_header_timeout", "client_body_timeout")} == {ARRIVES_WITHIN}
    assert seconds("send_timeout", NGINX) == default.taken_within_seconds
    assert re.findall(r"read_\w+ \d+s", CADDY) == [f"read_header {ARRIVES_WITHIN}s", f"read_body {ARRIVES_WITHIN}s"]


def test_idle_connections_to_the_server_are_ended_by_the_proxy() -> None:
    """The server would end them a second later, perhaps while the proxy sends a request."""
    patience = Config("").timeout_keep_alive
    upstream = NGINX[NGINX.index("upstream hoistway") :]
    assert seconds("keepalive_timeout", upstream[: upstream.index("}")]) < patience
    assert seconds("keepalive", CADDY) < patience
