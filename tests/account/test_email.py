"""A person changes their e-mail address: proved at the new one, told to the one before, which may take it back."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx2
import pytest
from sqlalchemy import update

from hoistway.accounts import addresses
from hoistway.accounts.addresses import BY_PERSON, TO_ADDRESS
from hoistway.authn.passwords import random_digest
from hoistway.grants.new_password import replace_password
from hoistway.protocol.ids import UserId
from hoistway.store.db import Statement, nothing
from hoistway.store.identities import Identity, add_identity
from hoistway.store.profiles import rename_user
from hoistway.store.provider_domains import ProviderDomain, add_domain
from hoistway.store.providers import add_provider
from hoistway.store.scim_people import Pushed, add_pushed
from hoistway.store.sessions import SESSIONS
from hoistway.store.users import find_user
from tests.attacks.overtaken import Room, room, run
from tests.engines import EngineName, drop_database, fresh_database
from tests.federation.connected import ID, provider
from tests.flows.browser import hidden
from tests.links.outbox import NEW, letters, link_in
from tests.server import populate
from tests.world import NOW, A

ANN = UserId("u-ann")
HERE, CONFIRM, BACK = "/account/email", "/account/email/confirm", "/address/back"
ANEW = "ann@elsewhere.example"
Story = Callable[[Room], Awaitable[None]]
Tell = Callable[[Story], None]

_LONG_AGO = Statement(lambda: update(SESSIONS).values(proven_at=NOW), nothing)


@pytest.fixture
def tell(engine_name: EngineName) -> Iterator[Tell]:
    """Runs a story at a server of its own, where Ann is signed in."""
    url = fresh_database(engine_name, populate)

    def told(story: Story) -> None:
        async def work() -> None:
            async with room(url) as here:
                await here.sign_in(ANN)
                await story(here)

        run(work)

    yield told
    drop_database(url)


async def ask(here: Room, address: str = ANEW) -> httpx2.Response:
    page = await here.http.get(HERE)
    assert page.status_code == 200
    form = {"csrf": hidden(page.text.split("<main")[1], "csrf"), "do": "ask", "address": address}
    return await here.http.post(HERE, data=form)


async def asked(here: Room, address: str = ANEW) -> str:
    """The link that the new address gets."""
    assert (await ask(here, address)).headers["location"] == f"{HERE}?notice=notice_address_asked"
    (letter,) = await letters(here)
    assert letter.recipient == address
    return link_in(letter, CONFIRM)


async def confirm(here: Room, link: str) -> httpx2.Response:
    page = await here.http.get(link)
    if page.status_code != 200:
        return page
    form = {name: hidden(page.text.split("<main")[1], name) for name in ("csrf", "link")}
    return await here.http.post(CONFIRM, data=form)


async def changed(here: Room, address: str = ANEW) -> str:
    """The way back that the address before gets."""
    before = await emails(here)
    assert (await confirm(here, await asked(here, address))).headers["location"].endswith("notice_address_changed")
    (letter,) = await letters(here)
    assert [letter.recipient] == before[:1]
    return link_in(letter, BACK)


async def emails(here: Room) -> list[str]:
    user = await find_user(here.other, ANN)
    assert user is not None
    return list(user.emails)


async def take_back(here: Room, link: str) -> httpx2.Response:
    """By somebody who is not signed in."""
    page = await here.http.get(link)
    if page.status_code != 200:
        return page
    form = {name: hidden(page.text, name) for name in ("csrf", "link")}
    return await here.http.post(BACK, data=form)


def test_the_new_address_is_proved_and_the_old_one_told(tell: Tell) -> None:
    async def story(here: Room) -> None:
        link = await asked(here)
        assert "A link went to" in (await here.http.get(HERE)).text
        assert await emails(here) == ["ann@example.com"], "nothing yet"
        shown = await here.http.get(link)
        assert "from now on you sign in with the new one" in shown.text
        assert await emails(here) == ["ann@example.com"], "opening it changes nothing"
        assert (await confirm(here, link)).headers["location"] == f"{HERE}?notice=notice_address_changed"
        user = await find_user(here.other, ANN)
        assert user is not None
        assert (user.emails, user.username) == ((ANEW,), ANEW), "the user name was the address"
        (letter,) = await letters(here)
        assert (letter.recipient, letter.subject) == (
            "ann@example.com",
            "Your e-mail address and user name were changed",
        )
        assert "user name, which was this address" in letter.plain
        assert ANEW not in letter.plain, "the address before need not know the new one"
        assert (await here.http.get("/account")).status_code == 200, "the sign-in goes on"
        assert (await confirm(here, link)).headers["location"].endswith("notice_address_link_ended"), "used once"

    tell(story)


def test_a_user_name_that_is_no_address_stays_and_the_letter_says_nothing_of_it(tell: Tell) -> None:
    async def story(here: Room) -> None:
        async with here.other.write() as tx:
            await rename_user(tx, ANN, "ann", ("ann@example.com",))
        link = await asked(here)
        assert (await confirm(here, link)).headers["location"].endswith("notice_address_changed")
        (letter,) = await letters(here)
        assert letter.subject == "Your e-mail address was changed"
        assert "user name" not in letter.plain

    tell(story)


@pytest.mark.parametrize(
    ("owner", "words"), [("directory", "no password here yet"), ("domain", "Your company signs you in"), ("linked", "")]
)
def test_who_has_no_password_of_their_own_is_asked_for_none(tell: Tell, owner: str, words: str) -> None:
    """Whoever a directory made is led to the reset; whose domain a company's provider signs in, to the company."""

    async def own(tx: Any) -> None:
        if owner == "directory":
            row = Pushed("p", A, ANN, "ann@example.com", None, "Ann", {}, True, "member", "all", "made", NOW, NOW)
            await add_pushed(tx, row)
            return
        await add_provider(tx, provider("https://id.acme.example"))
        if owner == "domain":
            await add_domain(tx, ProviderDomain(ID, "example.com", "proof", NOW, NOW))
        else:
            await add_identity(tx, Identity(ID, "sub", ANN, "address", NOW))

    async def story(here: Room) -> None:
        await here.write(own)
        page = (await here.http.get("/account/password")).text
        assert ('name="old"' in page) == (not words)
        assert words in page
        assert ('class="button primary" href="/reset"' in page) == (owner == "directory")
        if owner == "directory":
            async with here.other.write() as tx:
                await replace_password(tx, "user", ANN, random_digest(), NOW + 60)
            await here.sign_in(ANN)
            assert 'name="old"' in (await here.http.get("/account/password")).text

    tell(story)


