"""What is not offered is not there: no address, no word in discovery, no parameter with an effect. Whoever adds one of these
adds the tests of its rows and takes its line out of here."""

import socket

import httpx2
import pytest

from hoistway.routes import ROUTES
from tests.attacks.asking import CHALLENGE, assert_refused_token, bearer, daemon_token, part, post, refusal
from tests.flows.browser import Person, answer_of
from tests.server import Served
from tests.world import CALLBACK, SECRET, TENANT_NAME

DISCOVERIES = (
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    f"/{TENANT_NAME}/B2C_1_SignIn/v2.0/.well-known/openid-configuration",
)
ADDRESSES = (
    "par", "device_authorization", "device", "register", "registration", "token_exchange", "ciba", "backchannel",
    "passkeys", "webauthn", "mfa", "totp",
)  # fmt: skip
MEMBERS = (
    "pushed_authorization_request_endpoint", "require_pushed_authorization_requests", "device_authorization_endpoint",
    "registration_endpoint", "backchannel_authentication_endpoint", "dpop_signing_alg_values_supported",
    "request_object_signing_alg_values_supported", "token_endpoint_auth_signing_alg_values_supported",
    "tls_client_certificate_bound_access_tokens",
)  # fmt: skip
URN = "urn:ietf:params:oauth:grant-type:"
GRANTS = (
    f"{URN}device_code", f"{URN}token-exchange", f"{URN}jwt-bearer", f"{URN}saml2-bearer", "urn:openid:params:grant-type:ciba",
)  # fmt: skip


@pytest.mark.parametrize("path", DISCOVERIES)
def test_discovery_names_nothing_that_is_not_offered(served: Served, path: str) -> None:
    """Rows 16, 17, 23, 30, 31, 44, 46."""
    document = httpx2.get(f"{served.url}{path}", verify=False).json()
    assert not set(MEMBERS) & set(document)
    offered = {"authorization_code", "client_credentials", "implicit", "refresh_token"}
    # A policy for signing in takes no passwords, and says so.
    offered |= set() if TENANT_NAME in path else {"password"}
    assert set(document["grant_types_supported"]) == offered
    methods = {"none", "client_secret_basic", "client_secret_post"}
    for endpoint in ("token", "revocation", "introspection"):
        assert set(document[f"{endpoint}_endpoint_auth_methods_supported"]) <= methods
    assert [document[f"{name}_supported"] for name in ("request_parameter", "request_uri_parameter")] == [False, False]


@pytest.mark.parametrize("name", ADDRESSES)
def test_no_address_for_it(served: Served, name: str) -> None:
    """Rows 17, 44, 46: neither among the routes nor where others have it."""
    assert [route.path for route in ROUTES if name in route.path.replace("-", "_").split("/")] == []
    for path in (f"/oauth2/{name}", f"/{name}", f"/connect/{name}", f"/{TENANT_NAME}/B2C_1_SignIn/oauth2/v2.0/{name}"):
        assert httpx2.post(f"{served.url}{path}", data={"client_id": "spa"}, verify=False).status_code == 404


@pytest.mark.parametrize("grant", GRANTS)
@pytest.mark.parametrize("path", ["/oauth2/token", f"/{TENANT_NAME}/B2C_1_ROPC/oauth2/v2.0/token"])
def test_no_grant_for_it(served: Served, grant: str, path: str) -> None:
    """Rows 16, 30, 44."""
    subject = {
        "subject_token": daemon_token(served),
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
    }
    form = {"grant_type": grant, "client_id": "daemon", "client_secret": SECRET, "device_code": "x", "assertion": "x"}
    assert refusal(post(served, path, **form, **subject)) == (400, "unsupported_grant_type")


def test_no_request_object(served: Served) -> None:
    """Rows 17, 19: neither inside the request nor by an address, also a pushed one, also with prompt=none."""
    inside = f"{part({'alg': 'none'})}.{part({'client_id': 'spa', 'redirect_uri': 'https://evil.example/'})}."
    for prompt in ("", "none"):
        for name, value, error in (
            ("request", inside, "request_not_supported"),
            ("request_uri", "urn:ietf:params:oauth:request_uri:x", "request_uri_not_supported"),
            ("request_uri", "https://evil.example/", "request_uri_not_supported"),
        ):
            reply = Person(served).authorize("spa", scope="openid", prompt=prompt, **CHALLENGE, **{name: value})
            assert reply.headers["location"].startswith(f"{CALLBACK}?")
            assert answer_of(reply.headers["location"])["error"] == error


@pytest.mark.parametrize("kind", ["jwt-bearer", "saml2-bearer"])
def test_no_client_assertion(served: Served, kind: str) -> None:
    """Row 23: it stands for no secret, and beside the right secret it is nothing."""
    claims = {"iss": "daemon", "sub": "daemon", "aud": served.url, "exp": 4_000_000_000, "jti": "x"}
    assertion = f"{part({'alg': 'RS256'})}.{part(claims)}.{part(b'x')}"
    form = {
        "client_assertion_type": f"urn:ietf:params:oauth:client-assertion-type:{kind}",
        "client_assertion": assertion,
    }
    reply = post(served, grant_type="client_credentials", client_id="daemon", **form)
    assert refusal(reply) == (401, "invalid_client")


def test_no_proof_of_possession(served: Served) -> None:
    """Row 31: a proof binds nothing, and a token is no DPoP token."""
    headers = {"dpop": f"{part({'typ': 'dpop+jwt', 'alg': 'ES256'})}.{part({'htm': 'POST'})}.{part(b'x')}"}
    form = {"grant_type": "client_credentials", "client_id": "daemon", "client_secret": SECRET}
    answer = httpx2.post(f"{served.url}/oauth2/token", data=form, headers=headers, verify=False).json()
    assert answer["token_type"] == "Bearer"
    for path in ("/api/v1/units", "/oauth2/userinfo"):
        scheme = {**headers, "authorization": f"DPoP {answer['access_token']}"}
        assert httpx2.get(f"{served.url}{path}", headers=scheme, verify=False).status_code == 401
    assert bearer(served, answer["access_token"]).status_code == 200


def test_no_address_that_is_given_is_asked(served: Served) -> None:
    """Row 24: there is nothing that a client could make the server fetch; a listener hears nobody."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        for name in ("request_uri", "jwks_uri", "logo_uri", "sector_identifier_uri", "client_id", "resource", "claims"):
            Person(served).authorize(**{"client_id": "spa", "scope": "openid", **CHALLENGE, name: url})
            post(served, grant_type="client_credentials", **{"client_id": "daemon", "client_secret": SECRET, name: url})
        for member in ("jku", "x5u", "kid", "iss"):
            token = f"{part({'alg': 'ES256', 'typ': 'at+jwt', member: url})}.{part({'iss': url})}.{part(b'x' * 64)}"
            assert_refused_token(bearer(served, token))
        with pytest.raises(BlockingIOError):
            listener.accept()
