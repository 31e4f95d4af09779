"""Row 64: invitations that are reused, raced, outlive the right to invite, reach into another customer, or tell who has an account."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator

import pytest
from msgspec.structs import replace
from sqlalchemy import bindparam, update

from hoistway.accounts.inviting import Inviter, invite
from hoistway.authn.links import Invited
from hoistway.protocol.ids import ClientId, UserId
from hoistway.store.clients import add_client, lock_client, put_client, set_client_disabled
from hoistway.store.customers import lock_customer, set_customer_disabled
from hoistway.store.db import Compiled, Statement, Writer, nothing
from hoistway.store.links import LINKS, use_link
from hoistway.store.memberships import Membership, put_membership, remove_membership
from hoistway.store.users import find_user_by_name, set_user_disabled
from tests.attacks.overtaken import Room, everything, room, run
from tests.engines import EngineName, drop_database, fresh_database
from tests.flows.browser import hidden
from tests.links.outbox import NEW, Browser, invitation_link, letters, reset_link
from tests.manage.program import NAME, daemon
from tests.server import populate
from tests.world import NOW, A, B

GUEST = "guest@example.com"
ADAM, BOB = UserId("u-adam"), UserId("u-bob")
Story = Callable[[Room], Awaitable[None]]
Tell = Callable[[Story], None]
_REOPEN = Statement(lambda: update(LINKS).values(used_at=None), nothing)
_OUTDATE = Statement(lambda: update(LINKS).values(expires_at=bindparam("now")), nothing)


@pytest.fixture
def tell(engine_name: EngineName) -> Iterator[Tell]:
    """Runs a story at a server of its own."""
    url = fresh_database(engine_name, populate)

    def told(story: Story) -> None:
        async def work() -> None:
            async with room(url) as here:
                await story(here)

        run(work)

    yield told
    drop_database(url)


async def form_of(here: Room, address: str = GUEST, by: Inviter | None = None) -> dict[str, str]:
    link = await invitation_link(here, address, by=by)
    return {**await Browser(here.http).form(link), "do": "make", "name": "Guest", "password": NEW}


async def forms_of_bob(here: Room, form: dict[str, str]) -> dict[str, dict[str, str]]:
    """The same, as the page gives them to somebody who is signed in."""
    await here.sign_in(BOB)
    shown = await Browser(here.http).form(f"/invitation?link={form['link']}")
    return {do: {**form, **shown, "do": do} for do in ("make", "join")}


def test_an_invitation_is_accepted_once(tell: Tell) -> None:
    """By eight at once: one account, one place."""

    async def story(here: Room) -> None:
        form = await form_of(here)
        replies = await asyncio.gather(*(here.http.post("/invitation", data=form) for _ in range(8)))
        codes = sorted(reply.status_code for reply in replies)
        assert codes[0] == 200
        # Whoever comes second meets a link that was used, or the account that was just made.
        assert set(codes[1:]) <= {400, 410}
        assert (await here.http.post("/invitation", data=form)).status_code == 410
        world = await everything(here.other)
        assert len([key for key in world["memberships"] if key[1] == "c-a"]) == 6

    tell(story)


def test_the_locked_row_alone_says_that_it_was_used(tell: Tell) -> None:
    """For whoever looked before, and has another name: neither the look nor the name that is taken stops them."""

    async def story(here: Room) -> None:
        form = await form_of(here)
        (link_id,) = [key[0] for key in (await everything(here.other))["links"]]
        for do in ("make", "join"):
            forms = await forms_of_bob(here, form)
            here.db.next = lambda tx: use_link(tx, str(link_id), here.engine.now())
            reply = await here.http.post("/invitation", data=forms[do])
            assert not here.db.is_next()
            assert reply.status_code == 410
            assert await everything(here.other) == here.db.committed
            await here.write(lambda tx: tx.run(_REOPEN, {}))

    tell(story)


ENDS: dict[str, Callable[[Room], Awaitable[None]]] = {
    "inviter disabled": lambda here: here.write(lambda tx: set_user_disabled(tx, ADAM, NOW)),
    "inviter demoted": lambda here: here.write(
        lambda tx: put_membership(tx, Membership(ADAM, A, "member", "all", NOW))
    ),
    "inviter left": lambda here: here.write(lambda tx: remove_membership(tx, ADAM, A)),
    "customer disabled": lambda here: here.write(lambda tx: set_customer_disabled(tx, A, NOW)),
    "too old": lambda here: here.write(lambda tx: tx.run(_OUTDATE, {"now": here.engine.now()})),
}


@pytest.mark.parametrize("end", ENDS)
def test_an_invitation_ends_with_the_right_to_invite(tell: Tell, end: str) -> None:
    """Nobody plants an account that outlives them: neither a new one, nor one that joins."""

    async def story(here: Room) -> None:
        forms = await forms_of_bob(here, await form_of(here))
        await ENDS[end](here)
        for form in forms.values():
            assert (await here.http.post("/invitation", data=form)).status_code == 410
        world = await everything(here.other)
        assert ("u-bob", "c-a") not in world["memberships"]
        assert await find_user_by_name(here.other, GUEST) is None

    tell(story)


async def _changed(here: Room, **changes: object) -> None:
    async def work(tx: Writer) -> None:
        client = await lock_client(tx, ClientId(NAME))
        assert client is not None
        await put_client(tx, replace(client, **changes), frozenset())

    await here.write(work)


async def _off_and_on(here: Room) -> None:
    async def work(tx: Writer) -> None:
        await set_client_disabled(tx, ClientId(NAME), here.engine.now())
        await set_client_disabled(tx, ClientId(NAME), None)

    await here.write(work)


PROGRAM_ENDS: dict[str, Callable[[Room], Awaitable[None]]] = {
    "disabled": lambda here: here.write(lambda tx: set_client_disabled(tx, ClientId(NAME), NOW)),
    "disabled and enabled": _off_and_on,
    "without the scope": lambda here: _changed(here, scopes=("manage.invitations.read",)),
    "of a customer": lambda here: _changed(here, customer_id=B),
}


@pytest.mark.parametrize("end", PROGRAM_ENDS)
def test_an_invitation_ends_with_the_program_that_sent_it(tell: Tell, end: str) -> None:
    """A secret that somebody stole plants no accounts that outlive the program."""

    async def story(here: Room) -> None:
        async def hire(tx: Writer) -> None:
            await add_client(tx, daemon(), frozenset())

        await here.write(hire)
        by = Inviter(None, "Brand", of_operator=True, program=NAME)
        forms = await forms_of_bob(here, await form_of(here, by=by))
        await PROGRAM_ENDS[end](here)
        for form in forms.values():
            assert (await here.http.post("/invitation", data=form)).status_code == 410
        assert (await here.http.get(f"/invitation?link={forms['join']['link']}")).status_code == 410
        assert ("u-bob", "c-a") not in (await everything(here.other))["memberships"]
        assert await find_user_by_name(here.other, GUEST) is None
        await _changed(
            here, **{name: getattr(daemon(), name) for name in ("scopes", "customer_id", "disabled_at", "ended_at")}
        )
        assert (await here.http.post("/invitation", data=forms["join"])).status_code == 303

    tell(story)


def test_the_inviter_learns_nothing(tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows 40, 64: of an address that has an account, one that has none, and one that is disabled."""
    statements: list[str] = []
    for_engine = Statement.for_engine

    def compiled(self: Statement[object], engine: str) -> Compiled:
        found = for_engine(self, engine)
        statements.append(found.text)
        return found

    async def story(here: Room) -> None:
        await here.write(lambda tx: set_user_disabled(tx, UserId("u-gone"), NOW))
        await here.sign_in(ADAM)
        monkeypatch.setattr(Statement, "for_engine", compiled)
        seen, mails = {}, {}
        for address in (
            "warm-up@example.com",
            "nobody@example.com",
            "bob@example.com",
            "gone@example.com",
            "ann@example.com",
        ):
            page = (await here.http.get("/portal/people/invite")).text
            form = {"csrf": hidden(page, "csrf"), "address": address, "role": "member", "reach": "all"}
            statements.clear()
            reply = await here.http.post("/portal/people/invite", data=form)
            seen[address] = (reply.status_code, reply.headers["location"], reply.content, tuple(statements))
            (letter,) = await letters(here)
            mails[address] = letter.plain.replace(address, "ADDRESS")[:200]
        del seen["warm-up@example.com"]
        assert len(set(seen.values())) == 1
        assert len(set(mails.values())) == 1

    tell(story)


