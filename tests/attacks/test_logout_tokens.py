"""Row 63: a logout token that is forged, replayed, another's or of another kind ends nobody's session; one that is right ends
exactly those of its provider and person.
"""

from base64 import urlsafe_b64encode
from collections.abc import Iterator, Sequence
from typing import Any

import httpx2
import jwt as pyjwt
import pytest

from hoistway.applications import logout_notices
from hoistway.applications.logout_address import LogoutUriRefused, check_logout_uri
from hoistway.outbound import fetcher
from hoistway.protocol.ids import ProviderId
from hoistway.server import telling_ends
from hoistway.store.application_sessions import APPLICATION_SESSIONS
from hoistway.store.sessions import SESSIONS
from tests.engines import ENGINES, drop_database, fresh_database
from tests.federation.connected import DOMAIN, ID, back, connect, events_of, led, provider, rows_of
from tests.federation.liar import Liar, key_called, lying
from tests.flows.browser import Person, hidden
from tests.flows.receiver import receiving, register, until
from tests.server import Clock, Served, populate, serving
from tests.world import A, B, client

OTHER = ProviderId("p-other")
LIES: tuple[dict[str, Any], ...] = (
    {"aud": "another-client"}, {"iss": "https://evil.example"}, {"iat": 1}, {"iat": None}, {"exp": 1}, {"jti": None}, {"jti": 7},
    {"events": None},
    {"events": {"http://schemas.openid.net/event/other": {}}}, {"events": ["http://schemas.openid.net/event/backchannel-logout"]},
    {"nonce": "n"}, {"nonce": ""}, {"sub": None, "sid": None}, {"sid": ["up-1"]}, {"sub": {"$ne": ""}}, {"iat": 99_999_999_999},
    {"aud": ["hoistway-here", "another-client"]},
)  # fmt: skip


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def liar(clock: Clock) -> Iterator[Liar]:
    with lying() as made:
        made.at = clock()
        yield made


@pytest.fixture(params=ENGINES)
def here(request: pytest.FixtureRequest, liar: Liar, clock: Clock) -> Iterator[Served]:
    """Two customers have connected the same provider, each with a domain of its own."""
    url = fresh_database(request.param, populate)
    connect(url, provider(liar.url))
    connect(url, provider(liar.url, id=OTHER, customer_id=B, client_id="hoistway-other"), "other.example")
    with serving(url, outbound_loopback=True, now=clock) as served:
        yield served
    drop_database(url)


def signed_in(here: Served, liar: Liar, domain: str = DOMAIN, **claims: str) -> Person:
    person = Person(here)
    audience = "hoistway-here" if domain == DOMAIN else "hoistway-other"
    liar.claims = {"email": f"rita@{domain}", "aud": audience, **claims}
    back(person, liar.sends_back(led(person, f"rita@{domain}")))
    assert is_in(person)
    return person


def is_in(person: Person) -> bool:
    return person.get("/portal/applications").status_code == 200


def tell(here: Served, token: str | None, provider_id: str = ID) -> httpx2.Response:
    form = {"other": "x"} if token is None else {"logout_token": token}
    return httpx2.post(f"{here.url}/sign-in/provider/{provider_id}/logout", data=form)


def test_a_provider_ends_what_began_there_and_nothing_else(here: Served, liar: Liar) -> None:
    """Row 63: by session, by person, and by both; the same person of another provider stays."""
    first, second = signed_in(here, liar), signed_in(here, liar, sid="up-2")
    elsewhere = signed_in(here, liar, "other.example")
    own = Person(here)
    own.sign_in(own.get("/sign-in"), "ann")
    reply = tell(here, liar.logout_token())
    assert (reply.status_code, reply.headers["cache-control"], reply.content) == (200, "no-store", b"")
    assert [is_in(one) for one in (first, second, elsewhere, own)] == [False, True, True, True]
    assert tell(here, liar.logout_token(sid="up-2", sub="s-9")).status_code == 200
    assert tell(here, liar.logout_token(sid="unknown", sub=None)).status_code == 200
    assert is_in(second)
    third = signed_in(here, liar, sid="up-3")
    assert tell(here, liar.logout_token(sid="up-2", sub=None)).status_code == 200
    assert [is_in(one) for one in (second, third)] == [False, True]
    assert tell(here, liar.logout_token(sid=None)).status_code == 200
    assert [is_in(one) for one in (third, elsewhere, own)] == [False, True, True]
    told = events_of(here.database, "provider.signed_out")
    assert [(one["customer"], '"sessions":1' in one["detail"]) for one in told] == [(A, True)] * 3