def test_the_way_back_gives_it_back_and_throws_everybody_out(tell: Tell) -> None:
    async def story(here: Room) -> None:
        link = await changed(here)
        inside = dict(here.http.cookies)
        page = await here.http.get(link)
        assert "ann@example.com" in page.text
        assert await emails(here) == [ANEW], "opening it changes nothing"
        done = await take_back(here, link)
        assert (done.status_code, 'href="/reset"' in done.text) == (200, True)
        user = await find_user(here.other, ANN)
        assert user is not None
        assert (user.emails, user.username) == (("ann@example.com",), "ann@example.com")
        assert inside["hoistway_session"]
        assert (await here.http.get("/account")).status_code == 303, "signed out"
        (letter,) = await letters(here)
        assert letter.recipient == ANEW, "who lost the address hears of it"
        assert (await take_back(here, link)).status_code == 410, "once"

    tell(story)


def test_a_user_name_that_is_no_address_stays(tell: Tell) -> None:
    async def story(here: Room) -> None:
        await here.write(lambda tx: rename_user(tx, ANN, "ann", ("ann@example.com", "spare@example.com")))
        back = await changed(here)
        user = await find_user(here.other, ANN)
        assert user is not None
        assert (user.username, user.emails) == ("ann", (ANEW, "spare@example.com"))
        assert (await take_back(here, back)).status_code == 200
        user = await find_user(here.other, ANN)
        assert user is not None
        assert (user.username, user.emails) == ("ann", ("ann@example.com", "spare@example.com"))

    tell(story)


def test_it_needs_a_recent_proof(tell: Tell) -> None:
    async def story(here: Room) -> None:
        page = await here.http.get(HERE)
        form = {"csrf": hidden(page.text.split("<main")[1], "csrf"), "do": "ask", "address": ANEW}
        await here.write(lambda tx: tx.run(_LONG_AGO, {}))
        shown = await here.http.get(HERE)
        assert "/account/factors/confirm?next=/account/email" in shown.text
        assert 'name="address"' not in shown.text
        reply = await here.http.post(HERE, data=form)
        assert reply.headers["location"] == f"{HERE}?notice=notice_factor_prove"
        assert await letters(here) == []
        reply = await here.http.get("/account/factors/confirm?next=/account/email")
        assert reply.headers["location"] == "/sign-in?next=/account/email"
        reply = await here.http.get("/account/factors/confirm?next=https://evil.example")
        assert reply.headers["location"] == "/sign-in?next=/account/factors"

    tell(story)


