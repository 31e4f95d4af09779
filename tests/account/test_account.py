"""People see their account, and change name, language and password there; a password that was handed over is replaced first."""

from collections.abc import Iterator

import pytest

from hoistway.protocol.ids import UserId
from hoistway.store.db import Writer
from hoistway.store.handed_over import put_handed_over
from hoistway.store.users import find_user
from tests.attacks.asking import CHALLENGE, refresh, refusal
from tests.attacks.overtaken import Room, everything, room, run
from tests.engines import EngineName, drop_database, fresh_database
from tests.factors import code_at, with_codes
from tests.flows.browser import Person, answer_of, hidden
from tests.flows.test_second_step import asked, claims_of
from tests.links.outbox import NEW, letters
from tests.links.posting import sign_in
from tests.portal.asking import visitor
from tests.portal.house import House
from tests.portal.signing_in import tokens_of
from tests.server import Served, change, populate, serving
from tests.store.test_schema import on
from tests.world import NOW, PASSWORD

ANN = UserId("u-ann")


@pytest.fixture
def own(engine_name: EngineName) -> Iterator[Served]:
    url = fresh_database(engine_name, populate)
    with serving(url) as served:
        yield served
    drop_database(url)


def test_the_page_needs_a_sign_in_and_leads_on(own: Served) -> None:
    assert Person(own).get("/account").headers["location"].startswith("/sign-in?next=%2Faccount")
    page = visitor(own, "ann").get("/account").text
    for words in ("ann@example.com", "/account/profile", "/account/password", "/account/applications", "/account/data"):
        assert words in page
    assert "Ihr Konto" in visitor(own, "ann", "de").get("/account").text


def test_name_and_language(own: Served) -> None:
    ann = visitor(own, "ann")
    assert ann.post("/account/profile", name="  ", language="en").status_code == 422
    assert ann.post("/account/profile", name="Ann Other", language="xx").status_code == 422
    assert (
        ann.post("/account/profile", name="Ann Other", language="de").headers["location"]
        == "/account?notice=notice_changed"
    )
    user = on(own.database, lambda db: find_user(db, ANN))
    assert user is not None
    assert (user.name, user.locale) == ("Ann Other", "de")


def test_a_new_password_ends_every_other_sign_in(own: Served) -> None:
    ann, other = visitor(own, "ann"), visitor(own, "ann")
    tokens = Person(own).tokens("spa", "ann", "openid offline_access units.read")
    before = ann.http.cookies["hoistway_session"]
    reply = ann.post("/account/password", old=PASSWORD, password=NEW)
    assert reply.headers["location"] == "/account?notice=notice_password_changed"
    assert ann.http.cookies["hoistway_session"] != before
    assert ann.get("/account").status_code == 200, "this one stays"
    assert other.get("/account").status_code == 303
    thief = Person(own)
    thief.http.cookies.set("hoistway_session", before, domain="127.0.0.1")
    assert thief.get("/account").status_code == 303, "under a new id"
    assert refusal(refresh(own, tokens["refresh_token"])) == (400, "invalid_grant")
    assert sign_in(own, "ann")[1].status_code == 400
    assert sign_in(own, "ann", NEW)[1].status_code == 303


def test_the_old_password_makes_nothing_else_fresh(house: House) -> None:
    """The person is authenticated then, by the password alone: an application that asks for both, and lately, asks again."""
    with_codes(house.served.database, "ann")
    ann = Person(house.served)
    page = ann.sign_in(ann.get("/sign-in", next="/account"), "ann")
    ann.submit("/sign-in/second?next=/account", page, code=code_at(house.clock.at))
    began = house.clock.at
    house.clock.turn(3600)
    token = tokens_of(ann.get("/account/password").text, "/account/password")["/account/password"]
    reply = ann.http.post("/account/password", data={"csrf": token, "old": PASSWORD, "password": NEW})
    assert reply.headers["location"] == "/account?notice=notice_password_changed"
    params, verifier = asked()
    identity, access = claims_of(ann, ann.authorize("spa", **params), verifier)
    for claims in (identity, access):
        assert (claims["amr"], claims["acr"]) == (["pwd"], "urn:hoistway:acr:one")
        assert claims["auth_time"] == began + 3600
    page = ann.authorize("spa", **asked(acr_values="urn:hoistway:acr:mfa")[0])
    assert page.url.path == "/sign-in/second"


def test_a_wrong_old_password_changes_nothing_and_counts(own: Served) -> None:
    ann = visitor(own, "ann")
    reply = ann.post("/account/password", old="not-" + PASSWORD, password=NEW)
    assert (reply.status_code, "not your present password" in reply.text) == (422, True)
    reply = ann.post("/account/password", old=PASSWORD, password="short")
    assert (reply.status_code, "at least 15" in reply.text) == (422, True)
    replies = [ann.post("/account/password", old=f"guess-{one}-{PASSWORD}", password=NEW) for one in range(12)]
    assert replies[-1].status_code == 429
    assert int(replies[-1].headers["retry-after"]) > 0
    assert sign_in(own, "ann", NEW)[1].status_code != 303


def test_the_owner_is_told(engine_name: EngineName) -> None:
    url = fresh_database(engine_name, populate)

    async def story(here: Room) -> None:
        await here.sign_in(ANN)
        page = (await here.http.get("/account/password")).text
        form = {"csrf": hidden(page.split('name="old"')[0].split("<main")[1], "csrf"), "old": PASSWORD, "password": NEW}
        assert (await here.http.post("/account/password", data=form)).status_code == 303
        (letter,) = await letters(here)
        assert (letter.recipient, letter.subject) == ("ann@example.com", "Your password was changed")
        assert "hoistway" not in repr((await everything(here.other))["handed_over"])

    async def work() -> None:
        async with room(url) as here:
            await story(here)

    run(work)
    drop_database(url)


async def _handed(tx: Writer) -> None:
    await put_handed_over(tx, ANN, NOW)


def test_a_password_that_was_handed_over_is_replaced_before_anything_else(own: Served) -> None:
    """No session, no answer to an application, until the person chose one of their own."""
    change(own.database, _handed)
    person = Person(own)
    page = person.authorize("spa", scope="openid units.read", **CHALLENGE)
    form = {"ticket": hidden(page.text, "ticket"), "csrf": hidden(page.text, "csrf"), "username": "ann@example.com"}
    reply = person.http.post("/sign-in", data={**form, "password": PASSWORD})
    assert reply.headers["location"].startswith("/reset/new?link=")
    assert "hoistway_session" not in person.http.cookies
    asked = person.http.get(reply.headers["location"])
    fields = {name: hidden(asked.text, name) for name in ("csrf", "link")}
    same = person.http.post("/reset/new", data={**fields, "password": PASSWORD})
    assert (same.status_code, "the password that you have" in same.text) == (400, True)
    done = person.http.post("/reset/new", data={**fields, "password": NEW})
    assert done.status_code == 200
    assert "hoistway_session" not in person.http.cookies
    on_with = hidden_link(done.text)
    page = person.http.get(on_with)
    reply = person.sign_in(page, "ann", NEW)
    assert "code" in answer_of(reply.headers["location"])
    assert sign_in(own, "ann", NEW)[1].headers["location"] == "/portal"


def hidden_link(page: str) -> str:
    """Of the button that leads on."""
    return page.split('class="button primary" href="')[1].split('"')[0].replace("&amp;", "&")