def test_a_token_that_says_something_else_ends_nothing(here: Served, liar: Liar) -> None:
    """Row 63: each claim on its own."""
    person = signed_in(here, liar)
    for lie in LIES:
        reply = tell(here, liar.logout_token(**lie))
        assert (reply.status_code, reply.json()["error"]) == (400, "invalid_request"), lie
        assert reply.headers["cache-control"] == "no-store"
    assert is_in(person)
    for token in (None, "", "x", "a.b.c"):
        assert tell(here, token).status_code == 400
    assert is_in(person)
    assert tell(here, liar.logout_token()).status_code == 200
    assert not is_in(person)


def _text(value: str) -> str:
    return urlsafe_b64encode(value.encode()).rstrip(b"=").decode()


def test_a_forged_token_ends_nothing(here: Served, liar: Liar) -> None:
    """Row 63: signed by nobody, by another key, with a key of its own, with the public key as a secret, and an ID token."""
    person = signed_in(here, liar)
    right = liar.logout_token()
    _, payload, signature = right.split(".")
    none = _text('{"alg":"none","typ":"logout+jwt"}')
    forged = [f"{none}.{payload}.", f"{none}.{payload}.{signature}", liar.logout_token({"kid": "another"})]
    forged += [f"{right[:-4]}AAAA", liar.logout_token({"jwk": {"kty": "oct", "k": "AA"}}), liar.issued]
    forged += [
        liar.logout_token({"typ": "at+jwt"}),
        pyjwt.encode({"iss": liar.url}, "secret-" * 8, "HS256", {"kid": "k-1"}),
    ]
    liar.signs_with = "k-2"
    forged += [liar.logout_token(), liar.logout_token({"kid": "k-1"})]
    for token in forged:
        assert tell(here, token).status_code == 400, token
    assert is_in(person)
    assert key_called("k-1") is not key_called("k-2")


def test_a_token_counts_once(here: Served, liar: Liar, clock: Clock) -> None:
    """Row 63: replayed, at once and for as long as its age would be accepted."""
    first, token = signed_in(here, liar), liar.logout_token()
    assert tell(here, token).status_code == 200
    assert not is_in(first)
    again = signed_in(here, liar)
    for seconds in (0, 100, 500, 100):
        clock.turn(seconds)
        assert tell(here, token).status_code == 400
    assert is_in(again)


def test_a_token_for_another_provider_ends_nothing(here: Served, liar: Liar) -> None:
    """Row 63: the address says whose provider it is; unknown and disabled ones are not there."""
    person = signed_in(here, liar)
    assert tell(here, liar.logout_token(), OTHER).status_code == 400
    assert tell(here, liar.logout_token(aud="hoistway-other")).status_code == 400
    assert tell(here, liar.logout_token(aud="hoistway-other"), OTHER).status_code == 200
    assert tell(here, liar.logout_token(), "p-none").status_code == 404
    assert is_in(person)


def test_what_older_providers_send_is_taken(here: Served, liar: Liar) -> None:
    """Without exp and of type JWT; a new key is found."""
    person = signed_in(here, liar)
    assert tell(here, liar.logout_token({"typ": "JWT"}, exp=None)).status_code == 200
    assert not is_in(person)


def test_a_provider_that_is_away_is_asked_to_send_again(here: Served, liar: Liar) -> None:
    person = signed_in(here, liar)
    liar.answers["/.well-known/openid-configuration"] = (500, "")
    with serving(here.database, outbound_loopback=True, now=lambda: liar.at or 0) as anew:
        reply = tell(anew, liar.logout_token())
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "60")
    assert is_in(person)
    assert len(rows_of(here.database, SESSIONS)) == 1


