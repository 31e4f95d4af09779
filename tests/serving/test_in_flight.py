"""Behind a proxy each caller has as many requests in flight as it could have connections without one."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.engines import drop_database, fresh_database
from tests.server import Served, populate, serving

MOST = 3
FORM = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\n"
HEAD = "POST {path} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {said}\r\n" + FORM + "\r\n"
FIRST, SECOND = "192.0.2.1", "192.0.2.2"


@pytest.fixture
def behind() -> Iterator[Served]:
    url = fresh_database("sqlite", populate)
    with serving(url, trusted_proxies=1, connections=100, connections_per_address=MOST) as served:
        yield served
    drop_database(url)


def begin(served: Served, said: str, path: str = "/oauth2/token") -> socket.socket:
    """A request whose body is awaited: until it comes, the request is in flight. One on a path of nothing is answered behind it."""
    where = urlsplit(served.url)
    made = socket.create_connection((where.hostname, where.port), timeout=30)
    made.sendall(HEAD.format(path=path, said=said).encode())
    return made


def asked(served: Served, said: str, path: str = "/oauth2/jwks") -> httpx2.Response:
    return httpx2.get(served.url + path, headers={"x-forwarded-for": said})


def fill(served: Served, held: ExitStack, said: str) -> None:
    """Until a further one is refused, which also shows that those before have arrived."""
    for _ in range(MOST):
        held.enter_context(begin(served, said))
    while asked(served, said).status_code == 200:
        pass


def test_a_caller_has_its_share_and_others_theirs(behind: Served) -> None:
    with ExitStack() as held:
        fill(behind, held, FIRST)
        refused = asked(behind, FIRST)
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "5"
        assert refused.json()["error"] == "temporarily_unavailable"
        assert "wait for answers" in refused.json()["error_description"]
        assert refused.json()["correlation_id"] == refused.headers["x-correlation-id"]
        assert asked(behind, SECOND).status_code == 200
    while asked(behind, FIRST).status_code != 200:
        pass


def test_each_surface_says_it_in_its_own_form(behind: Served) -> None:
    with ExitStack() as held:
        fill(behind, held, FIRST)
        problem, page = asked(behind, FIRST, "/api/v1/units"), asked(behind, FIRST, "/sign-in")
        assert problem.headers["content-type"] == "application/problem+json"
        assert problem.json()["status"] == problem.status_code == page.status_code == 503
        assert page.headers["content-type"].startswith("text/html")
        assert problem.headers["retry-after"] == page.headers["retry-after"] == "5"


@pytest.mark.parametrize("path", ["/api/v1/units", "/oauth2/jwks", "/sign-in"])
def test_the_log_has_a_line_with_the_correlation_id(
    behind: Served, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    with ExitStack() as held:
        fill(behind, held, FIRST)
        told = asked(behind, FIRST, path).headers["x-correlation-id"]
    said = [record.facts for record in caplog.records if record.getMessage() == "refused"]  # type: ignore[attr-defined]
    assert [facts["because"] for facts in said if facts["correlation_id"] == told] == [
        "too many requests of one address in flight"
    ]


def test_what_a_caller_writes_in_front_changes_nothing(behind: Served) -> None:
    """The proxy appends: whoever writes other addresses before it stays who they are, and takes nobody's share."""
    with ExitStack() as held:
        for number in range(MOST):
            held.enter_context(begin(behind, f"203.0.113.{number}, {FIRST}"))
        while asked(behind, f"198.51.100.7, {FIRST}").status_code == 200:
            pass
        assert asked(behind, f"{SECOND}, {FIRST}").status_code == 503
        assert asked(behind, "203.0.113.1").status_code == 200


@pytest.mark.parametrize(
    ("held", "again"),
    [
        (FIRST, f"::ffff:{FIRST}"),
        (FIRST, f"{FIRST}:52000"),
        (f"{SECOND}\r\nX-Forwarded-For: {FIRST}", FIRST),
        ("2001:db8:1:2::1", "[2001:db8:1:2:ffff::7]:443"),
    ],
)
def test_one_caller_is_one_however_it_is_written(behind: Served, held: str, again: str) -> None:
    with ExitStack() as waiting:
        for _ in range(MOST):
            waiting.enter_context(begin(behind, held))
        while asked(behind, again).status_code == 200:
            pass
        assert asked(behind, again).status_code == 503
        assert asked(behind, SECOND).status_code == 200


def test_who_goes_away_gives_the_place_back(behind: Served) -> None:
    for _ in range(5):
        with ExitStack() as held:
            fill(behind, held, FIRST)
        while asked(behind, FIRST).status_code != 200:
            pass


def test_probes_are_answered_all_the_same(behind: Served) -> None:
    with ExitStack() as held:
        fill(behind, held, FIRST)
        for path in ("/healthz", "/readyz"):
            assert asked(behind, FIRST, path).status_code == 200
            assert httpx2.get(behind.url + path).status_code == 200


def test_what_the_proxy_cannot_name_is_not_one_caller(behind: Served) -> None:
    with ExitStack() as held:
        for _ in range(2 * MOST):
            held.enter_context(begin(behind, "unknown"))
        assert all(asked(behind, "unknown").status_code == 200 for _ in range(MOST))


def test_the_log_says_it_once_for_many(behind: Served, caplog: pytest.LogCaptureFixture) -> None:
    with ExitStack() as held:
        fill(behind, held, FIRST)
        for _ in range(5):
            assert asked(behind, FIRST).status_code == 503
    said = [record for record in caplog.records if record.getMessage() == "request refused"]
    assert len(said) == 1
    assert said[0].facts["address"] == FIRST  # type: ignore[attr-defined]


def test_without_a_proxy_nobody_is_believed() -> None:
    """The header is the caller's own then: it neither counts nor shares."""
    url = fresh_database("sqlite", populate)
    with serving(url, connections=100, connections_per_address=20) as served, ExitStack() as held:
        for _ in range(10):
            held.enter_context(begin(served, FIRST))
        assert asked(served, FIRST).status_code == 200
    drop_database(url)
