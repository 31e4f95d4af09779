"""PKCE on the vector of RFC 7636 appendix B."""

import pytest

from hoistway.protocol.errors import InvalidGrant, InvalidRequest
from hoistway.protocol.pkce import check_challenge, check_verifier, matches

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_appendix_b() -> None:
    check_challenge(CHALLENGE, "S256")
    check_verifier(VERIFIER)
    assert matches(VERIFIER, CHALLENGE)
    assert not matches(VERIFIER[:-1] + "l", CHALLENGE)
    assert not matches(CHALLENGE, CHALLENGE)


@pytest.mark.parametrize("method", [None, "plain", "s256", "S512"])
def test_only_s256(method: str | None) -> None:
    with pytest.raises(InvalidRequest, match="S256") as refusal:
        check_challenge(CHALLENGE, method)
    assert refusal.value.b2c == "90182"


@pytest.mark.parametrize(
    "challenge", ["", CHALLENGE[:-1], CHALLENGE + "=", CHALLENGE + "a", "+" * 43, CHALLENGE + "\n"]
)
def test_challenge_refused(challenge: str) -> None:
    with pytest.raises(InvalidRequest):
        check_challenge(challenge, "S256")


@pytest.mark.parametrize("verifier", ["", "a" * 42, "a" * 129, "a" * 42 + " ", "a" * 43 + "\n", "é" * 43])
def test_verifier_refused(verifier: str) -> None:
    with pytest.raises(InvalidGrant):
        check_verifier(verifier)