def test_notices_have_a_rate(here: Served, liar: Liar) -> None:
    """Row 63: whoever sends thousands is turned away before anything is verified."""
    answers = [tell(here, "x").status_code for _ in range(602)]
    assert answers[0] == 400
    assert answers[-1] == 503


def test_our_own_tokens_are_no_logout_tokens_of_a_provider(here: Served, liar: Liar) -> None:
    """Row 63: an ID token or access token of ours, sent to the address of a provider."""
    tokens = Person(here).tokens("spa", "ann")
    for token in (tokens["id_token"], tokens["access_token"]):
        assert tell(here, token).status_code == 400


def test_an_address_that_leads_inside_gets_no_logout_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """Row 24: a name that was public when it was registered and leads inside when it is asked; each attempt judges anew."""
    leads = ["127.0.0.1", "10.1.2.3", "::ffff:127.0.0.1", "169.254.169.254"]
    asked: list[str] = []

    async def resolve(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ("93.184.215.14", leads[min(len(asked), len(leads)) - 1])

    monkeypatch.setattr(fetcher, "resolve_with", lambda: resolve)
    monkeypatch.setattr(telling_ends, "EVERY", 0.05)
    monkeypatch.setattr(logout_notices, "FIRST_PAUSE", 0)
    url = fresh_database("sqlite", populate)
    with receiving() as receiver:
        register(url, "spa", receiver.url.replace("http://127.0.0.1", "https://app.rebinds.example"))
        with serving(url) as here:
            person = Person(here)
            person.tokens("spa", "ann")
            page = person.get("/oauth2/logout")
            form = {"ticket": hidden(page.text, "ticket"), "csrf": hidden(page.text, "csrf")}
            person.http.post("/oauth2/logout", data=form)
            until(lambda: rows_of(url, APPLICATION_SESSIONS) == [])
        assert set(asked) == {"app.rebinds.example"}
        assert len(asked) == logout_notices.MOST_ATTEMPTS
        assert receiver.heads == []
    assert [one["event"] for one in events_of(url, "application.logout_given_up")] == ["application.logout_given_up"]
    drop_database(url)


@pytest.mark.parametrize(
    "uri",
    ["http://app.example/out", "https://10.0.0.1/out", "https://[::1]/out", "https://2130706433/out", "https://localhost/out",
     "https://app.example/out#x", "https://u:p@app.example/out", "https://app.example:22/out", "https://app.example\\@10.0.0.1/", "/out",
     "https://169.254.169.254/latest/meta-data", "ftp://app.example/", "javascript:alert(1)", "https://app/out", "https://app.example/../x"],
)  # fmt: skip
def test_an_address_that_means_something_else_is_not_registered(uri: str) -> None:
    """Row 24: by its letters alone; portal, console and command line ask this function."""
    with pytest.raises(LogoutUriRefused) as refused:
        check_logout_uri(uri, client("web", "web"), loopback=False)
    assert refused.value.because == "address"


def test_where_owners_may_register() -> None:
    row = client("web", "web", redirect_uris=("https://app.example/cb",))
    check_logout_uri("https://app.example:8443/out", row, loopback=False, by_owner=True)
    check_logout_uri(None, row, loopback=False, by_owner=True)
    with pytest.raises(LogoutUriRefused, match="redirect addresses"):
        check_logout_uri("https://other.example/out", row, loopback=False, by_owner=True)
    check_logout_uri("https://other.example/out", row, loopback=False)
    sandbox = client("web", "web", redirect_uris=("https://app.example/cb",), environment="sandbox")
    check_logout_uri("https://other.example/out", sandbox, loopback=False, by_owner=True)
    with pytest.raises(LogoutUriRefused, match="daemon"):
        check_logout_uri("https://app.example/out", client("d", "daemon"), loopback=False)
