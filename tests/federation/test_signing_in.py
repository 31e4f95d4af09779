"""Signing in with a company's own provider, over HTTP against a provider that others wrote, on both databases."""

from collections.abc import Iterator

import pytest

from hoistway.store.memberships import MEMBERSHIPS
from hoistway.store.users import USERS
from tests.engines import ENGINES
from tests.federation.connected import (
    DOMAIN,
    ID,
    asked,
    back,
    cause_of,
    events_of,
    known,
    led,
    led_on,
    make_person,
    provider,
    rows_of,
    serving_with,
)
from tests.federation.mock import Mock, mock_provider
from tests.flows.browser import Person, answer_of, hidden
from tests.server import Served
from tests.world import A


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    with mock_provider() as made:
        yield made


@pytest.fixture(params=ENGINES)
def here(request: pytest.FixtureRequest, mock: Mock) -> Iterator[Served]:
    with serving_with(request.param, provider(mock.url)) as served:
        yield served


def test_a_new_person_signs_in_and_is_in_exactly_that_customer(here: Served, mock: Mock) -> None:
    mock.person("s-1", email=f"Rita@{DOMAIN}", email_verified=True, name="Rita  Rot", locale="de-DE")
    person = Person(here)
    reply = back(person, mock.allow(led(person, f"rita@{DOMAIN}"), "s-1"))
    assert reply.status_code == 303, reply.text
    assert "code" in answer_of(reply.headers["location"])
    user_id = known(here)["s-1"]
    user = next(row for row in rows_of(here.database, USERS) if row["id"] == user_id)
    assert (user["username"], user["name"], user["emails"], user["flags"], user["locale"]) == (
        f"Rita@{DOMAIN}", "Rita Rot", f'["Rita@{DOMAIN}"]', "[]", "de",
    )  # fmt: skip
    places = [row for row in rows_of(here.database, MEMBERSHIPS) if row["user_id"] == user_id]
    assert [(row["customer_id"], row["role"], row["reach"]) for row in places] == [(A, "member", "all")]
    told = events_of(here.database, "user.added", "membership.changed", "sign_in.succeeded")
    assert sorted(one["event"] for one in told) == ["membership.changed", "sign_in.succeeded", "user.added"]
    assert {one["actor"] for one in told} == {user_id}
    assert all(ID in str(one["detail"]) for one in told)


def test_the_same_person_again_is_the_same_account_whatever_the_address_is_by_then(here: Served, mock: Mock) -> None:
    mock.person("s-1", email=f"rita@{DOMAIN}", email_verified=True)
    for address in (f"rita@{DOMAIN}", "rita@elsewhere.example", ""):
        mock.person("s-1", email=address, email_verified=False)
        if address == f"rita@{DOMAIN}":
            mock.person("s-1", email=address, email_verified=True)
        person = Person(here)
        reply = back(person, mock.allow(led(person, f"rita@{DOMAIN}"), "s-1"))
        assert "code" in answer_of(reply.headers["location"])
    assert list(known(here)) == ["s-1"]


def test_the_user_name_alone_leads_there_without_script(here: Served, mock: Mock) -> None:
    """With an application and without, with a password typed by habit, and in any case."""
    person = Person(here)
    page = person.get("/sign-in")
    assert "required" not in page.text.split('id="password"')[1].split(">")[0]
    for username in (f"nobody@{DOMAIN}", f"Nobody@{DOMAIN.upper()}", f"  nobody@{DOMAIN} "):
        location = led(person, username, person.get("/sign-in"), password="")
        assert location.startswith(f"{mock.url}/oauth2/authorize?")
        asked_for = answer_of(location)
        assert asked_for["login_hint"].strip().lower() == f"nobody@{DOMAIN}"
        assert asked_for["redirect_uri"] == f"{here.url}/sign-in/provider/{ID}/callback"
        assert (asked_for["code_challenge_method"], asked_for["scope"]) == ("S256", "openid email profile")
    again = person.submit("/sign-in", person.get("/sign-in"), username="ann@example.com", password="")
    assert again.status_code == 400
    assert "Type your password as well" in again.text
    assert 'value="ann@example.com"' in again.text


def test_without_an_application_the_person_comes_back_to_the_page_that_led_to_the_sign_in(
    here: Served, mock: Mock
) -> None:
    mock.person("s-1", email=f"rita@{DOMAIN}", email_verified=True)
    person = Person(here)
    page = person.get("/sign-in", next="/portal/applications")
    form = {"ticket": "", "csrf": hidden(page.text, "csrf"), "username": f"rita@{DOMAIN}"}
    reply = person.http.post("/sign-in?next=/portal/applications", data={k: v for k, v in form.items() if v})
    assert reply.status_code == 200
    assert "form-action 'self'" in reply.headers["content-security-policy"]
    location = led_on(reply)
    reply = person.http.get(mock.allow(location, "s-1"))
    assert (reply.status_code, reply.headers["location"]) == (303, "/portal/applications")
    assert person.get("/portal/applications").status_code == 200


def test_an_account_of_that_address_is_linked_where_it_is_a_member(here: Served, mock: Mock) -> None:
    user_id = make_person(here.database, "max", A)
    mock.person("s-2", email=f"max@{DOMAIN}", email_verified=True)
    person = Person(here)
    back(person, mock.allow(led(person, f"max@{DOMAIN}"), "s-2"))
    assert known(here) == {"s-2": user_id}
    assert [one["actor"] for one in events_of(here.database, "user.linked")] == [user_id]
    assert person.get("/portal").status_code == 200


def test_who_cancels_there_is_told_and_can_try_again(here: Served, mock: Mock) -> None:
    person = Person(here)
    page = back(person, mock.deny(led(person, f"rita@{DOMAIN}")))
    assert (page.status_code, cause_of(page)) == (400, "cancelled")
    assert f'href="/sign-in/provider/{ID}"' in page.text
    again = person.get(f"/sign-in/provider/{ID}")
    assert again.headers["location"].startswith(mock.url)
    assert asked(person).status_code == 200
