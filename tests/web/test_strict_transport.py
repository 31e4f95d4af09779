"""Browsers that came over TLS come back over TLS (https://www.rfc-editor.org/rfc/rfc6797)."""

from pathlib import Path

import httpx2
import pytest

from tests.certificate import make_certificate
from tests.engines import fresh_database
from tests.server import populate, serving

PATHS = ("/", "/sign-in", "/healthz", "/oauth2/jwks", "/api/v1/units", "/nowhere", "/static/nothing")
HEADER = "strict-transport-security"
YEAR = "max-age=31536000"


@pytest.fixture(scope="module")
def database() -> str:
    return fresh_database("sqlite", populate)


def said(url: str, **trust: object) -> set[str | None]:
    return {httpx2.get(f"{url}{path}", **trust).headers.get(HEADER) for path in PATHS}  # type: ignore[arg-type]


def test_over_tls(database: str, tmp_path: Path) -> None:
    with serving(database, certificate=make_certificate(tmp_path)) as served:
        assert said(served.url, verify=served.trust) == {YEAR}


def test_behind_a_proxy_that_ends_tls(database: str) -> None:
    with serving(database, base_url="https://id.example") as served:
        assert said(served.url) == {YEAR}


def test_never_over_plain_http(database: str) -> None:
    """Section 7.2."""
    with serving(database) as served:
        assert said(served.url) == {None}


def test_an_age_of_nothing_takes_it_back(database: str) -> None:
    with serving(database, base_url="https://id.example", hsts=0) as served:
        assert said(served.url) == {"max-age=0"}
