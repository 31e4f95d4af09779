"""New passwords handed over, links by mail, and the end of sessions, as operators do them; over HTTP on both engines."""

import json
import re
from collections.abc import Iterator

import pytest

from hoistway.applications.granting import add_account
from hoistway.protocol.ids import ClientId, UserId
from hoistway.store.db import Database, Writer
from hoistway.store.users import set_user_password
from tests.attacks.asking import password, refresh, refusal
from tests.console.test_console import events
from tests.console.test_making import shown_once
from tests.console.two import careful_server, choose_role, decide_on, person, proposed
from tests.engines import ENGINES
from tests.flows.browser import Person
from tests.portal.asking import operator, said, visitor
from tests.portal.signing_in import Visitor
from tests.server import Served, change
from tests.store.test_schema import on
from tests.world import API_URI, DIGEST, NOW, PASSWORD, A


@pytest.fixture(scope="module", params=ENGINES)
def careful(request: pytest.FixtureRequest) -> Iterator[Served]:
    with careful_server(request.param) as server:
        yield server


def signed_in(one: Visitor) -> bool:
    return one.http.get("/account").status_code == 200


def entered(served: Served, name: str, password: str) -> tuple[int, str]:
    one = Visitor(served.url)
    one.get("/sign-in?next=/account")
    reply = one.post("/sign-in?next=/account", username=f"{name}@example.com", password=password)
    return reply.status_code, reply.headers.get("location", "")


def test_a_password_handed_over_ends_the_old_one_and_is_replaced_at_once(served: Served) -> None:
    ann, olga = visitor(served, "ann"), operator(served)
    assert signed_in(ann)
    page = "/console/users/u-ann/password"
    assert page in olga.get("/console/users/u-ann").text
    assert olga.post(page, do="hand_over", confirm="Bob").status_code == 422
    assert signed_in(ann), "nothing happened yet"
    (password,) = shown_once(olga.post(page, do="hand_over", confirm="Ann").text)
    assert not signed_in(ann)
    status, where = entered(served, "ann", password)
    assert status == 303
    assert where.startswith("/reset/new"), "the person chooses another before anything else"
    assert password not in json.dumps(events(served, "user.password_reset"))
    assert json.loads(events(served, "user.password_reset")[0])["by"] == "operator"


def test_sessions_end_and_the_password_stays(served: Served) -> None:
    bob, olga = visitor(served, "bob"), operator(served)
    assert signed_in(bob)
    done = olga.post("/console/users/u-bob/password", do="end")
    assert done.headers["location"].endswith("notice_pass_ended")
    assert not signed_in(bob)
    assert json.loads(events(served, "user.sessions_ended")[0])["sessions"] >= 1
    assert olga.post("/console/accounts/sa-a/password", do="end").status_code == 404
    assert olga.get("/console/sites/c-a-s1/password").status_code == 404


def test_a_technical_account_gets_a_new_password(served: Served) -> None:
    olga = operator(served)
    page = "/console/accounts/sa-a/password"
    assert olga.post(page, do="send").status_code == 404
    (password,) = shown_once(olga.post(page, do="hand_over", confirm="daemon-a").text)
    assert len(password) > 15
    assert password not in json.dumps(events(served, "service_account.password_reset"))


async def came_with_an_application(db: Database) -> str:
    async with db.write() as tx:
        return await add_account(tx, ClientId("one"), "One", A, DIGEST, NOW)


def test_an_account_that_came_with_an_application_has_no_such_page(served: Served) -> None:
    """Nobody could use the password."""
    made = on(served.database, came_with_an_application)
    olga, page = operator(served), f"/console/accounts/{made}"
    assert f'{page}/password"' not in olga.get(page).text
    assert olga.get(f"{page}/password").status_code == 404
    olga.get(page)
    assert olga.post(f"{page}/password", do="hand_over", confirm="x").status_code == 404
    assert made not in json.dumps(events(served, "service_account.password_reset"))


def test_a_link_needs_mail_and_an_address(served: Served) -> None:
    olga = operator(served)
    refused = olga.post("/console/users/u-adam/password", do="send")
    assert refused.status_code == 422
    assert "No mail server" in said(refused.text)
    assert events(served, "user.reset_mailed") == []


