"""What was done for a customer, as its administrators see it, over HTTP on both engines."""

import re

import pytest

from hoistway.protocol.ids import ClientId, UserId
from hoistway.store.audit import Entry, add_entry
from hoistway.store.change_row import change_row
from hoistway.store.db import Writer
from hoistway.store.memberships import Membership, put_membership, remove_membership
from tests.attacks.asking import password, refusal
from tests.flows.browser import Person
from tests.portal.asking import said
from tests.portal.house import House
from tests.server import change
from tests.world import API_URI, NOW, PASSWORD, A, B, is_named

HERE = "/portal/activity"


def test_own_people_are_found_by_name_and_nobody_elses(house: House) -> None:
    async def promote(tx: Writer) -> None:
        await put_membership(tx, Membership(UserId("u-bob"), B, "administrator", "all", NOW))

    change(house.served.database, promote)
    adam, bob = house.opened("adam"), house.opened("bob")
    adam.get("/portal/people/u-ann")
    assert adam.post("/portal/people/u-ann", do="change", role="administrator", reach="all").status_code == 303
    ann = house.opened("ann")
    ann.get("/portal/technical-accounts")
    assert ann.post("/portal/technical-accounts", name="Night run").status_code == 200
    assert refusal(password(house.served, "daemon-a", "wrong", scope=API_URI)) == (400, "invalid_grant")
    page = said(adam.get(HERE).text)
    assert "membership.changed Adam" in page
    assert "service_account.added Ann" in page
    assert "password_grant.failed Daemon a" in page
    assert "because wrong" in page
    page = said(adam.get(f"{HERE}?who=ann").text)
    assert "service_account.added Ann" in page
    assert "membership.changed Adam" not in page
    page = said(adam.get(f"{HERE}?event=membership").text)
    assert "membership.changed Adam" in page
    assert "service_account.added Ann" not in page
    # Neither by name nor by id.
    bob.get("/portal/technical-accounts")
    assert bob.post("/portal/technical-accounts", name="Of b").status_code == 200
    for who in ("bob", "u-bob", "Daemon b", "sa-b"):
        assert "No entry matches" in said(adam.get(f"{HERE}?who={who}").text)
    page = said(bob.get(HERE).text)
    assert "service_account.added Bob" in page
    assert "membership.changed" not in page
    assert not is_named("Ann", page)


def test_applications_of_others_have_no_name_here(house: House) -> None:
    """Another customer's may have tried a technical account, or asked for one of its people."""
    names = {"daemon": "Ours", "daemon-b": "Theirs", "spa": "Of the operator"}

    async def work(tx: Writer) -> None:
        for number, (client_id, name) in enumerate(names.items()):
            await change_row(tx, "applications", client_id, {"name": name})
            entry = Entry(f"{number:04}", NOW, "password_grant.failed", None, ClientId(client_id), A)
            await add_entry(tx, entry)
        await add_entry(tx, Entry("0009", NOW, "password_grant.failed", None, ClientId("never-there"), A))

    change(house.served.database, work)
    adam = house.opened("adam")
    page = adam.get(f"{HERE}?event=password_grant").text
    assert "Ours" in page
    assert "Of the operator" in page
    assert said(page).count("Somebody else’s application, or a deleted one") == 2
    for word in ("Theirs", "daemon-b", "never-there"):
        assert word not in page


ACTORS = {
    "u-adam": ("Adam", "Adam"),
    "sa-a": ("Daemon a", "Daemon a"),
    "u-ann": ("Somebody who left", "Jemand, der nicht mehr dabei ist"),
    "u-bob": ("Somebody who left", "Jemand, der nicht mehr dabei ist"),
    "erased-0123": ("Somebody who left", "Jemand, der nicht mehr dabei ist"),
    "u-olga": ("The operator", "Der Betreiber"),
    "cli:root": ("The operator", "Der Betreiber"),
    "scim:hwd_abcd": ("Your directory", "Ihr Verzeichnis"),
    "server": ("The server", "Der Server"),
}
"""Who acted, and what the page says in English and German."""


