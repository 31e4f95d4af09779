"""Providers that tell us of a sign-out, each a process or server of its own: node-oidc-provider and a second Hoistway; and one that
rotates its keys, is away, or whose clock differs.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest

from hoistway.server import telling_ends
from hoistway.store.application_sessions import APPLICATION_SESSIONS
from hoistway.store.provider_sessions import PROVIDER_SESSIONS
from hoistway.store.sessions import SESSIONS
from tests.engines import drop_database, fresh_database
from tests.federation.connected import ID, back, connect, events_of, led, provider, rows_of
from tests.federation.mock import free_port
from tests.federation.node import node_provider, sign_out_there, walk_in
from tests.federation.test_upstreams import PEOPLE, entered, rotate, two
from tests.flows.browser import Person, hidden
from tests.flows.receiver import register, until
from tests.server import Clock, Served, populate, serving


@pytest.fixture(autouse=True)
def prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling_ends, "EVERY", 0.05)


def is_in(person: Person) -> bool:
    return person.get("/portal/applications").status_code == 200


def sign_out(person: Person) -> None:
    page = person.get("/oauth2/logout")
    form = {"ticket": hidden(page.text, "ticket"), "csrf": hidden(page.text, "csrf")}
    assert person.http.post("/oauth2/logout", data=form).status_code == 200


@contextmanager
def entered_from(here: Served, there: Served) -> Iterator[tuple[Person, Person]]:
    """(the person's browser here, the one there)"""
    person, elsewhere = Person(here), Person(there)
    location = led(person, "ann@example.com")
    reply = elsewhere.sign_in(elsewhere.follow(elsewhere.http.get(location)), "ann")
    assert entered(back(person, reply.headers["location"]))
    yield person, elsewhere


def test_a_second_hoistway_tells_of_a_sign_out() -> None:
    """Signed with keys that were rotated a moment ago, by a clock that is behind; then while we are away for a while."""
    ours_now, theirs_now = Clock(), Clock()
    with two(ours_now, theirs_now) as (ours, theirs, port, here):
        register(theirs, "company", f"{here.url}/sign-in/provider/{ID}/logout")
        with (
            serving(theirs, now=theirs_now, port=port, outbound_loopback=True) as there,
            entered_from(here, there) as (person, elsewhere),
        ):
            sids = [row["sid"] for row in rows_of(ours, PROVIDER_SESSIONS)]
            assert sids == [row["sid"] for row in rows_of(theirs, APPLICATION_SESSIONS)]
            sign_out(elsewhere)
            until(lambda: not is_in(person))
            until(lambda: rows_of(theirs, APPLICATION_SESSIONS) == [])
        assert len(events_of(ours, "provider.signed_out")) == 1
        rotate(theirs, theirs_now())
        for one, seconds in ((ours_now, 120), (theirs_now, 120 - 50)):
            one.turn(seconds)
        with (
            serving(theirs, now=theirs_now, port=port, outbound_loopback=True) as there,
            entered_from(here, there) as (person, elsewhere),
        ):
            sign_out(elsewhere)
            until(lambda: not is_in(person))


def test_a_notice_waits_until_we_are_back() -> None:
    ours_now, theirs_now = Clock(), Clock()
    with two(ours_now, theirs_now) as (_, theirs, port, here):
        register(theirs, "company", f"{here.url}/sign-in/provider/{ID}/logout")
        with (
            serving(theirs, now=theirs_now, port=port, outbound_loopback=True) as there,
            entered_from(here, there) as (person, elsewhere),
        ):
            # By our clock it comes from an hour ago, and is not believed.
            ours_now.turn(3600)
            sign_out(elsewhere)
            until(lambda: any(row["attempts"] == 1 for row in rows_of(theirs, APPLICATION_SESSIONS)))
            assert is_in(person)
            # Theirs goes right, and the next attempt has a token of its own.
            theirs_now.turn(3600)
            until(lambda: not is_in(person))
            until(lambda: rows_of(theirs, APPLICATION_SESSIONS) == [])


def test_node_oidc_provider_tells_of_a_sign_out() -> None:
    """It is certified by the OpenID Foundation, for back-channel logout as well."""
    url, port = fresh_database("sqlite", populate), free_port()
    connect(url, provider(f"http://127.0.0.1:{port}", secret="a-secret-of-plain-letters"))
    with serving(url, outbound_loopback=True) as here:
        client: dict[str, object] = {
            "client_id": "hoistway-here", "client_secret": "a-secret-of-plain-letters", "grant_types": ["authorization_code"],
            "redirect_uris": [f"{here.url}/sign-in/provider/{ID}/callback"], "response_types": ["code"],
            "backchannel_logout_uri": f"{here.url}/sign-in/provider/{ID}/logout", "backchannel_logout_session_required": True,
        }  # fmt: skip
        with node_provider(port, client, PEOPLE) as issuer:
            person, other = Person(here), Person(here)
            with httpx2.Client(timeout=30) as there, httpx2.Client(timeout=30) as elsewhere:
                for one, browser in ((person, there), (other, elsewhere)):
                    back(one, walk_in(browser, led(one, "nora@acme.example"), "sub=n-1", here.url))
                    assert is_in(one)
                sign_out_there(there, issuer)
            until(lambda: not is_in(person))
            assert is_in(other)
            assert len(rows_of(url, SESSIONS)) == 1
    drop_database(url)
