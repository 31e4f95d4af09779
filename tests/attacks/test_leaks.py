"""What a request says of itself changes no address, and nothing secret is written where it stays."""

import re

import httpx2
import pytest

from tests.attacks.asking import CHALLENGE, bearer, daemon_token, password, post, redeem, refresh, web_tokens
from tests.engines import EngineName, drop_database, fresh_database
from tests.flows.browser import Person
from tests.server import Served, populate, serving
from tests.world import API_URI, PASSWORD, SECRET, TENANT_NAME

POISONED = {
    "host": "evil.example",
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "https",
    "x-forwarded-server": "evil.example",
    "x-original-url": "https://evil.example/",
    "x-rewrite-url": "/evil.example",
    "forwarded": "host=evil.example;proto=https",
}
PATHS = (
    "/", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-protected-resource", "/oauth2/authorize?client_id=evil", "/oauth2/logout", "/sign-in", "/portal",
    "/api/v1/units?limit=1", "/api/v1/openapi.json", f"/{TENANT_NAME}/B2C_1_SignIn/v2.0/.well-known/openid-configuration",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_the_host_of_a_request_is_not_believed(served: Served, path: str) -> None:
    """Row 39: neither in documents and links nor in the issuer; of mails test_links.py tries it."""
    headers = {**POISONED, "authorization": f"Bearer {daemon_token(served)}"}
    reply = httpx2.get(f"{served.url}{path}", headers=headers, verify=False)
    assert "evil.example" not in reply.text + str(reply.headers)
    assert "https://127.0.0.1" not in reply.text


def test_the_issuer_is_not_the_requests_choice(served: Served) -> None:
    """Row 39: of tokens, of the authorization answer, of the challenge."""
    form = {"grant_type": "client_credentials", "client_id": "daemon", "client_secret": SECRET}
    answer = httpx2.post(f"{served.url}/oauth2/token", data=form, headers=POISONED, verify=False).json()
    assert bearer(served, answer["access_token"]).status_code == 200
    refused = httpx2.get(f"{served.url}/api/v1/me", headers=POISONED, verify=False)
    assert f'resource_metadata="{served.url}/' in refused.headers["www-authenticate"]
    asked = {"client_id": "spa", "response_type": "code", "scope": "openid", "prompt": "none", **CHALLENGE}
    asked["redirect_uri"] = "http://127.0.0.1:8499/callback"
    reply = httpx2.get(f"{served.url}/oauth2/authorize", params=asked, headers=POISONED, verify=False)
    assert "evil" not in reply.headers["location"]


@pytest.mark.parametrize("path", ["/api/v1/units", "/api/v1/me", "/api/v1/sites", "/oauth2/userinfo"])
def test_no_token_in_a_query(served: Served, path: str) -> None:
    """Row 50: one that the header may bring. Userinfo takes it from a form's body too, and not from that form's address."""
    token = web_tokens(served, "ann", "openid units.read profile.read")["access_token"]
    assert bearer(served, token, path).status_code == 200
    alone = httpx2.get(f"{served.url}{path}", params={"access_token": token}, verify=False)
    assert alone.status_code in {400, 401}
    assert token not in alone.text
    url = f"{served.url}/oauth2/userinfo"
    form = httpx2.post(url, params={"access_token": token}, data={"other": "x"}, verify=False)
    assert form.status_code == 401
    assert token not in form.text
    assert httpx2.post(url, data={"access_token": token}, verify=False).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/units", "/api/v1/me", "/api/v1/sites"])
def test_no_token_in_a_query_beside_the_header(served: Served, path: str) -> None:
    """Row 50: the API refuses what would stay in logs, also where the header alone would do."""
    token = daemon_token(served)
    beside = bearer(served, token, path, access_token=token)
    assert beside.status_code == 400
    assert token not in beside.text


def test_no_secret_in_the_log(engine_name: EngineName, capfd: pytest.CaptureFixture[str]) -> None:
    """Row 50: every request is logged, good ones and refused ones; no token, password, code, cookie or secret is."""
    url = fresh_database(engine_name, populate)
    with serving(url, access_log=True) as served:
        secrets = everything(served)
    drop_database(url)
    captured = capfd.readouterr()
    written = captured.out + captured.err
    assert written.count('"event": "request"') > 20
    assert written.count('"event": "refused"') > 5
    assert [secret for secret in secrets if secret in written] == []
    assert not re.search(r"eyJ[A-Za-z0-9_-]{10,}\.", written), "something like a token"


def everything(served: Served) -> list[str]:
    """Does what a day brings, also wrongly, and gives all that must be written nowhere."""
    person = Person(served)
    code, verifier = person.code("spa", "ann", "openid offline_access units.read")
    tokens = redeem(served, code, verifier).json()
    wrong, mistyped = "a-wrong-password", "correct-horse-battery-but-mistyped"
    page = Person(served)
    page.sign_in(page.authorize("spa", scope="openid", **CHALLENGE), "ann", mistyped)
    account = password(served, "daemon-a", scope=f"offline_access {API_URI}").json()
    password(served, "daemon-a", wrong, scope=API_URI)
    httpx2.get(f"{served.url}/api/v1/units", params={"access_token": tokens["access_token"]}, verify=False)
    for token in (tokens["access_token"], tokens["access_token"][:-4] + "AAAA", tokens["id_token"]):
        bearer(served, token)
        bearer(served, token, "/oauth2/userinfo")
    redeem(served, code, verifier)
    for token in (tokens["refresh_token"], account["refresh_token"], tokens["access_token"]):
        refresh(served, token)
        post(served, "/oauth2/introspect", client_id="daemon", client_secret=SECRET, token=token)
        post(served, "/oauth2/revoke", client_id="daemon", client_secret="wr0ng-secret", token=token)
    post(served, grant_type="client_credentials", client_id="daemon", client_secret="wr0ng-secret")
    person.get("/oauth2/logout", id_token_hint=tokens["id_token"])
    cookies = [*person.http.cookies.values(), *page.http.cookies.values()]
    known = [code, verifier, wrong, mistyped, PASSWORD, SECRET, "wr0ng-secret", *cookies]
    issued = [answer[name] for answer in (tokens, account) for name in answer if name.endswith("_token")]
    return known + issued