def test_who_acted_is_said_without_names_of_others(house: House) -> None:
    async def work(tx: Writer) -> None:
        await remove_membership(tx, UserId("u-ann"), A)
        for number, actor in enumerate(ACTORS):
            detail = {"role": "member", "system_user": "root", "proposed_by": "u-olga"}
            await add_entry(tx, Entry(f"{number:04}", NOW, "membership.changed", actor, None, A, None, detail))
        await add_entry(tx, Entry("0100", NOW, "mail.given_up", None, None, A))
        await add_entry(tx, Entry("0101", NOW, "provider.failed", None, None, A))

    change(house.served.database, work)
    for number, lang in enumerate(("en", "de")):
        adam = house.opened("adam", lang)
        page = adam.get(f"{HERE}?event=membership.changed").text
        shown = re.findall(r"membership\.changed</a></th>\s*<td>(.*?)</td>", page)
        assert [said(one) for one in shown] == [words[number] for words in reversed(ACTORS.values())]
        for word in ("Ann", "Bob", "Olga", "olga", "root"):
            assert not is_named(word, page)
        assert "hwd_" not in page
        assert "erased-" not in page
        assert said(adam.get(f"{HERE}?event=mail").text).count(("The server", "Der Server")[number]) == 1
        company = ("Your company’s sign-in", "Die Anmeldung Ihrer Firma")[number]
        assert company in said(adam.get(f"{HERE}?event=provider.failed").text)
        for who in ("u-olga", "cli:root", "cli"):
            assert "membership.changed</a>" not in adam.get(f"{HERE}?who={who}").text, (
                "an id that is guessed confirms nobody"
            )
        assert "membership.changed</a>" in adam.get(f"{HERE}?who=u-ann").text, "who left is still found by id"


@pytest.mark.parametrize("query", ["since=yesterday", "until=2026-13-01", f"who={'x' * 201}"])
def test_what_the_page_does_not_know_is_refused(house: House, query: str) -> None:
    assert house.opened("adam").get(f"{HERE}?{query}").status_code == 400


def test_members_do_not_get_there(house: House) -> None:
    ann = house.opened("ann")
    assert ann.get(HERE).status_code == 403
    assert HERE not in ann.get("/portal").text


def test_a_person_s_page_shows_what_they_use(house: House) -> None:
    Person(house.served).tokens("spa", "ann", "openid offline_access units.read")
    adam = house.opened("adam")
    page = said(adam.get("/portal/people/u-ann").text)
    assert "Applications with access" in page
    assert "Spa" in page
    assert "No application has lasting access" in said(adam.get("/portal/people/u-few").text)


def test_who_has_no_factor_is_named_and_the_last_administrator_gets_in(house: House) -> None:
    adam = house.opened("adam")
    page = said(adam.get("/portal/sign-in").text)
    assert "Adam Administrator Ann Member Both Member Few Member" in page
    assert not is_named("Bob", page)
    assert adam.post("/portal/sign-in", second_factor="all").status_code == 303
    # It holds at once, and what comes next is no refusal.
    assert adam.http.get("/portal/people").headers["location"].startswith("/sign-in?next=")
    adam.get("/sign-in?next=/portal")
    reply = adam.post("/sign-in?next=/portal", username="adam@example.com", password=PASSWORD)
    assert (reply.status_code, reply.headers["location"]) == (303, "/sign-in/enrol?next=%2Fportal")


def test_sites_and_units_are_looked_for_and_chosen(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hoistway.portal.reach.FEW_SITES", 1)
    adam, here = house.opened("adam"), "/portal/people/u-ann"
    adam.get(here)
    form = {"do": "change", "role": "member", "reach": "some"}
    reply = adam.post(here, **form, look="yes", looked="House 2")
    assert reply.status_code == 200
    assert 'name="site_c-a-s2" value="yes"' in adam.page
    assert 'name="unit_US-c-a-20" value="yes"' in adam.page
    assert not is_named("c-b", adam.page)
    assert house.entries("membership.changed") == []
    # What was ticked stays while more is looked for; another customer's site has no name here.
    adam.post(here, **form, look="yes", looked="nothing like this", **{"site_c-a-s2": "yes", "site_c-b-s1": "yes"})
    assert 'name="site_c-a-s2" value="yes" checked' in adam.page
    assert "of c-b" not in adam.page
    assert adam.post(here, **form, **{"site_c-a-s2": "yes", "site_c-b-s1": "yes"}).status_code == 422
    assert adam.post(here, **form, **{"site_c-a-s2": "yes", "unit_US-c-a-10": "yes"}).status_code == 303
    ((_, _, detail),) = house.entries("membership.changed")
    assert (detail["sites"], detail["units"]) == (1, 1)
