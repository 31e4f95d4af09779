"""What a form of the portal knows: the version it shows, and what was typed when it could not be carried out."""

import re

import pytest
from sqlalchemy import func, select

from hoistway.store.db import Database, Statement
from hoistway.store.kept_forms import KEPT_FORMS
from tests.portal.house import House
from tests.portal.signing_in import Visitor
from tests.portal.walked_forms import Form, forms_of, held
from tests.store.test_schema import on
from tests.world import PASSWORD

HERE = "/portal/technical-accounts"


def kept_forms(house: House) -> int:
    async def work(db: Database) -> int:
        return int(await db.one(Statement(lambda: select(func.count()).select_from(KEPT_FORMS), int), {}) or 0)

    return on(house.served.database, work)


def form_of(one: Visitor, page: str, name: str) -> Form:
    return next(form for form in forms_of(one.http.get(page).text, page) if form.name == name)


def new_account(one: Visitor) -> Form:
    return form_of(one, HERE, HERE)


def test_two_administrators_give_a_password_anew(house: House) -> None:
    """The second one's page is stale: the fresh password lives."""
    adam, again = house.opened("adam"), house.opened("adam")
    page, name = f"{HERE}/sa-a", f"{HERE}/{{id}} password"
    mine, stale = form_of(adam, page, name), form_of(again, page, name)
    assert mine.send(adam, sure="yes")[0] == 200
    before = held(house.served.database)
    reply = again.http.post(stale.action, data={**stale.fields, "sure": "yes"})
    assert reply.status_code == 409
    assert "Somebody changed what this form shows" in reply.text
    assert held(house.served.database) == before
    assert form_of(again, page, name).send(again, sure="yes")[0] == 200


def test_a_form_of_another_page_changes_nothing(house: House) -> None:
    """A seal says what its page shows: that of a page without the thing, or with another, does not do."""
    adam = house.opened("adam")
    account = form_of(adam, f"{HERE}/sa-a", f"{HERE}/{{id}} password")
    other = new_account(adam).fields["csrf"]
    assert account.send(adam, sure="yes", csrf=other)[0] == 409


def test_what_was_typed_is_there_again_after_signing_in(house: House) -> None:
    adam = house.opened("adam")
    form = new_account(adam)
    adam.http.cookies.delete("hoistway_session")
    reply = adam.http.post(form.action, data={**form.fields, "name": "Night watch <b>"})
    assert reply.status_code == 303
    where = reply.headers["location"]
    page = adam.get(where).text
    assert "What you typed is kept for a day" in page
    signed = adam.http.post(where, data={"csrf": adam.csrf, "username": "adam@example.com", "password": PASSWORD})
    assert signed.status_code == 303
    assert signed.headers["location"] == f"{HERE}?kept=yes"
    page = adam.get(signed.headers["location"]).text
    assert 'value="Night watch &lt;b&gt;"' in page
    assert "filled in again" in page
    again = forms_of(page, HERE)
    sent = next(one for one in again if one.name == HERE)
    assert sent.fields["name"] == "Night watch <b>"
    assert sent.send(adam)[0] == 200
    assert "Night watch" not in re.sub(r"(?s)<table.*?</table>", "", adam.get(f"{HERE}?kept=yes").text)


def test_nobody_else_sees_what_was_typed(house: House) -> None:
    """Not the next person at the browser, nor the same one at another."""
    adam = house.opened("adam")
    form = new_account(adam)
    adam.http.cookies.delete("hoistway_session")
    adam.http.post(form.action, data={**form.fields, "name": "Night watch"})
    elsewhere = house.opened("adam")
    assert "Night watch" not in elsewhere.get(f"{HERE}?kept=yes").text
    adam.sign_in("both")
    for path in (f"{HERE}?kept=yes", "/portal?kept=yes", "/portal/applications/new?kept=yes"):
        assert "Night watch" not in adam.get(path).text


@pytest.mark.parametrize("name", ["password", "client_secret", "confirm", "sure", "token", "terms_accepted", "csrf"])
def test_what_opens_or_confirms_something_is_never_kept(house: House, name: str) -> None:
    adam = house.opened("adam")
    form = new_account(adam)
    adam.http.cookies.delete("hoistway_session")
    fields = {key: value for key, value in form.fields.items() if key == "csrf"}
    reply = adam.http.post(form.action, data={**fields, name: fields.get(name, "very-private")})
    assert reply.status_code == 303
    assert kept_forms(house) == 0


def test_a_browser_whose_session_ended_is_told_so(house: House) -> None:
    adam = Visitor(house.served.url)
    reply = adam.http.get("/portal/subscriptions", headers={"cookie": f"hoistway_session={'x' * 43}"})
    assert reply.headers["location"].endswith("&because=ended")
    assert "Your sign-in has ended" in adam.get(reply.headers["location"]).text
    assert "Your sign-in has ended" not in Visitor(house.served.url).get("/sign-in?next=/portal").text


def test_signing_out_from_the_menu_asks_nothing_and_says_what_goes_on(house: House) -> None:
    adam = house.opened("adam")
    reply = adam.post("/portal/sign-out")
    assert (reply.status_code, reply.headers["location"]) == (303, "/portal?notice=notice_signed_out")
    page = adam.get(reply.headers["location"]).text
    assert "You are signed out here" in page
    assert "work while you are away go on until you take that back under “Applications with access”" in page
    assert adam.http.get("/portal/subscriptions").status_code == 303
