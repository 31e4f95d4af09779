"""The console over HTTP on both engines: operators find, see, change, disable, explain, and every step is recorded."""

import asyncio
import json
import re

import pytest

from hoistway.routes import ROUTES
from hoistway.store.audit import latest_entries
from hoistway.store.change_row import CHANGEABLE
from hoistway.store.open import open_database
from hoistway.things.registry import THINGS
from hoistway.web.spreadsheet import safe_cell
from tests.portal.signing_in import Visitor
from tests.server import Served
from tests.world import PASSWORD, TENANT, TENANT_NAME

EXAMPLES = {
    "customers": ("c-a", "Customer c-a"),
    "sites": ("c-a-s1", "House 1 of c-a"),
    "units": ("US-c-a-11", "US-c-a-11"),
    "users": ("u-ann", "Ann"),
    "accounts": ("sa-a", "daemon-a"),
    "applications": ("spa", "Spa"),
    "apis": ("customer-api", "Customer API"),
    "tenants": (TENANT, TENANT_NAME),
}


def events(served: Served, name: str) -> list[str]:
    async def read() -> list[str]:
        db = await open_database(served.database)
        found = [entry.detail for entry in await latest_entries(db, name)]
        await db.close()
        return found

    return asyncio.run(read())


def test_every_kind_of_thing_is_tried_here_and_can_be_changed() -> None:
    assert THINGS.keys() == EXAMPLES.keys() == CHANGEABLE.keys()
    for thing in THINGS.values():
        plain = {entry.name for entry in thing.entries} - thing.guarded
        assert plain <= set(CHANGEABLE[thing.word][1]) or thing.word in {"units", "tenants"}, thing.word


def test_the_console_is_for_operators(served: Served) -> None:
    paths = sorted({route.path for route in ROUTES if route.path.startswith("/console")})
    assert len(paths) >= 8
    stranger, member = Visitor(served.url), Visitor(served.url).sign_in("adam")
    for path in paths:
        address = path.replace("{word}", "customers").replace("{id}", "c-a").replace("{request_id}", "x")
        methods = next(route.methods for route in ROUTES if route.path == path)
        if "GET" in methods:
            reply = stranger.get(address)
            assert reply.status_code == 303
            assert reply.headers["location"].startswith("/sign-in?next=%2Fconsole")
            assert member.get(address).status_code == 403
            assert not re.search(r"\bc-b\b(?!-)", member.page)
        if "POST" in methods:
            member.get("/sign-in")
            assert member.post(address, do="disable", customer="c-b", reason="because I want to").status_code == 403
    stranger.close()
    member.close()


@pytest.mark.parametrize("word", EXAMPLES)
def test_things_are_found_and_shown(served: Served, word: str) -> None:
    row_id, title = EXAMPLES[word]
    visitor = Visitor(served.url).sign_in("olga")
    assert visitor.get(f"/console/{word}").status_code == 200
    assert row_id in visitor.page
    part = "US-c-a-1" if word == "units" else title[:3].upper()
    assert row_id in visitor.get(f"/console/{word}?q={part}").text
    nothing = "Nobody is found" if word == "users" else "Nothing matches"
    assert nothing in visitor.get(f"/console/{word}?q=%25%5Fnothing").text
    assert visitor.get(f"/console/{word}/{row_id}").status_code == 200
    assert title in visitor.page
    for missing in ("nothing", "x" * 300, "%00"):
        assert visitor.get(f"/console/{word}/{missing}").status_code == 404
    visitor.close()


def test_a_list_pages_by_keys(served: Served) -> None:
    visitor = Visitor(served.url).sign_in("olga")
    assert "US-c-a-10" in visitor.get("/console/units?q=US-c-a").text
    assert "US-c-a-10" not in visitor.get("/console/units?q=US-c-a&after=US-c-a-14").text
    assert "US-c-a-20" in visitor.page
    visitor.close()


def test_a_change_is_kept_recorded_and_checked(served: Served) -> None:
    visitor = Visitor(served.url).sign_in("olga")
    visitor.get("/console/users/u-few")
    refused = visitor.post("/console/users/u-few", do="change", fields="name emails", name="", emails="no address")
    assert refused.status_code == 422
    for words in ("Give 1 to 200", "e-mail addresses", ">no address</textarea>"):
        assert words in visitor.page
    hostile = "<script>alert(1)</script>\"'{{7*7}}"
    done = visitor.post("/console/users/u-few", do="change", name=hostile, emails="few@example.org", flags="operator")
    assert (done.status_code, done.headers["location"]) == (303, "/console/users/u-few?notice=notice_changed")
    page = visitor.get(done.headers["location"]).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "{{7*7}}" in page
    # Addresses follow the rule of two operators, so they have an entry of their own, of the same millisecond.
    written = [json.loads(entry) for entry in events(served, "user.changed")[:2]]
    mails, kept = sorted(written, key=lambda entry: "name" in entry["before"])
    assert (mails["before"]["emails"], mails["after"]["emails"]) == ("few@example.com", "few@example.org")
    assert (kept["before"]["name"], kept["after"]["name"]) == ("Few", hostile)
    assert "<code>operator</code>" not in page, "a word in the form is no way to a role"
    visitor.close()


