"""Authlib's session for requests."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from tests.flows.browser import Person, answer_of
from tests.oracles.sign_in import signed_in
from tests.server import Served
from tests.world import API_URI, CALLBACK, PASSWORD, SECRET


@contextmanager
def session(served: Served, client_id: str, **options: Any) -> Iterator[Any]:
    made = OAuth2Session(client_id, token_endpoint=f"{served.url}/oauth2/token", **options)
    with made:
        yield made


@contextmanager
def daemon(served: Served, method: str = "client_secret_basic") -> Iterator[Any]:
    with session(served, "daemon", client_secret=SECRET, token_endpoint_auth_method=method) as made:
        yield made


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_client_credentials(served: Served, method: str) -> None:
    with daemon(served, method) as client:
        token = client.fetch_token(grant_type="client_credentials", scope="units.read")
        assert token["scope"] == "units.read"
        units = client.get(f"{served.url}/api/v1/units")
        assert len(units.json()["items"]) == 10


def test_introspection_before_and_after_revocation(served: Served) -> None:
    with daemon(served) as client:
        token = client.fetch_token(grant_type="client_credentials")["access_token"]
        introspect = f"{served.url}/oauth2/introspect"
        assert client.introspect_token(introspect, token=token).json()["active"] is True
        assert client.revoke_token(f"{served.url}/oauth2/revoke", token=token).status_code == 200
        assert client.introspect_token(introspect, token=token).json() == {"active": False}


def test_the_password_grant_and_its_refresh(served: Served) -> None:
    with session(served, "ropc", token_endpoint_auth_method="none", scope=f"{API_URI} offline_access") as client:
        token = client.fetch_token(username="daemon-a", password=PASSWORD)
        refreshed = client.refresh_token(f"{served.url}/oauth2/token", refresh_token=token["refresh_token"])
        assert refreshed["access_token"] != token["access_token"]
        assert client.get(f"{served.url}/api/v1/units").status_code == 200


def test_a_wrong_password_is_an_error_that_it_reads(served: Served) -> None:
    with (
        session(served, "ropc", token_endpoint_auth_method="none", scope=API_URI) as client,
        pytest.raises(OAuthError, match="invalid_grant"),
    ):
        client.fetch_token(username="nobody", password="wrong")


@pytest.mark.parametrize(("client_id", "secret"), [("spa", None), ("web", SECRET)])
def test_code_with_pkce_and_refresh(served: Served, client_id: str, secret: str | None) -> None:
    options = {
        "client_secret": secret,
        "token_endpoint_auth_method": "client_secret_basic" if secret else "none",
        "redirect_uri": CALLBACK,
        "scope": "openid offline_access units.read",
        "code_challenge_method": "S256",
    }
    verifier = "v" * 50
    with session(served, client_id, **options) as client:
        asked, state = client.create_authorization_url(f"{served.url}/oauth2/authorize", code_verifier=verifier)
        person = Person(served)
        back = person.sign_in(person.follow(person.http.get(asked)), "ann").headers["location"]
        token = client.fetch_token(authorization_response=back, code_verifier=verifier, state=state)
        assert token["scope"] == options["scope"]
        assert token["id_token"]
        before = token["access_token"]
        assert client.refresh_token(f"{served.url}/oauth2/token")["access_token"] != before
        assert client.get(f"{served.url}/oauth2/userinfo").json()["sub"] == "u-ann"


def test_the_implicit_fragment(served: Served) -> None:
    back = signed_in(served, "implicit", scope="units.read", response_type="token")
    with session(served, "implicit", redirect_uri=CALLBACK) as client:
        token = client.token_from_fragment(back, state="st")
        assert token["access_token"] == answer_of(back)["access_token"]
        assert client.get(f"{served.url}/api/v1/units").status_code == 200
