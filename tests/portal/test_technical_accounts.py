"""The technical accounts of a customer, as its administrators make and change them, over HTTP on both engines."""

import re
from html import unescape

import pytest

from hoistway.protocol.ids import ServiceAccountId
from hoistway.store.db import Writer
from hoistway.store.service_accounts import set_service_account_disabled
from tests.attacks.asking import assert_refused_token, bearer, daemon_token, password, refresh, refusal
from tests.portal.asking import PRODUCTION, approved, said
from tests.portal.house import House
from tests.portal.signing_in import Visitor
from tests.server import change
from tests.world import API_URI, NOW, PASSWORD

HERE = "/portal/technical-accounts"
OFFLINE = f"{API_URI} offline_access"
INVALID = (400, "invalid_grant")
MORE: tuple[dict[str, str], ...] = (
    {"do": "add", "lifetime": "90"},
    {"do": "end", "password": "first", "unused": "yes"},
    {"do": "addresses", "addresses": "203.0.113.0/24"},
)
"""What else an administrator sends for an account."""
HOSTILE = '<script>alert(1)</script>"&'


def shown(page: str) -> tuple[str, str]:
    """(user name, password) of the page that shows them once."""
    values = [unescape(one) for one in re.findall(r'<span class="copied"><code>([^<]+)</code>', page)]
    assert len(values) == 2, page
    return values[0], values[1]


def make(visitor: Visitor, name: str) -> str:
    """Returns the page that shows the password."""
    visitor.get(HERE)
    reply = visitor.post(HERE, name=name)
    assert reply.status_code == 200, reply.text
    assert reply.headers["cache-control"] == "no-store"
    return reply.text


def test_an_account_is_made_and_gets_tokens(house: House) -> None:
    adam = house.opened("adam")
    assert "Daemon b" not in adam.get(HERE).text
    page = make(adam, HOSTILE)
    username, secret = shown(page)
    token = password(house.served, username, secret, scope=API_URI).json()["access_token"]
    assert {unit["unitId"][:6] for unit in bearer(house.served, token).json()["items"]} == {"US-c-a"}
    adam.get(HERE)
    assert username in adam.page
    assert secret not in adam.page
    assert "<script>alert" not in page + adam.page
    (made,) = house.entries("service_account.added")
    assert made[:2] == ("u-adam", "c-a")
    assert secret not in str(made)


def test_a_form_sent_twice_makes_one(house: House) -> None:
    adam = house.opened("adam")
    form = {"csrf": adam.token(HERE), "name": "Report"}
    assert adam.http.post(HERE, data=form).status_code == 200
    assert "notice_form_twice" in adam.http.post(HERE, data=form).headers["location"]
    assert len(house.entries("service_account.added")) == 1


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\u202eb"])
def test_a_name_is_needed_and_kept(house: House, name: str) -> None:
    adam = house.opened("adam")
    adam.get(HERE)
    assert adam.post(HERE, name=name).status_code == 422
    assert "1 to 100 printable characters" in adam.page
    assert house.entries("service_account.added") == []


def test_a_new_password_ends_what_the_old_one_gave(house: House) -> None:
    served, adam = house.served, house.opened("adam")
    old, by_secret = password(served, "daemon-a", scope=OFFLINE).json(), daemon_token(served)
    adam.get(f"{HERE}/sa-a")
    page = said(adam.page)
    assert "Ropc a refresh token" in page
    assert "Daemon its own secret" in page
    house.clock.turn(1)
    assert adam.post(f"{HERE}/sa-a", do="password").status_code == 422
    assert "Say first" in adam.page
    assert password(served, "daemon-a", scope=API_URI).status_code == 200
    username, new = shown(adam.post(f"{HERE}/sa-a", do="password", sure="yes").text)
    assert username == "daemon-a"
    house.clock.turn(5)
    assert refusal(refresh(served, old["refresh_token"], "ropc")) == INVALID
    assert_refused_token(bearer(served, old["access_token"]))
    assert refusal(password(served, "daemon-a", PASSWORD, scope=API_URI)) == INVALID
    assert password(served, "daemon-a", new, scope=API_URI).status_code == 200
    assert bearer(served, by_secret).status_code == 200
    detail = {"id": "sa-a", "refresh_tokens": 1}
    assert house.entries("service_account.password_reset") == [("u-adam", "c-a", detail)]


