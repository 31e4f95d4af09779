"""Inviting people: by an administrator of a customer, by command; accepted with a new account, or with the one that is there."""

import re
from collections.abc import Awaitable, Callable, Iterator

import httpx2
import pytest

from hoistway.accounts.inviting import BY_ADDRESS, Inviter
from hoistway.authn.links import Invited
from hoistway.engine import time_ordered_id
from hoistway.portal.inviting import OF_A_PAGE
from hoistway.protocol.ids import CustomerId, UserId
from hoistway.store.db import Writer
from hoistway.store.links import Link, add_link
from hoistway.store.provider_domains import ProviderDomain, add_domain
from hoistway.store.providers import add_provider
from hoistway.store.users import find_user_by_name
from tests.attacks.overtaken import BASE, Room, everything, room, run
from tests.authenticator import PRESENT, Authenticator, options_on
from tests.engines import EngineName, drop_database, fresh_database
from tests.factors import require
from tests.federation.connected import ID, provider
from tests.flows.browser import Person, hidden
from tests.links.outbox import NEW, Browser, invitation_link, invite, letters, link_in
from tests.links.posting import link_in as link_of
from tests.links.posting import opened, posting, sign_in
from tests.mail.test_mail import bodies
from tests.portal.asking import visitor
from tests.server import populate
from tests.world import NOW

GUEST = "guest@example.com"
Story = Callable[[Room], Awaitable[None]]


@pytest.fixture
def url(engine_name: EngineName) -> Iterator[str]:
    made = fresh_database(engine_name, populate)
    yield made
    drop_database(made)


def invitations(page: str) -> list[str]:
    return re.findall(r'action="(/portal/people/invitations/[^"]+)"', page)


def test_from_the_invitation_to_the_first_page(engine_name: EngineName) -> None:
    with posting(engine_name) as post:
        served = post.served
        adam = visitor(served, "adam")
        assert "Invite somebody" in adam.get("/portal/people").text
        form = {"address": GUEST, "role": "member", "reach": "some", "sites_c-a-s1": "yes", "language": "de"}
        assert adam.post("/portal/people/invite", **form).headers["location"] == "/portal/people?notice=notice_invited"
        page = adam.get("/portal/people?notice=notice_invited").text
        assert GUEST in page
        assert len(invitations(page)) == 1
        letter = post.letters(1, GUEST)[0]
        assert letter["subject"] == "Einladung zu Customer c-a"
        link = link_of(letter, "/invitation")
        guest = Person(served)
        shown = guest.http.get(link)
        assert f'value="{GUEST}"' in shown.text
        fields = {name: hidden(shown.text, name) for name in ("csrf", "link")}
        made = guest.http.post("/invitation", data={**fields, "do": "make", "name": "Gundula Gast", "password": NEW})
        assert (made.status_code, "Your account is ready" in made.text) == (200, True)
        person, reply = sign_in(served, "guest", NEW)
        assert reply.status_code == 303
        assert "Customer c-a" in person.get("/portal").text
        page = adam.get("/portal/people").text
        assert ("Gundula Gast" in page, invitations(page)) == (True, [])
        assert opened(served, link).status_code == 410


def test_the_letter_says_who_invites_and_who_gave_the_address(url: str) -> None:
    """The operator is nobody of the customer, and is not at itself."""

    async def story(here: Room) -> None:
        for by, invites, gave in (
            (Inviter(UserId("u-adam"), "Adam"), "Adam invites you to Customer c-a at Hoistway.", "somebody of Customer c-a gave"),
            (
                Inviter(UserId("u-olga"), "Olga", of_operator=True), "Olga of Hoistway invites you to Customer c-a.",
                "somebody of Hoistway gave",
            ),
            (Inviter(None, "Hoistway"), "Hoistway invites you to Customer c-a.", "somebody of Hoistway gave"),
        ):  # fmt: skip
            await invite(here, GUEST, by)
            (letter,) = await letters(here)
            said = " ".join(letter.plain.split())
            assert invites in said
            assert gave in said

    _told(url, story)


