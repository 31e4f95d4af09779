"""A technical account's two passwords, and the addresses from which it may be used, over HTTP on both engines."""

import time
from html import unescape

import httpx2
import pytest

from hoistway.authn.passwords import Passwords
from tests.attacks.asking import assert_refused_token, bearer, daemon_token, password, post, refresh, refusal
from tests.portal.asking import said
from tests.portal.house import House
from tests.portal.signing_in import Visitor
from tests.portal.test_technical_accounts import HERE, INVALID, OFFLINE, shown
from tests.server import serving
from tests.world import API_URI, PASSWORD, SECRET

SA = f"{HERE}/sa-a"
DAY = 86_400


@pytest.fixture
def adam(house: House) -> Visitor:
    return house.opened("adam")


def add(adam: Visitor, lifetime: str = "90") -> str:
    adam.get(SA)
    reply = adam.post(SA, do="add", lifetime=lifetime)
    assert reply.status_code == 200, said(reply.text)
    return shown(reply.text)[1]


def end(adam: Visitor, which: str) -> httpx2.Response:
    adam.get(SA)
    return adam.post(SA, do="end", password=which, unused="yes")


def works(house: House, word: str) -> bool:
    reply = password(house.served, "daemon-a", word, scope=API_URI)
    if reply.status_code != 200:
        assert refusal(reply) == INVALID
    return reply.status_code == 200


def test_programs_move_from_one_to_the_other_without_a_gap(house: House, adam: Visitor) -> None:
    old = password(house.served, "daemon-a", scope=OFFLINE).json()
    second = add(adam)
    assert works(house, PASSWORD)
    assert works(house, second)
    new = password(house.served, "daemon-a", second, scope=OFFLINE).json()
    house.clock.turn(5)
    assert end(adam, "first").status_code == 303
    house.clock.turn(5)
    assert not works(house, PASSWORD)
    assert works(house, second)
    # What each gave ends with it alone.
    assert_refused_token(bearer(house.served, old["access_token"]))
    assert refusal(refresh(house.served, old["refresh_token"], "ropc")) == INVALID
    assert bearer(house.served, new["access_token"]).status_code == 200
    rotated = refresh(house.served, new["refresh_token"], "ropc")
    assert rotated.status_code == 200, rotated.text
    # And back again.
    third = add(adam)
    house.clock.turn(5)
    assert end(adam, "second").status_code == 303
    house.clock.turn(5)
    assert works(house, third)
    assert not works(house, second)
    assert_refused_token(bearer(house.served, rotated.json()["access_token"]))
    assert [one[2]["password"] for one in house.entries("service_account.password_ended")] == ["second", "first"]


def test_what_is_remembered_ends_at_once_in_every_process(house: House, adam: Visitor) -> None:
    second = add(adam)
    with serving(house.served.database, now=house.clock) as other:
        for served in (house.served, other):
            for _ in range(2):
                assert password(served, "daemon-a", second, scope=API_URI).status_code == 200
        assert end(adam, "second").status_code == 303
        for served in (house.served, other):
            assert refusal(password(served, "daemon-a", second, scope=API_URI)) == INVALID
            assert password(served, "daemon-a", scope=API_URI).status_code == 200


def test_there_are_two_at_most_and_never_one_twice(house: House, adam: Visitor) -> None:
    second = add(adam)
    assert adam.post(SA, do="add", lifetime="90").status_code == 422
    assert adam.post(SA, do="end", password="second").status_code == 422
    assert works(house, second)
    assert end(adam, "second").status_code == 303
    assert end(adam, "second").status_code == 404
    assert end(adam, "third").status_code == 404
    assert end(adam, "first").status_code == 303
    assert not works(house, PASSWORD)
    adam.get(SA)
    assert "No password works" in adam.page


def test_a_new_password_ends_both(house: House, adam: Visitor) -> None:
    second = add(adam)
    given = password(house.served, "daemon-a", second, scope=OFFLINE).json()
    house.clock.turn(5)
    adam.get(SA)
    only = shown(adam.post(SA, do="password", sure="yes").text)[1]
    house.clock.turn(5)
    assert [works(house, word) for word in (PASSWORD, second, only)] == [False, False, True]
    assert_refused_token(bearer(house.served, given["access_token"]))
    assert refusal(refresh(house.served, given["refresh_token"], "ropc")) == INVALID


