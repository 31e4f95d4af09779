"""MSAL for Python on the B2C-shaped authority, over https as it demands, verifying the certificate: in the world of the other tests, and
in one that moved in."""

import re
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import msal
import pytest
import requests
from msal.authority import Authority

from tests.attacks.asking import parts_of
from tests.certificate import Certificate
from tests.engines import ENGINES
from tests.flows.browser import Person, answer_of
from tests.flows.moved import Base, demonstrated, moved_in
from tests.server import Served
from tests.world import CALLBACK, PASSWORD

Answer = dict[str, Any]
FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


class Session(requests.Session):
    """MSAL asks for the user realm at the authority's host without its port: that one request is sent to the port.

    `realms` are the addresses so asked."""

    def __init__(self, served: Served, certificate: Certificate) -> None:
        super().__init__()
        self.verify = str(certificate.chain)
        self.trust_env = False
        self.base, self.realms = served.url, list[str]()

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **options: Any) -> requests.Response:
        parts = urlsplit(str(url))
        if parts.path.startswith("/common/userrealm/") and parts.port is None:
            self.realms.append(str(url))
            url = f"{self.base}{parts.path}?{parts.query}"
        return super().request(method, url, *args, **options)


@pytest.fixture(scope="module", params=[(world, engine) for world in (demonstrated, moved_in) for engine in ENGINES])
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Base]:
    world, engine = request.param
    with world(engine, tmp_path_factory.mktemp("base")) as made:
        yield made


@pytest.fixture
def session(base: Base) -> Iterator[Session]:
    with Session(base.served, base.certificate) as made:
        yield made


Public = Callable[[str, str], msal.PublicClientApplication]


@pytest.fixture
def public(base: Base, session: Session) -> Public:
    """An application without a secret, under one policy."""
    return lambda word, policy: msal.PublicClientApplication(
        base.id(word), authority=f"{base.served.url}/{base.tenant}/{policy}", http_client=session
    )


def by_password(app: msal.PublicClientApplication, base: Base, username: str, word: str = PASSWORD) -> Answer:
    """MSAL warns that the grant is one to leave behind, which is true."""
    with pytest.warns(DeprecationWarning, match="ropc-migration"):
        answer: Answer = app.acquire_token_by_username_password(username, word, [base.api_uri])
    return answer


def test_the_password_grant_its_cache_and_its_refresh(
    base: Base, session: Session, public: Public, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Authority, "_domains_without_user_realm_discovery", set())
    app = public("ropc", "B2C_1_ROPC")
    first = by_password(app, base, "daemon-a")
    assert first["token_source"] == "identity_provider", first
    assert first["id_token_claims"]["aud"] == base.id("ropc")
    assert session.realms == ["https://127.0.0.1/common/userrealm/daemon-a?api-version=1.0"]
    assert len(base.units(first["access_token"])) == 10
    (account,) = app.get_accounts()
    cached = app.acquire_token_silent([base.api_uri], account)
    assert (cached["token_source"], cached["access_token"]) == ("cache", first["access_token"])
    fresh = app.acquire_token_silent([base.api_uri], account, force_refresh=True)
    assert fresh["token_source"] == "identity_provider"
    assert fresh["access_token"] != first["access_token"]
    again = app.acquire_token_silent([base.api_uri], account, force_refresh=True)
    assert again["access_token"] not in {first["access_token"], fresh["access_token"]}
    assert len(base.units(again["access_token"])) == 10


def test_a_wrong_password_is_an_error_that_it_reads(base: Base, public: Public) -> None:
    answer = by_password(public("ropc", "b2c_1_ropc"), base, "daemon-b", "wrong")
    assert answer["error"] == "access_denied"
    assert answer["error_description"].startswith("AADB2C90225: ")
    assert "access_token" not in answer


def begin(app: msal.ClientApplication, base: Base, mode: str) -> Answer:
    """MSAL warns of the mode that is the standard's own."""
    with nullcontext() if mode == "form_post" else pytest.warns(UserWarning, match="form_post"):
        flow: Answer = app.initiate_auth_code_flow([base.api_uri], redirect_uri=CALLBACK, response_mode=mode)
    return flow


def sign_in(base: Base, flow: Answer, name: str) -> dict[str, str]:
    """What the application finds at its redirect URI, in the query or in the form that arrives."""
    person = Person(base.served)
    reply = person.sign_in(person.follow(person.http.get(flow["auth_uri"])), name)
    if reply.status_code == 200:
        assert f'action="{CALLBACK}"' in reply.text
        return {name: unescape(value) for name, value in FIELD.findall(reply.text)}
    assert reply.headers["location"].startswith(f"{CALLBACK}?")
    return answer_of(reply.headers["location"])


@pytest.mark.parametrize("mode", ["form_post", "query"])
def test_code_with_pkce_and_silent_refresh(base: Base, public: Public, mode: str) -> None:
    app = public("spa", "B2C_1_SignIn")
    flow = begin(app, base, mode)
    assert "code_challenge_method=S256" in flow["auth_uri"]
    answer = app.acquire_token_by_auth_code_flow(flow, sign_in(base, flow, "ann"))
    assert answer["id_token_claims"]["sub"] == base.subject("ann"), answer
    assert str(parts_of(answer["access_token"])[1]["tfp"]).casefold() == "b2c_1_signin"
    assert len(base.units(answer["access_token"])) == 10
    (account,) = app.get_accounts()
    fresh = app.acquire_token_silent([base.api_uri], account, force_refresh=True)
    assert fresh["token_source"] == "identity_provider"
    assert fresh["access_token"] != answer["access_token"]


def test_code_with_pkce_and_a_secret(base: Base, session: Session) -> None:
    authority = f"{base.served.url}/{base.tenant_id}/B2C_1_SignIn"
    app = msal.ConfidentialClientApplication(
        base.id("web"), base.secrets["web"], authority=authority, http_client=session
    )
    flow = begin(app, base, "form_post")
    answer = app.acquire_token_by_auth_code_flow(flow, sign_in(base, flow, "bob"))
    assert answer["id_token_claims"]["sub"] == base.subject("bob"), answer


def test_an_answer_of_another_sign_in_is_not_taken(base: Base, public: Public) -> None:
    app = public("spa", "B2C_1_SignIn")
    flow, other = begin(app, base, "form_post"), begin(app, base, "form_post")
    returned = sign_in(base, flow, "ann")
    with pytest.raises(ValueError, match="state mismatch"):
        app.acquire_token_by_auth_code_flow(other, returned)


@pytest.mark.parametrize("authority", ["authority", "oidc_authority"])
def test_client_credentials(base: Base, session: Session, authority: str) -> None:
    """MSAL wants a path in every authority, so the standard paths' bare host is none for it: it finds the same token endpoint
    by the policy, or by the issuer that discovery names."""
    where = f"{base.served.url}/{base.tenant_id}/" + ("B2C_1_SignIn" if authority == "authority" else "v2.0")
    app = msal.ConfidentialClientApplication(
        base.id("daemon"), base.secrets["daemon"], http_client=session, **{authority: where}
    )
    first = app.acquire_token_for_client([f"{base.api_uri}/.default"])
    assert first["token_source"] == "identity_provider", first
    assert parts_of(first["access_token"])[1]["customer"] == "c-a"
    assert len(base.units(first["access_token"])) == 10
    assert app.acquire_token_for_client([f"{base.api_uri}/.default"])["token_source"] == "cache"