def test_disabled_and_enabled(house: House) -> None:
    served, adam = house.served, house.opened("adam")
    token = daemon_token(served)
    adam.get(f"{HERE}/sa-a")
    assert adam.post(f"{HERE}/sa-a", do="disable", confirm="daemon").status_code == 422
    assert bearer(served, token).status_code == 200
    assert adam.post(f"{HERE}/sa-a", do="disable", confirm="daemon-a").status_code == 303
    house.clock.turn(5)
    assert_refused_token(bearer(served, token))
    assert refusal(password(served, "daemon-a", scope=API_URI)) == INVALID
    adam.get(f"{HERE}/sa-a")
    assert adam.post(f"{HERE}/sa-a", do="enable").status_code == 303
    house.clock.turn(5)
    # What was given before ended for good; the account gets new ones.
    assert_refused_token(bearer(served, token))
    assert bearer(served, daemon_token(served)).status_code == 200
    assert house.entries("service_account.disabled") == [("u-adam", "c-a", {"id": "sa-a"})]
    assert house.entries("service_account.enabled") == [("u-adam", "c-a", {"id": "sa-a"})]


def test_what_an_operator_disabled_stays_so(house: House) -> None:
    async def work(tx: Writer) -> None:
        await set_service_account_disabled(tx, ServiceAccountId("sa-a"), NOW)

    adam = house.opened("adam")
    adam.get(f"{HERE}/sa-a")
    change(house.served.database, work)
    assert adam.post(f"{HERE}/sa-a", do="enable").status_code == 404
    assert adam.post(f"{HERE}/sa-a", do="disable", confirm="daemon-a").status_code == 303
    adam.get(f"{HERE}/sa-a")
    assert "An operator disabled it" in adam.page
    assert adam.post(f"{HERE}/sa-a", do="enable").status_code == 404
    assert refusal(password(house.served, "daemon-a", scope=API_URI)) == INVALID


def test_an_account_of_an_application_has_no_password(house: House) -> None:
    adam = house.opened("adam")
    form = {**PRODUCTION, "type": "daemon", "redirect_uris": "", "name": "Night run"}
    client_id = approved(house.served, adam, **form)
    adam.get(HERE)
    found = re.search(rf'{HERE}/([0-9a-f-]+)"><bdi>Night run', adam.page)
    assert found is not None
    adam.get(f"{HERE}/{found[1]}")
    assert f'href="/portal/applications/{client_id}"' in adam.page
    assert "its own secret" in adam.page
    assert "Nobody knows a password" in adam.page
    assert adam.post(f"{HERE}/{found[1]}", do="password", sure="yes").status_code == 404


def test_nobody_else_gets_there(house: House) -> None:
    adam, ann = house.opened("adam"), house.opened("ann")
    adam.get(f"{HERE}/sa-a")
    for path in (f"{HERE}/sa-b", f"{HERE}/nothing"):
        assert adam.get(path).status_code == 404
        for form in (
            {"do": "password", "sure": "yes"},
            {"do": "disable", "confirm": "daemon-b"},
            {"do": "enable"},
            *MORE,
        ):
            assert adam.post(path, **form).status_code == 404
    assert adam.post(f"{HERE}/sa-a", do="delete").status_code == 404
    assert HERE not in ann.page
    ann.get("/portal/applications/new")
    for path in (HERE, f"{HERE}/sa-a"):
        assert ann.get(path).status_code == 403
    ann.get("/portal/applications/new")
    assert ann.post(HERE, name="Mine").status_code == 403
    assert ann.post(f"{HERE}/sa-a", do="password", sure="yes").status_code == 403
    for form in MORE:
        assert ann.post(f"{HERE}/sa-a", **form).status_code == 403
    assert adam.http.post(f"{HERE}/sa-a", data={"do": "password", "sure": "yes"}).status_code == 400
    assert password(house.served, "daemon-a", scope=API_URI).status_code == 200
    german = house.opened("adam", "de")
    german.get(f"{HERE}/sa-a")
    assert "Noch ein Passwort erzeugen" in german.page