def test_whoever_may_not_invite_does_not(tell: Tell) -> None:
    """Rows 34, 64: a member, an administrator of another customer, a role that there is not, a site of another customer."""

    async def story(here: Room) -> None:
        await here.write(lambda tx: put_membership(tx, Membership(BOB, B, "administrator", "all", NOW)))
        await invitation_link(here, GUEST)
        (link_id,) = [key[0] for key in (await everything(here.other))["links"]]
        path = f"/portal/people/invitations/{link_id}"
        for who, status in (("u-ann", 403), ("u-bob", 404)):
            await here.sign_in(who)
            csrf = hidden((await here.http.get("/portal")).text, "csrf")
            for do in ("again", "withdraw"):
                csrf = hidden((await here.http.get("/portal")).text, "csrf")
                assert (await here.http.post(path, data={"csrf": csrf, "do": do})).status_code == status
            assert GUEST not in (await here.http.get("/portal/people")).text
        await here.sign_in(ADAM)
        good = {"address": "x@example.com", "role": "member", "reach": "all"}
        for more, status in (
            ({"role": "operator"}, 404), ({"role": "employee"}, 404), ({"reach": "some", "sites": "c-b-s1"}, 422),
            ({"reach": "some", "units": "US-c-b-10"}, 422), ({"address": "x@y\r\nBcc: z@example.com"}, 422), ({"address": "x"}, 422),
        ):  # fmt: skip
            csrf = hidden((await here.http.get("/portal/people/invite")).text, "csrf")
            reply = await here.http.post("/portal/people/invite", data={**good, **more, "csrf": csrf})
            assert reply.status_code == status, more
        assert await letters(here) == []

    tell(story)


