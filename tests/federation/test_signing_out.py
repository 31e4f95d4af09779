"""Signing out at the provider as well, where the provider is set so."""

from collections.abc import Iterator

import httpx2
import pytest

from hoistway.clock import now
from hoistway.store.provider_sessions import PROVIDER_SESSIONS
from hoistway.store.sessions import SESSIONS
from tests.engines import ENGINES
from tests.factors import code_at, with_codes
from tests.federation.connected import DOMAIN, back, led, led_on, make_person, provider, rows_of, serving_with
from tests.federation.liar import Liar
from tests.federation.liar import liar as liar
from tests.flows.browser import Person, answer_of, hidden, pkce
from tests.server import Served, serving
from tests.world import HOME, A


@pytest.fixture(params=ENGINES)
def here(request: pytest.FixtureRequest, liar: Liar) -> Iterator[Served]:
    with serving_with(request.param, provider(liar.url, sign_out="there")) as served:
        yield served


def signed_in(here: Served, liar: Liar) -> Person:
    person = Person(here)
    back(person, liar.sends_back(led(person, f"rita@{DOMAIN}")))
    return person


def confirmed(person: Person, **asked: str) -> httpx2.Response:
    """Signing out, with the question answered."""
    page = person.get("/oauth2/logout", **asked)
    form = {"ticket": hidden(page.text, "ticket"), "csrf": hidden(page.text, "csrf")}
    return person.http.post("/oauth2/logout", data=form)


def test_signing_out_goes_on_there_and_comes_back(here: Served, liar: Liar) -> None:
    person = signed_in(here, liar)
    row = rows_of(here.database, PROVIDER_SESSIONS)[0]
    assert row["sid"] == "up-1"
    assert liar.issued.encode() not in row["hint"]
    asked = {"client_id": "spa", "post_logout_redirect_uri": HOME, "state": "of the application"}
    location = led_on(confirmed(person, **asked))
    assert rows_of(here.database, SESSIONS) == rows_of(here.database, PROVIDER_SESSIONS) == []
    assert location.startswith(f"{liar.url}/end?")
    said = answer_of(location)
    assert (said["id_token_hint"], said["client_id"]) == (liar.issued, "hoistway-here")
    assert said["post_logout_redirect_uri"] == f"{here.url}/sign-in/provider/signed-out"
    reply = person.http.get(f"{said['post_logout_redirect_uri']}?state={said['state']}")
    assert reply.headers["location"].startswith(HOME)
    assert answer_of(reply.headers["location"])["state"] == "of the application"
    # Nobody else is led anywhere by it.
    other = Person(here)
    page = other.http.get(f"{said['post_logout_redirect_uri']}?state={said['state']}")
    assert (page.status_code, "You are signed out" in page.text) == (200, True)


def test_signing_out_goes_on_there_after_a_step_up(here: Served, liar: Liar) -> None:
    make_person(here.database, "rita", A)
    person = signed_in(here, liar)
    with_codes(here.database, "rita")
    _, challenge = pkce()
    ask = {"scope": "openid", "code_challenge": challenge, "code_challenge_method": "S256"}
    page = person.authorize("spa", acr_values="urn:hoistway:acr:mfa", **ask)
    assert page.url.path == "/sign-in/second"
    assert "code" in answer_of(person.submit("/sign-in/second", page, code=code_at(now())).headers["location"])
    assert [row["amr"] for row in rows_of(here.database, SESSIONS)] == ["otp mfa"]
    assert led_on(confirmed(person)).startswith(f"{liar.url}/end?")


def test_a_provider_that_is_away_or_has_no_such_address_keeps_nobody_signed_in(here: Served, liar: Liar) -> None:
    for lie in (
        {"end_session_endpoint": None},
        {"end_session_endpoint": "javascript:alert(1)"},
        {"token_endpoint": None},
    ):
        person = signed_in(here, liar)
        liar.described = lie
        with serving(here.database, outbound_loopback=True) as anew:
            person.http.base_url = anew.url
            assert "You are signed out" in confirmed(person).text, lie
        assert rows_of(here.database, SESSIONS) == []
        liar.described = {}


def test_a_session_that_began_by_a_password_ends_here(here: Served) -> None:
    person = Person(here)
    person.sign_in(person.get("/sign-in"), "ann")
    assert "You are signed out" in confirmed(person).text