def test_disabling_wants_the_name_and_ends_access(served: Served) -> None:
    visitor = Visitor(served.url).sign_in("olga")
    visitor.get("/console/users/u-gone")
    assert visitor.post("/console/users/u-gone", do="disable", confirm="gone").status_code == 422
    assert visitor.post("/console/users/u-gone", do="disable", confirm="Gone").status_code == 303
    stranger = Visitor(served.url)
    stranger.get("/sign-in?next=/portal")
    assert stranger.post("/sign-in", username="gone@example.com", password="correct-horse-battery").status_code == 400
    assert "Disabled" in visitor.get("/console/users/u-gone").text
    assert visitor.post("/console/users/u-gone", do="enable").status_code == 303
    assert visitor.post("/console/users/u-gone", do="destroy").status_code == 404
    assert len(events(served, "user.disabled")) == len(events(served, "user.enabled")) == 1
    visitor.close()
    stranger.close()


@pytest.mark.parametrize(
    ("query", "sees", "because"),
    [
        ("holder=u-ann&unit=US-c-a-11", True, "opens all units"),
        ("holder=ANN@example.com&unit=US-c-a-11", True, "as <bdi>owner</bdi>"),
        ("holder=u-ann&unit=US-c-b-11", False, "has no access"),
        ("holder=u-ann&unit=US-c-b-11&customer=c-b", False, "no membership"),
        ("holder=u-both&unit=US-c-b-11&customer=c-b", True, "opens all units"),
        ("holder=u-few&unit=US-c-a-11", True, "some sites"),
        ("holder=u-few&unit=US-c-a-21", False, "does not reach"),
        ("holder=sa-a&unit=US-c-a-11", True, "technical account of this customer"),
        ("holder=daemon-a&unit=US-c-b-11&customer=c-b", False, "another customer"),
        ("holder=u-emil&unit=US-c-b-11&customer=c-b", True, "is an employee"),
        ("holder=u-emil&unit=US-c-b-11", False, "no such customer"),
        ("holder=u-ann&unit=US-nothing", False, "There is no unit"),
    ],
)
def test_the_way_to_a_unit_is_explained(served: Served, query: str, sees: bool, because: str) -> None:
    visitor = Visitor(served.url).sign_in("olga")
    page = visitor.get(f"/console/why?{query}").text
    assert ("It sees the unit" in page) is sees
    assert because in page
    visitor.close()


def test_acting_for_a_customer_needs_a_reason_shows_it_and_ends(served: Served) -> None:
    visitor = Visitor(served.url).sign_in("olga")
    assert visitor.get("/portal/applications").status_code in {403, 404}
    visitor.get("/console/act-for?customer=c-b")
    assert 'value="c-b"' in visitor.page
    assert visitor.post("/console/act-for", customer="c-b", reason="short").status_code == 422
    assert visitor.post("/console/act-for", customer="c-x", reason="support case 4711").status_code == 422
    assert ">support case 4711</textarea>" in visitor.page
    assert visitor.post("/console/act-for", customer="c-b", reason="support case 4711").status_code == 303
    page = visitor.get("/portal").text
    assert "You act for <bdi>Customer c-b</bdi>" in page
    assert visitor.post("/console/act-for/end").status_code == 303
    assert "You act for" not in visitor.get("/portal").text
    assert "support case 4711" in events(served, "act_for.begun")[0]
    assert len(events(served, "act_for.ended")) == 1
    visitor.close()


def test_keys_are_shown_and_rotated(served: Served) -> None:
    visitor = Visitor(served.url).sign_in("olga")
    before = visitor.get("/console/keys").text
    assert before.count(">Signing</span>") == 2
    assert visitor.post("/console/keys").status_code == 303
    after = visitor.get("/console/keys").text
    assert after.count(">Coming</span>") == 2
    assert after.count(">Signing</span>") == 2
    assert len(visitor.http.get("/oauth2/jwks").json()["keys"]) == 4
    visitor.close()


@pytest.mark.parametrize("begin", ["", " ", "\u00a0", "\t", "\r\n", "\u200b", "\ufeff", "'", '"', "\x00"])
@pytest.mark.parametrize("sign", "=+-@|%＝＋－＠﹦−")
def test_a_formula_behind_what_a_spreadsheet_skips(begin: str, sign: str) -> None:
    assert safe_cell(f"{begin}{sign}1+1") == f"'{begin}{sign}1+1"


def test_a_spreadsheet_takes_no_formula_from_us() -> None:
    assert [safe_cell(value) for value in (-5, 0.5, "2026-01-30T10:00:00Z", " a", "x-y", "\na")] == [
        "-5", "0.5", "2026-01-30T10:00:00Z", " a", "x-y", "'\na",
    ]  # fmt: skip
    assert [safe_cell(text) for text in ("=1", "+1", "-1", "@a", "\tb", "a=1", None)] == [
        "'=1", "'+1", "'-1", "'@a", "'\tb", "a=1", "",
    ]  # fmt: skip


def test_german_operators_read_german_words(served: Served) -> None:
    visitor = Visitor(served.url, "de")
    visitor.get("/sign-in?next=/console")
    visitor.post("/sign-in?next=/console", username="olga@example.com", password=PASSWORD)
    for path, words in (
        ("/console/customers/c-a", "Mitglied"),
        ("/console/units", "Fahrtreppe"),
        ("/console/applications/spa", "Stillschweigend: niemand wird gefragt"),
        ("/console/why?holder=ann@example.com&unit=US-c-a-11", "als <bdi>Eigentümer</bdi>"),
    ):
        assert words in visitor.get(path).text, path
    visitor.close()
