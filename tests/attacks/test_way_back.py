"""Row 64: an account that somebody took is taken back by its owner, and a change of address gives nobody what is another's."""

import asyncio

import pytest
from sqlalchemy import update

from hoistway.grants.new_password import replace_password
from hoistway.protocol.ids import UserId
from hoistway.store.db import Statement, nothing
from hoistway.store.identities import Identity, add_identity, find_identity
from hoistway.store.links import LINKS, open_links_of
from hoistway.store.passkeys import Passkey, add_passkey, passkeys_of
from hoistway.store.profiles import rename_user
from hoistway.store.providers import add_provider
from hoistway.store.users import find_user, set_user_disabled
from tests.account.test_email import (
    ANEW,
    ANN,
    BACK,
    CONFIRM,
    HERE,
    Tell,
    ask,
    asked,
    changed,
    confirm,
    emails,
    take_back,
)
from tests.account.test_email import tell as tell
from tests.attacks.overtaken import Room, everything
from tests.federation.connected import ID, provider
from tests.flows.browser import hidden
from tests.links.outbox import Browser, letters, reset_link
from tests.portal.forms import fill
from tests.world import DIGEST, NOW

OWNER = "ann@example.com"
EVIL = "https://evil.example"
OUTDATE = Statement(lambda: update(LINKS).values(expires_at=NOW), nothing)


def test_the_first_way_back_survives_whatever_the_attacker_does(tell: Tell) -> None:
    """Row 64: moved on and on, the password replaced, a passkey added, a provider linked, a way back of the attacker's own redeemed."""

    async def story(here: Room) -> None:
        first = await changed(here, "thief@elsewhere.example")
        second = await changed(here, "thief@third.example")
        await here.write(lambda tx: add_passkey(tx, Passkey("thief", ANN, "Thief", b"", 0, 0, here.engine.now())))
        await here.write(lambda tx: add_provider(tx, provider("https://login.example")))
        await here.write(lambda tx: add_identity(tx, Identity(ID, "thief", ANN, "proof", here.engine.now())))
        await here.write(lambda tx: replace_password(tx, "user", ANN, DIGEST, here.engine.now()))
        assert (await take_back(here, second)).status_code == 200
        assert await emails(here) == ["thief@elsewhere.example"]
        await letters(here)
        assert (await take_back(here, first)).status_code == 200
        assert await emails(here) == [OWNER]
        assert await passkeys_of(here.other, ANN) == []
        assert await find_identity(here.other, ID, "thief") is None
        user = await find_user(here.other, ANN)
        assert user is not None
        assert user.password_digest != DIGEST, "nobody knows the password"
        assert {row[0] for row in (await everything(here.other))["sessions"].values() if row[1] == ANN} == set()
        await letters(here)
        assert (await reset_link(here, OWNER)).startswith("/reset/new")

    tell(story)


def test_a_later_way_back_ends_with_an_earlier_one(tell: Tell) -> None:
    """Row 64: the attacker's own way back gives nothing once the owner's was used."""

    async def story(here: Room) -> None:
        first = await changed(here, "thief@elsewhere.example")
        second = await changed(here, "thief@third.example")
        assert (await take_back(here, first)).status_code == 200
        assert (await here.http.get(second)).status_code == 410
        assert await emails(here) == [OWNER]

    tell(story)


def test_who_repairs_it_at_the_page_leaves_the_thief_no_way_back(tell: Tell) -> None:
    """Row 64: the owner, who is still inside, sets the address themselves; the ways back that went to the thief's end with that."""

    async def story(here: Room) -> None:
        await changed(here, "thief@elsewhere.example")
        second = await changed(here, "thief@third.example")
        assert (await confirm(here, await asked(here, OWNER))).headers["location"].endswith("notice_address_changed")
        (letter,) = await letters(here)
        assert letter.recipient == "thief@third.example"
        assert "/address/back" not in letter.plain, "told, and no way back"
        assert (await here.http.get(second)).status_code == 410
        assert await emails(here) == [OWNER]
        assert await open_links_of(here.other, ANN, "way_back", here.engine.now()) == []

    tell(story)


def test_factors_from_before_the_change_stay(tell: Tell) -> None:
    """Row 64: whoever has only the old mailbox still meets them."""

    async def story(here: Room) -> None:
        await here.write(lambda tx: add_passkey(tx, Passkey("mine", ANN, "Mine", b"", 0, 0, NOW)))
        back = await changed(here)
        await take_back(here, back)
        assert [key.id for key in await passkeys_of(here.other, ANN)] == ["mine"]

    tell(story)


@pytest.mark.parametrize("kind", ["address", "way_back"])
def test_a_link_is_used_once_by_many_at_once(tell: Tell, kind: str) -> None:
    """Row 64: judged on the locked row."""

    async def story(here: Room) -> None:
        if kind == "address":
            page = await here.http.get(await asked(here))
            forms = [{name: hidden(page.text.split("<main")[1], name) for name in ("csrf", "link")}]
            for _ in range(3):
                again = await here.http.get(f"{CONFIRM}?link={forms[0]['link']}")
                forms.append({name: hidden(again.text.split("<main")[1], name) for name in ("csrf", "link")})
            replies = await asyncio.gather(*(here.http.post(CONFIRM, data=form) for form in forms))
            done = [reply.headers.get("location", "").endswith("notice_address_changed") for reply in replies]
        else:
            back = await changed(here)
            form = await Browser(here.http).form(back)
            replies = await asyncio.gather(*(here.http.post(BACK, data=form) for _ in range(4)))
            done = [reply.status_code == 200 for reply in replies]
        assert sorted(done) == [False, False, False, True]
        assert len(await letters(here)) == 1, "told once"

    tell(story)