def test_an_operator_s_letter_is_the_operator_s_wherever_it_is_sent(engine_name: EngineName) -> None:
    with posting(engine_name) as post:
        olga, form = (
            visitor(post.served, "olga"),
            {"address": GUEST, "role": "member", "reach": "all", "language": "en"},
        )
        page = "/console/customers/c-a/invitations"
        assert olga.post(page, **form).headers["location"] == f"{page}?notice=notice_invited"
        (letter,) = post.letters(1, GUEST)
        assert "of Hoistway invites you" in " ".join(bodies(letter)[0].split())
        olga.close()


def test_who_has_an_account_signs_in_and_joins(url: str) -> None:
    async def story(here: Room) -> None:
        link = await invitation_link(here, "bob@example.com", role="administrator")
        page = await here.http.get(link)
        assert "There is an account" in page.text
        assert 'name="password"' not in page.text
        before = (await everything(here.other))["users"]
        await here.sign_in("u-bob")
        form = await Browser(here.http).form(link)
        reply = await here.http.post("/invitation", data={**form, "do": "join"})
        assert reply.headers["location"] == "/portal?notice=notice_joined"
        world = await everything(here.other)
        assert world["users"] == before, "no second account"
        assert world["memberships"]["u-bob", "c-a"][2] == "administrator"
        assert "Customer c-a" in (await here.http.get("/portal")).text
        assert (await here.http.post("/invitation", data={**form, "do": "join"})).status_code == 410

    _told(url, story)


def test_with_an_account_of_another_name(url: str) -> None:
    """The sign-in leads back to the invitation."""

    async def story(here: Room) -> None:
        link = await invitation_link(here, "bob@elsewhere.example")
        page = await here.http.get(link)
        found = re.search(r'href="(/sign-in\?next=[^"]+)"', page.text)
        assert found
        signing = await here.http.get(found[1])
        form = {
            "csrf": hidden(signing.text, "csrf"),
            "username": "bob@example.com",
            "password": "correct-horse-battery",
        }
        reply = await here.http.post(found[1], data=form)
        assert reply.headers["location"] == link

    _told(url, story)


def test_the_form_joins_whom_it_named(url: str) -> None:
    """Another person signed in meanwhile, in another tab."""

    async def story(here: Room) -> None:
        link = await invitation_link(here, "somebody@example.com", role="administrator")
        await here.sign_in("u-ann")
        form = await Browser(here.http).form(link)
        await here.sign_in("u-bob")
        form["csrf"] = (await Browser(here.http).form(link))["csrf"]
        before = await everything(here.other)
        reply = await here.http.post("/invitation", data={**form, "do": "join"})
        assert reply.status_code == 400
        assert "Bob" in reply.text
        assert (await everything(here.other))["memberships"] == before["memberships"]
        form = {**form, "session": hidden(reply.text, "session")}
        assert (await here.http.post("/invitation", data={**form, "do": "join"})).status_code == 303
        assert (await everything(here.other))["memberships"]["u-bob", "c-a"][2] == "administrator"

    _told(url, story)


def test_a_place_that_is_there_stays_as_it_is(url: str) -> None:
    async def story(here: Room) -> None:
        link = await invitation_link(here, "somebody@example.com", role="member")
        await here.sign_in("u-adam")
        form = await Browser(here.http).form(link)
        assert (await here.http.post("/invitation", data={**form, "do": "join"})).status_code == 303
        assert (await everything(here.other))["memberships"]["u-adam", "c-a"][2] == "administrator"

    _told(url, story)


def test_what_the_form_lacks_is_said(url: str) -> None:
    async def story(here: Room) -> None:
        link = await invitation_link(here, GUEST)
        form = {**await Browser(here.http).form(link), "do": "make"}
        for more, words in (
            ({"name": "", "password": NEW}, "Give your name"),
            ({"name": "Guest", "password": "short"}, "at least 15"),
        ):
            reply = await here.http.post("/invitation", data={**form, **more})
            assert (reply.status_code, words in reply.text) == (400, True)
        assert await find_user_by_name(here.other, GUEST) is None

    _told(url, story)


