"""Where a tenant's `sub` is a sentence, everything says beside it who it is, or leaves it out."""

from collections.abc import Iterator
from typing import Any

import pytest

from hoistway.protocol.dialect import Dialect
from hoistway.protocol.ids import ClientId, CustomerId
from hoistway.protocol.scope import Resolved
from hoistway.protocol.subject import Kind, Subject
from hoistway.tokens.issue import Terms, access_token
from tests.attacks.asking import post
from tests.cli.conftest import Managed
from tests.cli.running import answer
from tests.tokens.test_person_claims import B2C, tokens_of
from tests.world import NOW, SECRET, TENANT

SENTENCE = "Not supported currently. Use oid claim."


@pytest.fixture
def sentence(managed: Managed) -> Iterator[Managed]:
    answer("tenant", "subject", TENANT, SENTENCE)
    yield managed
    answer("tenant", "subject", TENANT, "--none")


def introspected(managed: Managed, client_id: str, token: str) -> Any:
    form = {"client_id": client_id, "client_secret": SECRET, "token": token}
    return post(managed.served, "/oauth2/introspect", **form).json()


def issued(kind: Kind, subject_id: str) -> dict[str, Any]:
    """An access token's claims at such a tenant's path."""
    subject = Subject(kind, subject_id, "", "", (), (), CustomerId(""))
    terms = Terms(
        ClientId(subject_id), subject, Resolved((), frozenset(), None, (), client_audience=True), frozenset(),
        Dialect("b2c", "https://t.example/v2.0/", policy="B2C_1_x", tenant=TENANT), NOW, NOW, False, "ES256", 60, "RS256", 60,
        subject_text=SENTENCE,
    )  # fmt: skip
    claims: dict[str, Any] = {}

    class Kept:
        def sign(self, _alg: str, said: dict[str, Any], _type: str) -> str:
            claims.update(said)
            return ""

    keyring: Any = Kept()
    access_token(keyring, terms)
    return claims


def test_an_application_has_no_other_name_than_its_id() -> None:
    """Its tokens have no `oid`, so a sentence would name nobody."""
    assert issued("application", "app-1")["sub"] == "app-1"
    said = issued("service_account", "acc-1")
    assert (said["sub"], said["oid"]) == (SENTENCE, "acc-1")


def test_introspection_names_the_account(sentence: Managed) -> None:
    """Of access and of refresh tokens."""
    tokens = tokens_of(sentence.served, "web", "openid profile offline_access units.read", B2C)
    seen = introspected(sentence, "web", tokens["access_token"])
    assert (seen["active"], seen["sub"], seen["oid"]) == (True, SENTENCE, "u-ann")
    seen = introspected(sentence, "web", tokens["refresh_token"])
    assert (seen["active"], seen["oid"]) == (True, "u-ann")
    plain = tokens_of(sentence.served, "web", "openid offline_access units.read")
    seen = introspected(sentence, "web", plain["access_token"])
    assert (seen["sub"], seen["oid"]) == ("u-ann", "u-ann")
