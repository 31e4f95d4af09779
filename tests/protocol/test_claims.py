"""Times, audience and issuer of a verified token (RFC 7519 §4.1)."""

import pytest

from hoistway.protocol.claims import check_audience, check_issuer, check_times
from hoistway.protocol.jwt import BadToken


def test_times() -> None:
    check_times({"exp": 101, "nbf": 100}, 100)
    check_times({"exp": 100}, 104, leeway=5)
    check_times({"exp": 200, "nbf": 105}, 100, leeway=5)
    with pytest.raises(BadToken, match="expired"):
        check_times({"exp": 100}, 100)
    with pytest.raises(BadToken, match="not valid yet"):
        check_times({"exp": 200, "nbf": 101}, 100)


@pytest.mark.parametrize("claims", [{}, {"exp": "200"}, {"exp": None}, {"exp": [200]}, {"exp": 200, "nbf": "1"}])
def test_no_times(claims: dict[str, object]) -> None:
    with pytest.raises(BadToken):
        check_times(claims, 100)


def test_audience() -> None:
    check_audience({"aud": "api"}, "api")
    check_audience({"aud": ["other", "api"]}, "api")
    for aud in ("other", "apis", [], ["other"], [1], None, {"api": 1}):
        with pytest.raises(BadToken):
            check_audience({"aud": aud}, "api")


def test_issuer() -> None:
    issuers = frozenset({"https://a.example"})
    check_issuer({"iss": "https://a.example"}, issuers)
    others: tuple[object, ...] = ("https://a.example/", None, 1, ["https://a.example"], {})
    for issuer in others:
        with pytest.raises(BadToken):
            check_issuer({"iss": issuer}, issuers)