def test_a_newcomer_who_must_have_a_factor_needs_a_shorter_password(url: str) -> None:
    """Who joins as an administrator, where administrators must; not who joins as a member."""
    require(url, "administrators")

    async def story(here: Room) -> None:
        for role, status in (("member", 400), ("administrator", 200)):
            address = f"{role}@example.com"
            link = await invitation_link(here, address, role=role)
            form = {**await Browser(here.http).form(link), "do": "make", "name": "Guest", "password": "zq8#Lw!t7V"}
            assert ("At least 15" in (await here.http.get(link)).text) == (status == 400)
            assert (await here.http.post("/invitation", data=form)).status_code == status

    _told(url, story)


def test_sent_again_and_withdrawn(url: str) -> None:
    async def story(here: Room) -> None:
        first = second = await invitation_link(here, GUEST)
        await here.sign_in("u-adam")
        for do, notice in (("again", "notice_invited_again"), ("withdraw", "notice_withdrawn")):
            page = (await here.http.get("/portal/people")).text
            (path,) = invitations(page)
            reply = await here.http.post(path, data={"csrf": hidden(page.split(path)[1], "csrf"), "do": do})
            assert reply.headers["location"] == f"/portal/people?notice={notice}"
            if do == "again":
                (letter,) = await letters(here)
                second = link_in(letter, "/invitation")
                assert second != first
                assert [(await here.http.get(one)).status_code for one in (first, second)] == [410, 200]
        assert (await here.http.get(second)).status_code == 410
        assert invitations((await here.http.get("/portal/people")).text) == []
        for event in ("invitation.sent_again", "invitation.withdrawn"):
            told = (await here.http.get("/portal/activity", params={"event": event})).text
            assert f"<bdi>{GUEST}</bdi>" in told, event

    _told(url, story)


def test_those_who_were_invited_are_listed_page_by_page(url: str) -> None:
    async def story(here: Room) -> None:
        links, count, now = here.engine.links, OF_A_PAGE + 3, here.engine.now()
        async with here.engine.db.write() as tx:
            for number in range(count):
                link_id, address = time_ordered_id(), f"guest-{number:02}@example.com"
                sealed = links.seal(link_id, Invited(address, "member", "all", (), (), "en"))
                digest, about = links.fresh().digest, links.about("invited", address)
                await add_link(
                    tx,
                    Link(
                        link_id, digest, "invitation", None, CustomerId("c-a"), about, sealed, None, now, now + 600_000
                    ),
                )
        for who, first in (
            ("u-adam", "/portal/people"),
            ("u-olga", "/console/customers/c-a"),
            ("u-olga", "/console/customers/c-a/invitations"),
        ):
            await here.sign_in(who)
            page = (await here.http.get(first)).text
            (onward,) = re.findall(r'href="([^"]+)" rel="next"', page)
            assert onward.startswith(f"{first}?invited=")
            assert onward.endswith("#pending")
            further = (await here.http.get(onward)).text
            seen = [set(re.findall(r"<bdi>(guest-[0-9]+)@", one)) for one in (page, further)]
            assert [len(one) for one in seen] == [OF_A_PAGE, 3]
            assert len(seen[0] | seen[1]) == count
            assert f'href="{first}#pending"' in further
            assert 'rel="next"' not in further

    _told(url, story)


def test_the_same_address_again_ends_the_one_before(url: str) -> None:
    async def story(here: Room) -> None:
        first = await invitation_link(here, GUEST)
        second = await invitation_link(here, GUEST.upper(), role="administrator")
        assert [(await here.http.get(one)).status_code for one in (first, second)] == [410, 200]

    _told(url, story)


def test_one_address_gets_few_letters(url: str) -> None:
    async def story(here: Room) -> None:
        await here.sign_in("u-adam")
        for _ in range(BY_ADDRESS):
            await invite(here, GUEST)
        page = (await here.http.get("/portal/people/invite")).text
        form = {"csrf": hidden(page, "csrf"), "address": GUEST, "role": "member", "reach": "all"}
        reply = await here.http.post("/portal/people/invite", data=form)
        assert (reply.status_code, "Too many invitations" in reply.text) == (422, True)
        assert len(await letters(here)) == BY_ADDRESS

    _told(url, story)


