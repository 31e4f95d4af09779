"""requests-oauthlib, which refuses an answer whose scope is spelled differently from what it asked for."""

import pytest
from oauthlib.oauth2 import (  # type: ignore[import-untyped]
    BackendApplicationClient,
    InvalidGrantError,
    LegacyApplicationClient,
    MobileApplicationClient,
)
from requests_oauthlib import OAuth2Session

from tests.flows.browser import Person
from tests.server import Served
from tests.world import API_URI, CALLBACK, PASSWORD, SECRET, TENANT_NAME

FORM = {"username": "daemon-a", "password": PASSWORD}
PASSWORD_PATHS = ["/oauth2/token", f"/{TENANT_NAME}/B2C_1_ROPC/oauth2/v2.0/token"]


@pytest.fixture(autouse=True)
def _plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.mark.parametrize("path", PASSWORD_PATHS)
def test_the_password_grant_and_its_refresh(served: Served, path: str) -> None:
    scope = [API_URI, "offline_access"]
    with OAuth2Session(client=LegacyApplicationClient("ropc", scope=scope), scope=scope) as client:
        token = client.fetch_token(f"{served.url}{path}", **FORM, include_client_id=True, client_secret=None)
        again = client.refresh_token(f"{served.url}{path}", client_id="ropc")
        assert again["access_token"] != token["access_token"]
        assert len(client.get(f"{served.url}/api/v1/units").json()["items"]) == 10


def test_a_wrong_password_is_an_error_that_it_reads(served: Served) -> None:
    form = {"username": "nobody", "password": "wrong"}
    with (
        OAuth2Session(client=LegacyApplicationClient("ropc", scope=[API_URI])) as client,
        pytest.raises(InvalidGrantError),
    ):
        client.fetch_token(f"{served.url}/oauth2/token", **form, include_client_id=True, client_secret=None)


def test_client_credentials(served: Served) -> None:
    with OAuth2Session(client=BackendApplicationClient("daemon", scope=["units.read"])) as client:
        token = client.fetch_token(f"{served.url}/oauth2/token", client_id="daemon", client_secret=SECRET)
        assert token["scope"] == ["units.read"]
        assert client.get(f"{served.url}/api/v1/units").status_code == 200


def test_the_implicit_flow(served: Served) -> None:
    scope = ["units.read", "profile.read"]
    with OAuth2Session(client=MobileApplicationClient("implicit"), scope=scope, redirect_uri=CALLBACK) as client:
        asked, state = client.authorization_url(f"{served.url}/oauth2/authorize")
        person = Person(served)
        back = person.sign_in(person.follow(person.http.get(asked)), "ann").headers["location"]
        token = client.token_from_fragment(back)
        assert token["state"] == state
        assert token["scope"] == scope
        assert client.get(f"{served.url}/api/v1/units").status_code == 200
