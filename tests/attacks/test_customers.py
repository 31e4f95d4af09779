"""One customer never learns of another: not by data, not by an answer that differs."""

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.attacks.asking import CHALLENGE, bearer, daemon_token, part, password, post, refusal
from tests.flows.browser import Person
from tests.server import Served
from tests.world import API_URI, SECRET

FOREIGN = ["US-c-b-10", "US-c-b-14", "US-c-b-21"]
UNKNOWN = ["US-c-x-10", "x", "US-c-a-99", "us-c-a-10", "US-c-a-1_", "US-c-a-%", "' OR 1=1 --"]
TRACES = ("c-b", "u-bob", "sa-b", "daemon-b", "Bob", "bob@")
WORDS = st.sampled_from(
    [
        *FOREIGN,
        "c-b-s1",
        "c-b-s2",
        "c-b",
        "%",
        "_",
        "*",
        "US-c",
        "' OR '1'='1",
        "US-c-a-1' OR customer_id='c-b",
        "1000",
        "elevator",
    ]
)
MANY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TOKENS: dict[str, str] = {}


def of_a(served: Served) -> dict[str, str]:
    """By url of the server: a technical account's token and a person's, each with every scope."""
    if served.database not in TOKENS:
        TOKENS[served.database] = daemon_token(served)
        scope = "openid units.read profile.read profile.write"
        TOKENS[f"{served.database} ann"] = Person(served).tokens("spa", "ann", scope)["access_token"]
    return {"daemon": TOKENS[served.database], "ann": TOKENS[f"{served.database} ann"]}


def assert_no_trace(reply: httpx2.Response) -> None:
    """No word of customer B; the correlation id is random, so it may hold any three letters."""
    text = reply.text.replace(reply.headers["x-correlation-id"], "")
    assert not [trace for trace in TRACES if trace in text], text


@pytest.mark.parametrize("who", ["daemon", "ann"])
@pytest.mark.parametrize("path", ["/api/v1/units", "/api/v1/sites", "/api/v1/me"])
def test_every_list_is_the_customers_own(served: Served, who: str, path: str) -> None:
    """Row 34."""
    reply = bearer(served, of_a(served)[who], path)
    assert reply.status_code == 200
    assert_no_trace(reply)


@MANY
@given(site=WORDS, text=WORDS, kind=st.sampled_from(["elevator", "escalator", ""]))
def test_no_filter_reaches_another_customer(served: Served, site: str, text: str, kind: str) -> None:
    """Row 34."""
    token = of_a(served)["daemon"]
    typed = {"type": kind} if kind else {}
    for params in ({"site": site}, {"text": text}, {"site": site, "text": text, **typed}):
        reply = bearer(served, token, **params)
        assert reply.status_code == 200
        assert_no_trace(reply)


@MANY
@given(last=WORDS, digest=st.sampled_from(["", "x", "c-b"]), path=st.sampled_from(["units", "sites"]))
def test_no_cursor_reaches_another_customer(served: Served, last: str, digest: str, path: str) -> None:
    """Row 34: forged ones, and those that customer B was given."""
    tokens = of_a(served)
    own = bearer(served, daemon_token(served, "daemon-b"), f"/api/v1/{path}", limit="1").json()["next_cursor"]
    for cursor in (own, part([last, digest])):
        reply = bearer(served, tokens["daemon"], f"/api/v1/{path}", cursor=cursor)
        assert reply.status_code in {200, 400}
        assert_no_trace(reply)


@pytest.mark.parametrize("customer", [{"customer": "c-b"}, {"customer_id": "c-b"}, {"customer": "%"}])
def test_no_parameter_changes_the_customer(served: Served, customer: dict[str, str]) -> None:
    """Row 34."""
    for path in ("/api/v1/units", "/api/v1/sites"):
        reply = bearer(served, of_a(served)["daemon"], path, **customer)
        assert reply.status_code == 400
        assert_no_trace(reply)
    reply = bearer(served, of_a(served)["daemon"], "/api/v1/me", **customer)
    assert_no_trace(reply)


def answers(served: Served, path: str, ids: list[str]) -> set[tuple[int, str]]:
    """Of both tokens for each id, without the correlation id."""
    found = set()
    for token in of_a(served).values():
        for name in ids:
            reply = bearer(served, token, f"{path}/{name}")
            headers = sorted((k, v) for k, v in reply.headers.items() if k not in {"date", "x-correlation-id"})
            text = f"{headers} {reply.text}".replace(reply.headers["x-correlation-id"], "")
            found.add((reply.status_code, text))
    return found