def test_without_a_mail_server_nobody_is_invited(url: str) -> None:
    async def story(here: Room) -> None:
        await here.sign_in("u-adam")
        assert "No mail server is set up here" in (await here.http.get("/portal/people/invite")).text

    run(lambda: _in_room(url, story, mail=None))


def _told(url: str, story: Story) -> None:
    run(lambda: _in_room(url, story))


async def _in_room(url: str, story: Story, **settings: object) -> None:
    async with room(url, **settings) as here:
        await story(here)


async def keyed(here: Room, link: str, key: Authenticator, **changed: str) -> httpx2.Response:
    """Accepts with a passkey in the place of a password."""
    form = options_on((await here.http.get(link)).text)
    answer = key.make(form.pop("options"))
    return await here.http.post("/invitation", data={**form, "name": "Gundula Gast", "credential": answer, **changed})


async def entered(here: Room, key: Authenticator) -> int:
    here.http.cookies.clear()
    form = options_on((await here.http.get("/sign-in")).text)
    answer = key.sign(form.pop("options"))
    return (await here.http.post("/sign-in/passkey", data={**form, "credential": answer})).status_code


def test_a_passkey_in_the_place_of_a_password(url: str) -> None:
    """The account has no password that anybody knows, and signs in by the passkey alone."""

    async def story(here: Room) -> None:
        link, key = await invitation_link(here, GUEST), Authenticator(BASE)
        shown = options_on((await here.http.get(link)).text)["options"]
        assert shown.count('"required"') == 2, "found by the browser, and verifying its user"
        reply = await keyed(here, link, key)
        assert reply.status_code == 200
        assert len(re.findall(r"<li><code>", reply.text)) == 10, "recovery codes"
        user = await find_user_by_name(here.other, GUEST)
        assert user is not None
        assert (user.name, user.emails) == ("Gundula Gast", (GUEST,))
        assert (await everything(here.other))["memberships"][user.id, "c-a"][2] == "member"
        assert await entered(here, key) == 303
        assert (await here.http.get("/account")).status_code == 200
        assert (await here.http.get(link)).status_code == 410

    _told(url, story)


def test_a_passkey_that_verifies_nobody_makes_no_account(url: str) -> None:
    """Whoever finds the key would be the person: there is no password beside it."""

    async def story(here: Room) -> None:
        link = await invitation_link(here, GUEST)
        reply = await keyed(here, link, Authenticator(BASE, flags=PRESENT))
        assert (reply.status_code, "fingerprint" in reply.text) == (400, True)
        assert await find_user_by_name(here.other, GUEST) is None
        reply = await keyed(here, link, Authenticator(BASE), name="")
        assert reply.status_code == 400
        assert await find_user_by_name(here.other, GUEST) is None

    _told(url, story)


def test_a_passkey_is_made_for_one_invitation(url: str) -> None:
    async def story(here: Room) -> None:
        other = options_on((await here.http.get(await invitation_link(here, "other@example.com"))).text)
        link = await invitation_link(here, GUEST)
        answer = Authenticator(BASE).make(other["options"])
        reply = await keyed(here, link, Authenticator(BASE), ceremony=other["ceremony"], credential=answer)
        assert reply.status_code == 400
        assert await find_user_by_name(here.other, GUEST) is None

    _told(url, story)


def test_whom_a_company_signs_in_gets_no_password(url: str) -> None:
    """It would count for nothing: the page leads to the company's sign-in, and back."""

    async def own(tx: Writer) -> None:
        await add_provider(tx, provider("https://id.acme.example"))
        await add_domain(tx, ProviderDomain(ID, "example.com", "proof", NOW, NOW))

    async def story(here: Room) -> None:
        link = await invitation_link(here, GUEST)
        form = await Browser(here.http).form(link)
        await here.write(own)
        shown = (await here.http.get(link)).text
        assert "signs in people of" in shown
        assert 'type="password"' not in shown
        reply = await here.http.post("/invitation", data={**form, "do": "make", "name": "Guest", "password": NEW})
        assert (reply.status_code, "count for nothing" in reply.text) == (400, True)
        assert await find_user_by_name(here.other, GUEST) is None

    _told(url, story)