def test_nothing_tells_whether_another_has_the_address(tell: Tell) -> None:
    """Row 64: asking for it looks the same, and its link as one that was used."""

    async def story(here: Room) -> None:
        taken = await asked(here, "bob@example.com")
        free = await ask(here, "nobody@example.com")
        await letters(here)
        assert free.headers["location"] == f"{HERE}?notice=notice_address_asked"
        link = await asked(here, "bob@example.com")
        refused, ended = await confirm(here, link), await confirm(here, taken)
        assert (refused.status_code, refused.headers["location"]) == (ended.status_code, ended.headers["location"])
        assert await emails(here) == [OWNER]
        bob = await find_user(here.other, UserId("u-bob"))
        assert bob is not None
        assert (bob.username, bob.emails) == ("bob@example.com", ("bob@example.com",))

    tell(story)


def test_another_person_gets_nothing_by_the_link(tell: Tell) -> None:
    """Row 64: whoever is signed in as somebody else, or as nobody."""

    async def story(here: Room) -> None:
        link = await asked(here)
        await here.sign_in("u-bob")
        assert (await confirm(here, link)).headers["location"].endswith("notice_address_link_ended")
        here.http.cookies.clear()
        assert (await here.http.get(link)).headers["location"].startswith("/sign-in?next=%2Faccount%2Femail%2Fconfirm")
        await here.sign_in(ANN)
        assert (await confirm(here, link)).headers["location"].endswith("notice_address_changed")

    tell(story)


def test_links_point_here_whatever_the_host_header_says(tell: Tell) -> None:
    """Row 64: link_in of the tests refuses any other origin."""

    async def story(here: Room) -> None:
        here.http.headers["x-forwarded-host"] = "evil.example"
        here.http.headers["forwarded"] = "host=evil.example"
        await changed(here)

    tell(story)


def test_a_form_of_another_site_takes_nothing_back(tell: Tell) -> None:
    """Row 64: nothing is taken back for it."""

    async def story(here: Room) -> None:
        back = await changed(here)
        form = await Browser(here.http).form(back)
        for headers in ({"origin": EVIL}, {"sec-fetch-site": "cross-site"}):
            assert (await here.http.post(BACK, data=form, headers=headers)).status_code == 400
        assert (await here.http.post(BACK, data=form | {"csrf": "x" * 43})).status_code == 400
        assert await emails(here) == [ANEW]

    tell(story)


@pytest.mark.parametrize("end", ["disabled", "too old", "set by an operator"])
def test_a_way_back_ends(tell: Tell, end: str) -> None:
    """Row 64: judged on the locked row."""

    async def story(here: Room) -> None:
        back = await changed(here)
        if end == "disabled":
            await here.write(lambda tx: set_user_disabled(tx, ANN, NOW))
        elif end == "too old":
            await here.write(lambda tx: tx.run(OUTDATE, {}))
        else:
            await set_by_operator(here, "desk@example.com")
        assert (await here.http.get(back)).status_code == 410

    tell(story)


async def set_by_operator(here: Room, *addresses: str) -> None:
    """On the page of the person at the console."""
    page = f"/console/users/{ANN}"
    await here.sign_in("u-olga")
    form = {"do": "change", "emails": "\n".join(addresses)}
    reply = await here.http.post(page, data=fill((await here.http.get(page)).text, page, page, form))
    assert reply.headers["location"] == f"{page}?notice=notice_changed"
    assert await emails(here) == list(addresses)


def test_what_an_operator_sets_stays_whatever_the_attacker_holds(tell: Tell) -> None:
    """Row 64: the ways back of every address that the attacker moved through end, and what was asked for."""

    async def story(here: Room) -> None:
        backs = [await changed(here, f"thief@{place}.example") for place in ("first", "second", "third")]
        waits = await asked(here, "thief@fourth.example")
        await set_by_operator(here, OWNER)
        for back in backs:
            assert (await take_back(here, back)).status_code == 410
        await here.sign_in(ANN)
        assert (await confirm(here, waits)).headers["location"].endswith("notice_address_link_ended")
        assert await emails(here) == [OWNER]

    tell(story)


def test_a_user_name_that_somebody_else_got_meanwhile_stays_theirs(tell: Tell) -> None:
    """Row 64: only the address goes back."""

    async def story(here: Room) -> None:
        back = await changed(here)
        await here.write(lambda tx: rename_user(tx, UserId("u-bob"), OWNER, ("bob@example.com",)))
        assert (await take_back(here, back)).status_code == 200
        user = await find_user(here.other, ANN)
        assert user is not None
        assert (user.username, user.emails) == (ANEW, (OWNER,))

    tell(story)