def test_nobody_alone_gets_into_an_account_of_the_operators_people(careful: Served) -> None:
    """Whoever chose otto's password, or read his mail, would be both pairs of eyes."""
    olga = operator(careful)
    page = "/console/users/u-otto/password"
    assert "two operators must approve" in said(olga.get(page).text)
    assert olga.post(page, do="hand_over", confirm="Otto").status_code == 422
    olga.get("/console/users/u-otto")
    changed = olga.post("/console/users/u-otto", do="change", name="Otto", emails="olga@evil.example")
    waits = proposed(changed)
    assert person(careful, "otto").emails == ("otto@example.com",)
    assert decide_on(olga, waits, "approve") == ""
    assert decide_on(operator(careful, "opal"), waits, "approve") == "approved"
    assert person(careful, "otto").emails == ("olga@evil.example",)


def test_whoever_is_given_a_role_signs_in_anew(careful: Served) -> None:
    """The second factor that is required of staff was not required of the session before."""
    ann, olga = visitor(careful, "ann"), operator(careful)
    assert signed_in(ann)
    waits = proposed(choose_role(olga, "ann", "auditor"))
    assert signed_in(ann)
    assert decide_on(operator(careful, "opal"), waits, "approve") == "approved"
    assert not signed_in(ann)

    async def choose(tx: Writer) -> None:
        await set_user_password(tx, UserId("u-ann"), DIGEST, NOW)

    change(careful.database, choose)
    ann = visitor(careful, "ann")
    assert ann.get("/console").status_code == 200
    assert choose_role(olga, "ann", "none").status_code == 303
    assert signed_in(ann), "less needs no sign-in"
    assert ann.get("/console").status_code == 403


def test_the_own_account_is_changed_on_its_own_pages(served: Served) -> None:
    olga = operator(served)
    assert "Your account" in said(olga.get("/console/users/u-olga/password").text)
    for form in ({"do": "end"}, {"do": "hand_over", "confirm": "Olga"}):
        assert olga.post("/console/users/u-olga/password", **form).status_code == 422
    assert olga.get("/console").status_code == 200


def test_a_technical_account_has_two_passwords_and_networks(served: Served) -> None:
    olga, page = operator(served), "/console/accounts/sa-b/passwords"
    assert page in olga.get("/console/accounts/sa-b").text
    olga.get(page)
    (fresh,) = shown_once(olga.post(page, do="add", lifetime="90").text)
    assert password(served, "daemon-b", fresh, scope=API_URI).status_code == 200
    assert password(served, "daemon-b", PASSWORD, scope=API_URI).status_code == 200
    full = olga.post(page, do="add", lifetime="90")
    assert (full.status_code, "Two passwords work" in said(full.text)) == (422, True)
    assert olga.post(page, do="end", password="second").status_code == 422
    assert olga.post(page, do="end", password="third", unused="yes").status_code == 404
    done = olga.post(page, do="end", password="second", unused="yes")
    assert done.headers["location"] == f"{page}?notice=notice_password_ended"
    assert olga.post(page, do="addresses", addresses="203.0.113.1/24").status_code == 422
    assert olga.post(page, do="addresses", addresses="203.0.113.0/24").status_code == 303
    assert "203.0.113.0/24" in olga.get(page).text
    assert olga.post(page, do="addresses").status_code == 303
    for event in ("service_account.password_added", "service_account.password_ended", "service_account.changed"):
        assert '"sa-b"' in events(served, event)[0], event
    assert fresh not in json.dumps(events(served, "service_account.password_added"))


def test_access_is_taken_back_for_a_person(served: Served) -> None:
    tokens = Person(served).tokens("spa", "few", "openid offline_access units.read")
    olga, page = operator(served), "/console/users/u-few/applications"
    assert page in olga.get("/console/users/u-few").text
    shown = olga.get(page).text
    assert "Spa" in said(shown)
    customer = re.findall(r'name="customer" value="([^"]+)"', shown)[0]
    assert olga.post(page, client="web", customer=customer).status_code == 303
    assert "Spa" in said(olga.get(page).text)
    done = olga.post(page, client="spa", customer=customer)
    assert done.headers["location"] == f"{page}?notice=notice_access_ended"
    assert "No application has lasting access" in said(olga.get(page).text)
    assert refusal(refresh(served, tokens["refresh_token"])) == (400, "invalid_grant")
    assert '"user":"u-few"' in events(served, "consent.taken_back")[0]
    assert olga.get("/console/users/u-nobody/applications").status_code == 404