def test_a_link_of_one_kind_is_none_of_another(tell: Tell) -> None:
    """Rows 16, 64."""

    async def story(here: Room) -> None:
        invited, reset = await invitation_link(here, GUEST), await reset_link(here, "ann@example.com")
        for path, link in (("/reset/new", invited), ("/invitation", reset)):
            assert (await here.http.get(path, params={"link": link.partition("=")[2]})).status_code == 410

    tell(story)


@pytest.mark.parametrize(
    ("fields", "headers"),
    [
        ({"csrf": ""}, {}),
        ({"csrf": "x" * 43}, {}),
        ({}, {"origin": "https://evil.example"}),
        ({}, {"sec-fetch-site": "cross-site"}),
    ],
)
def test_a_forged_acceptance(tell: Tell, fields: dict[str, str], headers: dict[str, str]) -> None:
    """Row 36: nobody is made a member of the attacker's customer by a page elsewhere, and no account is made."""

    async def story(here: Room) -> None:
        forms = await forms_of_bob(here, await form_of(here))
        for form in forms.values():
            sent = {**form, **fields}
            assert (await here.http.post("/invitation", data=sent, headers=headers)).status_code == 400
        world = await everything(here.other)
        assert ("u-bob", "c-a") not in world["memberships"]
        assert await find_user_by_name(here.other, GUEST) is None

    tell(story)


def test_a_name_is_no_letter_of_its_own(tell: Tell) -> None:
    """Row 64: whoever invites writes nothing to strangers in our name: no address that a mail program makes a link of."""

    async def story(here: Room) -> None:
        name = "Your account is locked: https://evil.example/login, www.evil.example, call@evil.example " + "x" * 100
        async with here.engine.db.write() as tx:
            customer = await lock_customer(tx, A)
            assert customer is not None
            given = Invited(GUEST, "member", "all", (), (), "de")
            await invite(here.engine, tx, Inviter(ADAM, name), replace(customer, name="Dr. Evil (evil.example)"), given)
        (letter,) = await letters(here)
        for text in (letter.subject, letter.plain, letter.html):
            assert "Dr. Evil" in text or text == letter.subject
            assert not re.search(r"evil\.example|https?://evil|www\.\S|x{80}", text), text

    tell(story)
