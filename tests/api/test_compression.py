"""Long lists and documents are gzip where the client asks; nothing that holds a secret ever is (RFC 9110 section 12.5.3)."""

import gzip
from collections.abc import Iterator

import httpx2
import pytest

from hoistway.protocol.ids import SiteId, UnitId
from hoistway.store.db import Writer
from hoistway.store.unit_access import UnitAccess, put_access
from hoistway.store.units import Unit, put_units
from hoistway.web import compression
from tests.api.requests import make_request
from tests.attacks.asking import daemon_token
from tests.flows.browser import Person
from tests.server import Served, change
from tests.world import NOW, A

LISTS = ("/api/v1/units?limit=1000", "/api/v1/units", "/api/v1/openapi.json")


@pytest.fixture(scope="module", autouse=True)
def _many(served: Served) -> None:
    async def write(tx: Writer) -> None:
        site = SiteId("c-a-s1")
        units = [Unit(UnitId(f"M-{n:04}"), site, "elevator", NOW, serial_number=f"SN{n * 7919}") for n in range(500)]
        await put_units(tx, units)
        await put_access(tx, [UnitAccess(A, unit.id, "owner", site, "elevator") for unit in units])

    change(served.database, write)


class Asked:
    def __init__(self, served: Served) -> None:
        self.http = httpx2.Client(
            base_url=served.url, headers={"authorization": f"Bearer {daemon_token(served)}"}, timeout=30
        )

    def raw(self, path: str, accept: str | None, **headers: str) -> tuple[httpx2.Response, bytes]:
        """The answer, and its bytes as they came."""
        request = self.http.build_request(
            "GET", path, headers={name.replace("_", "-"): one for name, one in headers.items()}
        )
        request.headers.pop("accept-encoding", None)
        if accept is not None:
            request.headers["accept-encoding"] = accept
        reply = self.http.send(request, stream=True)
        return reply, b"".join(reply.iter_raw())


@pytest.fixture
def asked(served: Served) -> Iterator[Asked]:
    made = Asked(served)
    yield made
    made.http.close()


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("accept", ["gzip", "gzip, deflate, br", "br;q=1, GZIP;q=0.5", "*", "identity;q=0.1, gzip"])
def test_a_long_answer_is_gzip(asked: Asked, path: str, accept: str) -> None:
    plain, whole = asked.raw(path, None)
    reply, small = asked.raw(path, accept)
    assert (plain.headers.get("content-encoding"), reply.headers["content-encoding"]) == (None, "gzip")
    assert gzip.decompress(small) == whole
    assert len(small) * 3 < len(whole)
    assert int(reply.headers["content-length"]) == len(small)
    for one in (plain, reply):
        assert "Accept-Encoding" in one.headers["vary"]
    assert plain.headers["etag"] != reply.headers["etag"], "other bytes, another strong tag"
    for coding, etag in ((None, plain.headers["etag"]), (accept, reply.headers["etag"])):
        same, nothing = asked.raw(path, coding, if_none_match=etag)
        assert (same.status_code, nothing, same.headers["etag"]) == (304, b"", etag)


@pytest.mark.parametrize("accept", [None, "", "identity", "br", "gzip;q=0", "gzip; q=0.000, *", "*;q=0", "xgzip"])
def test_who_does_not_ask_gets_it_plain(asked: Asked, accept: str | None) -> None:
    reply, body = asked.raw(LISTS[0], accept)
    assert "content-encoding" not in reply.headers
    assert body.startswith(b'{"items":')


def test_what_is_short_or_too_long_is_plain() -> None:
    request = make_request(accept_encoding="gzip")
    sizes = (compression.LEAST - 1, compression.LEAST, compression.MOST, compression.MOST + 1)
    assert [compression.wants_gzip(request, b"x" * size) for size in sizes] == [False, True, True, False]


def test_nothing_that_holds_a_secret_is_gzip(served: Served) -> None:
    """Tokens, pages with their sealed forms, refusals that repeat what was asked, a person's own data."""
    person = Person(served)
    token = person.tokens("spa", "ann", "openid units.read profile.read")["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    wrong = "x" * 4000
    for reply in (
        person.http.get("/sign-in"), person.http.get("/portal"), person.http.get("/portal/guides/errors"),
        person.http.post("/oauth2/token", data={"grant_type": "client_credentials", "client_id": wrong}),
        person.http.get("/api/v1/me", headers=headers), person.http.get("/api/v1/users/u-ann", headers=headers),
        person.http.get(f"/api/v1/units?{wrong[:100]}=1", headers=headers), person.http.get("/oauth2/userinfo", headers=headers),
    ):  # fmt: skip
        assert "gzip" in reply.request.headers["accept-encoding"]
        assert "content-encoding" not in reply.headers, reply.request.url