def test_it_ends_at_its_time_with_what_it_gave(house: House, adam: Visitor) -> None:
    second = add(adam, "90")
    house.clock.turn(90 * DAY - 10)
    given = password(house.served, "daemon-a", second, scope=OFFLINE).json()
    assert works(house, second)
    house.clock.turn(10)
    assert not works(house, second)
    house.clock.turn(5)
    assert_refused_token(bearer(house.served, given["access_token"]))
    assert refusal(refresh(house.served, given["refresh_token"], "ropc")) == INVALID
    assert works(house, PASSWORD)
    ((actor, customer, detail),) = house.entries("password_grant.failed")
    assert (actor, customer, detail["because"]) == ("sa-a", "c-a", "expired")
    # Its place is free again, and what it gave stays ended.
    third = add(house.opened("adam"), "0")
    house.clock.turn(5)
    assert works(house, third)
    assert refusal(refresh(house.served, given["refresh_token"], "ropc")) == INVALID


def test_the_page_shows_when_each_was_used(house: House, adam: Visitor) -> None:
    second = add(adam)
    adam.get(SA)
    assert said(adam.page).count("not yet") == 2
    assert works(house, second)
    # Written with the counts of calls, every three seconds.
    deadline = time.monotonic() + 60
    while said(adam.get(SA).text).count("not yet") != 1:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def limit(adam: Visitor, ranges: str) -> httpx2.Response:
    adam.get(SA)
    return adam.post(SA, do="addresses", addresses=ranges)


def test_only_from_its_addresses(house: House, adam: Visitor) -> None:
    given = password(house.served, "daemon-a", scope=OFFLINE).json()
    assert limit(adam, "203.0.113.0/24\n2001:db8::/48").status_code == 303
    house.clock.turn(5)
    for word in (PASSWORD, "wrong"):
        reply = password(house.served, "daemon-a", word, scope=API_URI)
        assert refusal(reply) == INVALID
        # A thief of the password hears no more than somebody who guesses.
        assert "may not be used from your address" in reply.json()["error_description"]
    because = [detail["because"] for _, _, detail in house.entries("password_grant.failed")]
    assert because == ["address"]
    assert refusal(refresh(house.served, given["refresh_token"], "ropc")) == INVALID
    form = {"grant_type": "client_credentials", "client_id": "daemon", "client_secret": SECRET}
    assert refusal(post(house.served, **form)) == INVALID
    adam.get(SA)
    assert "203.0.113.0/24\n2001:db8::/48</textarea>" in unescape(adam.page)
    assert limit(adam, "203.0.113.0/24 127.0.0.0/8").status_code == 303
    house.clock.turn(5)
    assert works(house, PASSWORD)
    assert daemon_token(house.served)
    assert limit(adam, "").status_code == 303
    changed = [detail["after"] for _, _, detail in house.entries("service_account.changed")]
    assert changed == [{"addresses": one} for one in (
        [], ["127.0.0.0/8", "203.0.113.0/24"], ["203.0.113.0/24", "2001:db8::/48"],
    )]  # fmt: skip


@pytest.mark.parametrize("ranges", ["203.0.113.1/24", "everywhere", " ".join(f"10.0.{n}.0/24" for n in range(21))])
def test_what_is_no_network_is_refused_and_kept(house: House, adam: Visitor, ranges: str) -> None:
    assert limit(adam, ranges).status_code == 422
    assert f"{ranges}</textarea>" in unescape(adam.page)
    assert works(house, PASSWORD)


def test_behind_a_proxy_the_caller_counts_and_cannot_pretend(house: House, adam: Visitor) -> None:
    """Nor is the proxy taken for the caller, whose own address the account may be limited to."""
    assert limit(adam, "203.0.113.0/24 127.0.0.0/8").status_code == 303
    form = {
        "grant_type": "password",
        "client_id": "ropc",
        "username": "daemon-a",
        "password": PASSWORD,
        "scope": API_URI,
    }
    with serving(house.served.database, now=house.clock, trusted_proxies=1) as behind:
        for said_by, status in (
            ("203.0.113.9", 200),
            ("::ffff:203.0.113.9", 200),
            ("198.51.100.7, 203.0.113.9", 200),
            ("203.0.113.9, 198.51.100.7", 400),
            ("unknown", 400),
            ("203.0.113.9,", 400),
            (None, 400),
        ):
            headers = {} if said_by is None else {"x-forwarded-for": said_by}
            reply = httpx2.post(f"{behind.url}/oauth2/token", data=form, headers=headers, timeout=60, verify=False)
            assert reply.status_code == status, (said_by, reply.text)


def test_who_has_two_takes_no_longer_to_refuse(house: House, adam: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row 40: one digest is compared for each password, so that time does not tell who has an account."""
    add(adam)
    seen: list[str] = []
    verify = Passwords._verify

    def see(self: Passwords, digest: str, word: str) -> bool:
        seen.append(word)
        return verify(self, digest, word)

    monkeypatch.setattr(Passwords, "_verify", see)
    for name in ("daemon-a", "daemon-b", "nobody"):
        for word in ("wrong", "hoistway2wrong"):
            seen.clear()
            assert refusal(password(house.served, name, word, scope=API_URI)) == INVALID
            assert seen == [word]