@pytest.mark.parametrize("owner", ["directory", "provider", "domain"])
def test_what_the_company_owns_stays(tell: Tell, owner: str) -> None:
    """The page says so, and no form of before does it."""

    async def own(tx: Any) -> None:
        if owner == "directory":
            row = Pushed("p", A, ANN, "ann@example.com", None, "Ann", {}, True, "member", "all", "made", NOW, NOW)
            await add_pushed(tx, row)
            return
        await add_provider(tx, provider("https://id.acme.example"))
        if owner == "provider":
            await add_identity(tx, Identity(ID, "sub", ANN, "made", NOW))
        else:
            await add_domain(tx, ProviderDomain(ID, "example.com", "proof", NOW, NOW))

    async def story(here: Room) -> None:
        link = await asked(here)
        page = await here.http.get(HERE)
        form = {"csrf": hidden(page.text.split("<main")[1], "csrf"), "do": "ask", "address": "ann@third.example"}
        await here.write(own)
        assert "Your company manages this address" in (await here.http.get(HERE)).text
        refused = await here.http.post(HERE, data=form)
        assert refused.status_code == 422
        assert await letters(here) == []
        assert (await confirm(here, link)).headers["location"].endswith("notice_address_link_ended")
        assert await emails(here) == ["ann@example.com"]
        profile = (await here.http.get("/account/profile")).text
        assert ("Your company’s directory says your name" in profile) == (owner == "directory")

    tell(story)


def test_the_name_of_somebody_whom_a_directory_made_stays(tell: Tell) -> None:
    async def own(tx: Any) -> None:
        row = Pushed("p", A, ANN, "ann@example.com", None, "Ann", {}, True, "member", "all", "made", NOW, NOW)
        await add_pushed(tx, row)

    async def story(here: Room) -> None:
        page = await here.http.get("/account/profile")
        form = {"csrf": hidden(page.text.split("<main")[1], "csrf"), "name": "Another", "language": "de"}
        await here.write(own)
        assert (await here.http.post("/account/profile", data=form)).status_code == 422
        page = await here.http.get("/account/profile")
        form = {"csrf": hidden(page.text.split("<main")[1], "csrf"), "name": "Ann", "language": "de"}
        assert (await here.http.post("/account/profile", data=form)).status_code == 303, "the language is theirs"

    tell(story)


def test_the_address_of_a_company_is_not_taken(tell: Tell) -> None:
    async def own(tx: Any) -> None:
        await add_provider(tx, provider("https://id.acme.example"))
        await add_domain(tx, ProviderDomain(ID, "elsewhere.example", "proof", NOW, NOW))

    async def story(here: Room) -> None:
        await here.write(own)
        refused = await ask(here)
        assert (refused.status_code, "belongs to a company" in refused.text) == (422, True)
        for written in ("ann(x)@elsewhere.example", "ann@elsewhere.example(x)", "ann@elsewhere.example."):
            refused = await ask(here, written)
            assert refused.status_code == 422, "mail for it would go to the same mailbox"
        assert await letters(here) == []

    tell(story)


def test_links_are_bounded(tell: Tell) -> None:
    async def story(here: Room) -> None:
        for count in range(BY_PERSON):
            assert (await ask(here, f"ann{count}@elsewhere.example")).status_code == 303
        refused = await ask(here)
        assert (refused.status_code, "Too many links" in refused.text) == (422, True)
        assert len(await letters(here)) == BY_PERSON

    tell(story)


@pytest.mark.parametrize(
    ("bound", "status", "said"),
    [
        ("BY_CUSTOMER", 422, "in your company"),
        ("BY_NETWORK", 422, "in your company"),
        ("IN_ALL", 503, "the server sends in a day"),
    ],
)
def test_a_customer_and_a_network_have_a_share(
    tell: Tell, monkeypatch: pytest.MonkeyPatch, bound: str, status: int, said: str
) -> None:
    """Adam is of Ann's customer, and Bob of another; what all share is not said to be somebody's own."""
    monkeypatch.setattr(addresses, bound, 1)

    async def story(here: Room) -> None:
        assert (await ask(here)).status_code == 303
        await here.sign_in("u-adam")
        refused = await ask(here, "adam@elsewhere.example")
        assert (refused.status_code, said in refused.text) == (status, True), refused.text
        assert 0 < int(refused.headers["retry-after"]) <= 86_400
        await here.sign_in("u-bob")
        assert (await ask(here, "bob@elsewhere.example")).status_code == (303 if bound == "BY_CUSTOMER" else status)

    tell(story)


def test_letters_to_one_address_are_held_back_without_a_word(tell: Tell) -> None:
    async def story(here: Room) -> None:
        for name in ("u-ann", "u-bob"):
            await here.sign_in(name)
            for _ in range(3):
                assert (await ask(here)).headers["location"].endswith("notice_address_asked")
        assert len(await letters(here)) == TO_ADDRESS

    tell(story)


def test_a_reset_and_a_new_password_end_the_link(tell: Tell) -> None:
    async def story(here: Room) -> None:
        link = await asked(here)
        page = await here.http.get("/account/password")
        form = {"csrf": hidden(page.text.split("<main")[1], "csrf"), "old": "correct-horse-battery", "password": NEW}
        assert (await here.http.post("/account/password", data=form)).status_code == 303
        assert (await confirm(here, link)).headers["location"].endswith("notice_address_link_ended")
        assert await emails(here) == ["ann@example.com"]

    tell(story)
