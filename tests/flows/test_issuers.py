"""Each issuer has its own document, names itself there letter for letter, and takes what it says (OpenID Connect Discovery 4.3)."""

from typing import Any

import httpx2
import pytest

from tests.attacks.asking import bearer, post
from tests.flows.browser import Person, answer_of, pkce
from tests.flows.test_daemon import claims
from tests.server import Served
from tests.world import API_URI, CALLBACK, PASSWORD, SECRET, TENANT, TENANT_NAME

APPENDED = "openid-configuration"
INSERTED = ("oauth-authorization-server", "openid-configuration")
TFP = f"/tfp/{TENANT}/b2c_1_signin/v2.0/"
ISSUERS = (f"/{TENANT}/v2.0/", TFP, f"/tfp/{TENANT}/b2c_1_ropc/v2.0/")
SIGNING_IN = {"authorization_code", "client_credentials", "implicit", "refresh_token"}
BY_PASSWORD = {"client_credentials", "password", "refresh_token"}


def document(url: str) -> dict[str, Any]:
    reply = httpx2.get(url)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


@pytest.mark.parametrize("path", ISSUERS)
def test_an_issuer_is_what_its_document_says(served: Served, path: str) -> None:
    issuer = f"{served.url}{path}"
    found = document(f"{issuer}.well-known/{APPENDED}")
    assert found["issuer"] == issuer
    for name in INSERTED:
        # RFC 8414 section 3.1 removes the last slash; not every library does.
        assert document(f"{served.url}/.well-known/{name}{path}") == found
        assert document(f"{served.url}/.well-known/{name}{path.rstrip('/')}") == found


def test_a_document_below_tfp_keeps_its_readers_there(served: Served) -> None:
    found = document(f"{served.url}/tfp/{TENANT_NAME}/B2C_1_SignIn/v2.0/.well-known/{APPENDED}")
    assert found["issuer"] == f"{served.url}{TFP}"
    for name in ("authorization_endpoint", "token_endpoint", "end_session_endpoint", "jwks_uri"):
        assert found[name].startswith(f"{served.url}/tfp/{TENANT_NAME}/b2c_1_signin/")
    assert document(found["jwks_uri"])["keys"]


def test_an_unknown_issuer_has_no_document(served: Served) -> None:
    for path in (f"{TENANT[:-1]}x/v2.0/", f"tfp/{TENANT}/b2c_1_nothing/v2.0", "v2.0/", f"{TENANT}/"):
        assert httpx2.get(f"{served.url}/.well-known/oauth-authorization-server/{path}").status_code == 404


def test_a_sign_in_by_the_document_of_tfp(served: Served) -> None:
    """What a relying party does that was told the issuer alone; then the tokens, wherever they are judged."""
    issuer = f"{served.url}{TFP}"
    found = document(f"{issuer}.well-known/{APPENDED}")
    person, (verifier, challenge) = Person(served), pkce()
    asked = {"scope": "openid offline_access units.read", "code_challenge": challenge, "code_challenge_method": "S256"}
    path = found["authorization_endpoint"].removeprefix(served.url)
    reply = person.sign_in(person.authorize("web", path=path, **asked), "ann")
    answer = answer_of(reply.headers["location"])
    assert answer["iss"] == issuer
    form = {
        "grant_type": "authorization_code", "code": answer["code"], "code_verifier": verifier,
        "redirect_uri": CALLBACK, "client_id": "web", "client_secret": SECRET,
    }  # fmt: skip
    endpoint = found["token_endpoint"].removeprefix(served.url)
    tokens = post(served, endpoint, **form).json()
    again = {"grant_type": "refresh_token", "client_id": "web", "client_secret": SECRET}
    refreshed = post(served, endpoint, **again, refresh_token=tokens["refresh_token"]).json()
    for one in (tokens, refreshed):
        assert claims(one["access_token"])["iss"] == issuer
        assert claims(one["id_token"])["iss"] == issuer
        assert bearer(served, one["access_token"]).status_code == 200
    assert bearer(served, tokens["access_token"], "/oauth2/userinfo").status_code == 200
    token = tokens["access_token"]
    seen = post(served, "/oauth2/introspect", client_id="web", client_secret=SECRET, token=token).json()
    assert (seen["active"], seen["iss"]) == (True, issuer)


def test_a_code_stays_on_the_shape_that_it_was_issued_on(served: Served) -> None:
    """The answer to the page named one issuer; the ID token may not name another (OpenID Connect Core 3.1.3.7)."""
    for issued, redeemed in (("/tfp", ""), ("", "/tfp")):
        path = f"{issued}/{TENANT}/b2c_1_signin/oauth2/v2.0/authorize"
        code, verifier = Person(served).code("spa", "ann", path=path)
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier, "redirect_uri": CALLBACK}
        refused = post(served, f"{redeemed}/{TENANT}/b2c_1_signin/oauth2/v2.0/token", **form, client_id="spa")
        assert refused.json()["error_description"].startswith("AADB2C90088: ")


def takes_passwords(served: Served, endpoint: str) -> bool:
    form = {"username": "daemon-a", "password": PASSWORD, "client_id": "ropc", "scope": API_URI}
    return httpx2.post(endpoint, data={"grant_type": "password", **form}).status_code == 200


@pytest.mark.parametrize(
    ("path", "listed"),
    [
        ("", SIGNING_IN | BY_PASSWORD),
        (f"/{TENANT}/v2.0/", SIGNING_IN),
        (f"/{TENANT_NAME}/B2C_1_SignIn/v2.0", SIGNING_IN),
        (TFP, SIGNING_IN),
        (f"/{TENANT_NAME}/b2c_1_ropc/v2.0", BY_PASSWORD),
    ],
)
def test_a_document_lists_the_grants_that_its_token_endpoint_takes(served: Served, path: str, listed: set[str]) -> None:
    found = document(f"{served.url}{path}/.well-known/{APPENDED}")
    assert set(found["grant_types_supported"]) == listed
    assert takes_passwords(served, found["token_endpoint"]) is ("password" in listed)