def test_a_foreign_unit_is_as_unknown_as_none(served: Served) -> None:
    """Row 34: byte for byte, but for the correlation id."""
    foreign = answers(served, "/api/v1/units", FOREIGN)
    assert foreign == answers(served, "/api/v1/units", UNKNOWN)
    assert {status for status, _ in foreign} == {404}
    assert len(foreign) == 1


def test_another_user_is_as_unknown_as_none(served: Served) -> None:
    """Row 34: also one of the same customer."""
    for token in of_a(served).values():
        bodies = set()
        for name in ("u-bob", "u-few", "u-emil", "u-none", "sa-b", "sa-a"):
            reply = bearer(served, token, f"/api/v1/users/{name}")
            bodies.add((reply.status_code, reply.text.replace(reply.headers["x-correlation-id"], "")))
        assert len(bodies) == 1
        assert bodies.pop()[0] in {403, 404}


def test_no_change_to_another_user(served: Served) -> None:
    """Row 34."""
    person = Person(served)
    before = Person(served).tokens("spa", "bob", "openid profile.read")["access_token"]
    bearer_of_a = {"authorization": f"Bearer {of_a(served)['ann']}"}
    reply = person.http.patch("/api/v1/users/u-bob", json={"name": "Evil"}, headers=bearer_of_a)
    assert reply.status_code == 404
    assert bearer(served, before, "/api/v1/users/u-bob").json()["name"] == "Bob"


def test_an_etag_proves_no_unit(served: Served) -> None:
    """Row 34: If-None-Match with customer B's own tag, or with any."""
    etag = bearer(served, daemon_token(served, "daemon-b"), f"/api/v1/units/{FOREIGN[0]}").headers["etag"]
    for value in (etag, "*"):
        headers = {"authorization": f"Bearer {of_a(served)['ann']}", "if-none-match": value}
        assert Person(served).http.get(f"/api/v1/units/{FOREIGN[0]}", headers=headers).status_code == 404


def test_another_customers_token_at_the_token_endpoints(served: Served) -> None:
    """Row 34: introspected it is as inactive as nonsense; revoked it lives on."""
    theirs = daemon_token(served, "daemon-b")
    refresh_of_b = Person(served).tokens("spa", "bob", "openid offline_access")["refresh_token"]
    mine = {"client_id": "daemon", "client_secret": SECRET}
    nonsense = post(served, "/oauth2/introspect", **mine, token="evil")
    for token in (theirs, refresh_of_b):
        assert post(served, "/oauth2/introspect", **mine, token=token).content == nonsense.content
        assert post(served, "/oauth2/revoke", **mine, token=token).status_code == 200
    assert bearer(served, theirs).status_code == 200
    assert post(served, grant_type="refresh_token", client_id="spa", refresh_token=refresh_of_b).status_code == 200


def test_no_token_for_another_customer(served: Served) -> None:
    """Row 34: by the password grant, by client credentials, at the authorization endpoint and on its pages."""
    assert refusal(password(served, "daemon-a", scope=API_URI, customer="c-b")) == (400, "invalid_target")
    form = {"grant_type": "client_credentials", "client_id": "daemon", "client_secret": SECRET}
    assert refusal(post(served, **form, customer="c-b")) == (400, "invalid_target")
    person = Person(served)
    asked = {"scope": "openid units.read", "customer": "c-b", **CHALLENGE}
    page = person.sign_in(person.authorize("spa", **asked), "ann")
    assert page.status_code == 200
    assert "location" not in page.headers
    again = person.submit("/interaction", page, customer="c-b")
    assert again.status_code == 200
    assert "Customer c-b" not in again.text
    silent = person.authorize("spa", **asked, prompt="none")
    assert "error=account_selection_required" in silent.headers["location"]


@pytest.mark.parametrize("customer", ["c-b", "c-none"])
def test_a_foreign_customer_is_as_unknown_as_none(served: Served, customer: str) -> None:
    """Row 34: the page that refuses says the same."""
    person = Person(served)
    page = person.sign_in(person.authorize("spa", scope="openid", customer=customer, **CHALLENGE), "ann")
    assert page.status_code == 200
    assert customer not in page.text
    assert "Customer c-a" in page.text
