"""Refusals have descriptions that RFC 6749 allows; discovery says what is true."""

import pytest

from hoistway.protocol import errors
from hoistway.protocol.metadata import metadata

# Each place says the sentences of these: tests/docs/test_numbers.py reads them there.
MANY_CAUSES = {errors.InvalidScope, errors.InvalidTarget}
CLASSES = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, errors.OAuthError) and value not in MANY_CAUSES
]


@pytest.mark.parametrize("refusal", CLASSES)
def test_descriptions_hold_only_what_rfc_6749_allows(refusal: type[errors.OAuthError]) -> None:
    text = refusal().public
    assert text.endswith(".")
    assert text.isascii()
    assert text.isprintable()
    assert not set('"\\') & set(text)
    assert refusal().b2c.isdigit()


def test_the_cause_is_for_the_log() -> None:
    refusal = errors.InvalidGrant(log="code belongs to another client", b2c="90225", retry_after=3)
    assert "another client" in str(refusal)
    assert "belongs" not in refusal.public
    assert (refusal.b2c, refusal.retry_after, errors.InvalidGrant.b2c) == ("90225", 3, "90080")
    assert str(errors.InvalidGrant("Try again.")) == "Try again."


def test_metadata() -> None:
    document = metadata(
        issuer="https://id.example",
        endpoints={"token_endpoint": "https://id.example/token"},
        grants=["authorization_code"],
        response_types=["code"],
        scopes=["openid"],
    )
    wanted = {
        "issuer": "https://id.example",
        "token_endpoint": "https://id.example/token",
        "grant_types_supported": ["authorization_code"],
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["public"],
        "authorization_response_iss_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "claims_parameter_supported": False,
    }
    assert wanted.items() <= document.items()
    algorithms = document["id_token_signing_alg_values_supported"]
    assert isinstance(algorithms, list)
    assert "RS256" in algorithms
