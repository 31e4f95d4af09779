"""Row 63: what one customer's provider says opens nothing of another customer, whose people come here, too."""

import asyncio
from collections.abc import Iterator

import httpx2
import pytest

from hoistway.accounts.places import give_place
from hoistway.clock import now
from hoistway.federation.connecting import switch_provider
from hoistway.protocol.ids import UserId
from hoistway.store.db import Writer
from hoistway.store.handed_over import put_handed_over
from hoistway.store.identities import Identity, add_identity
from hoistway.store.links import LINKS
from hoistway.store.memberships import Membership, put_membership
from hoistway.store.open import open_database
from hoistway.store.profiles import rename_user
from hoistway.store.provider_sessions import PROVIDER_SESSIONS
from hoistway.store.providers import lock_provider
from hoistway.store.sessions import SESSIONS
from hoistway.store.users import User, add_user
from tests.console.test_locks import WAITING
from tests.engines import ENGINES
from tests.factors import code_at, require, with_codes
from tests.federation.connected import (
    DOMAIN,
    ID,
    asked,
    back,
    cause_of,
    known,
    led,
    make_person,
    provider,
    rows_of,
    serving_with,
)
from tests.federation.liar import Liar
from tests.federation.liar import liar as liar
from tests.federation.opening import opens
from tests.flows.browser import Person, answer_of, hidden
from tests.server import Served, change
from tests.world import DIGEST, NOW, PASSWORD, A, B

RITA = f"rita@{DOMAIN}"
STRASSE, SHARP = "strasse.example", "stra\u00dfe.example"


@pytest.fixture(params=ENGINES)
def here(request: pytest.FixtureRequest, liar: Liar) -> Iterator[Served]:
    with serving_with(request.param, provider(liar.url), DOMAIN, "xn--strae-oqa.example") as served:
        yield served


def linked(here: Served, name: str) -> None:
    """As by their address, before they got a place in another customer."""
    change(here.database, lambda tx: add_identity(tx, Identity(ID, "s-1", UserId(f"u-{name}"), "address", NOW)))


def test_a_domain_that_user_names_fold_into_another_proves_nothing(here: Served, liar: Liar) -> None:
    """Row 63: whoever owns one spelling of a name is not who owns the other, though user names are compared alike."""

    async def work(tx: Writer) -> None:
        name = f"vera@{STRASSE}"
        await add_user(tx, User(UserId("u-vera"), name, "Vera", (name,), (), None, DIGEST, B, NOW, NOW))
        for customer in (A, B):
            await put_membership(tx, Membership(UserId("u-vera"), customer, "administrator", "all", NOW))

    change(here.database, work)
    liar.claims = {"email": f"vera@{SHARP}"}
    person = Person(here)
    page = back(person, liar.sends_back(led(person, RITA)))
    assert cause_of(page) == "unverified"
    assert (known(here), rows_of(here.database, SESSIONS)) == ({}, [])


def arrived(here: Served, liar: Liar, person: Person) -> str:
    """Where the browser comes out that was at the provider."""
    page = person.http.get(liar.sends_back(led(person, RITA)))
    location: str = page.headers["location"]
    return location


def test_a_persons_own_factor_is_asked_where_they_belong_to_another_customer(here: Served, liar: Liar) -> None:
    """Row 63: the provider of one customer, which may say what it likes, does not open the data of the other."""
    make_person(here.database, "rita", A, B)
    with_codes(here.database, "rita")
    liar.claims = {"amr": ["hwk", "user", "mfa"]}
    person = Person(here)
    where = arrived(here, liar, person)
    assert where.startswith("/sign-in/second?ticket=")
    assert rows_of(here.database, SESSIONS) == []
    page = person.http.get(where)
    form = {name: hidden(page.text, name) for name in ("csrf", "ticket")}
    done = person.http.post("/sign-in/second", data={**form, "code": code_at(now())})
    assert done.headers["location"].startswith("/interaction?ticket=")
    assert [row["amr"] for row in rows_of(here.database, SESSIONS)] == ["otp"]
    assert [row["provider_id"] for row in rows_of(here.database, PROVIDER_SESSIONS)] == [ID]
    assert person.follow(done).status_code in {200, 303}
    assert person.http.get("/portal/applications").status_code == 200


def test_a_provider_that_is_switched_off_at_this_moment_finishes_no_sign_in(here: Served, liar: Liar) -> None:
    """Row 63: whoever switches it off ends what it began, and what is about to begin waits for that."""
    make_person(here.database, "rita", A, B)
    with_codes(here.database, "rita")
    person = Person(here)
    page = person.http.get(arrived(here, liar, person))
    form = {name: hidden(page.text, name) for name in ("csrf", "ticket")}

    async def off() -> httpx2.Response:
        db, other = await open_database(here.database), await open_database(here.database)
        async with db.write() as tx:
            row = await lock_provider(tx, ID)
            assert row is not None
            sent = {**form, "code": code_at(now())}
            sending = asyncio.ensure_future(asyncio.to_thread(person.http.post, "/sign-in/second", data=sent))
            # On SQLite there is one writer at a time.
            async with asyncio.timeout(20):
                while here.database.startswith("postgresql") and not await other.one(WAITING, {}):
                    await asyncio.sleep(0.01)
            await switch_provider(tx, row, NOW)
        reply = await sending
        await db.close()
        await other.close()
        return reply

    assert asyncio.run(off()).headers["location"].startswith("/interaction?ticket=")
    assert "hoistway_session" not in person.http.cookies
    assert rows_of(here.database, SESSIONS) == []


def test_the_other_customers_demand_is_kept(here: Served, liar: Liar) -> None:
    """Row 63: what the provider says of factors is not believed, and what it opens is its own customer's alone."""
    make_person(here.database, "rita", A, B)
    linked(here, "rita")
    require(here.database, "all", "c-b")
    liar.claims = {"amr": ["hwk", "user", "mfa"]}
    person = Person(here)
    assert arrived(here, liar, person).startswith("/interaction?ticket=")
    assert [(row["amr"], row["proven_at"]) for row in rows_of(here.database, SESSIONS)] == [("", None)]
    assert opens(person) == {A}


def test_what_a_provider_said_ends_with_a_place_elsewhere(here: Served, liar: Liar) -> None:
    """Row 63: whoever joins another customer during a session of the first one's provider proves what that one demands."""
    rita = make_person(here.database, "rita", A)
    require(here.database, "all", "c-b")
    liar.claims = {"amr": ["pwd", "mfa"]}
    person = Person(here)
    assert "code" in answer_of(back(person, liar.sends_back(led(person, RITA))).headers["location"])
    assert [row["amr"] for row in rows_of(here.database, SESSIONS)] == ["pwd mfa"]
    assert person.http.get("/portal/applications").status_code == 200
    row = Membership(rita, B, "member", "all", NOW)
    change(here.database, lambda tx: give_place(tx, row, now=NOW))
    assert [(row["amr"], row["proven_at"]) for row in rows_of(here.database, SESSIONS)] == [("", None)]
    assert opens(person) == {A}


def writes_elsewhere(here: Served, name: str) -> None:
    """The account's mail goes to a mailbox that is not the company's; its user name is still of the company's domain."""
    private = (f"{name}@private.example",)
    change(here.database, lambda tx: rename_user(tx, UserId(f"u-{name}"), f"{name}@{DOMAIN}", private))


def test_who_moved_their_mail_is_the_companys_no_longer(here: Served, liar: Liar) -> None:
    """Row 63: what was linked by an address counts in the company's customer alone, as soon as another address is there."""
    rita = make_person(here.database, "rita", A)
    person = Person(here)
    assert "code" in answer_of(back(person, liar.sends_back(led(person, RITA))).headers["location"])
    writes_elsewhere(here, "rita")
    assert person.http.get("/portal/applications").status_code == 200
    change(here.database, lambda tx: give_place(tx, Membership(rita, B, "member", "all", NOW), now=NOW))
    assert rows_of(here.database, SESSIONS) == []
    other = Person(here)
    assert back(other, liar.sends_back(led(other, RITA))).url.path == "/sign-in/second"
    assert rows_of(here.database, SESSIONS) == []


def test_a_link_by_proof_chooses_no_new_password(here: Served, liar: Liar) -> None:
    """Row 63: whoever linked a provider gave it no way to a password; one that was handed over waits for its owner."""
    change(here.database, lambda tx: add_identity(tx, Identity(ID, "s-1", UserId("u-ann"), "proof", NOW)))
    change(here.database, lambda tx: put_handed_over(tx, UserId("u-ann"), NOW))
    person = Person(here)
    page = back(person, liar.sends_back(led(person, RITA)))
    assert "/reset/new" not in str(page.url) + page.headers.get("location", "")
    assert [row["user_id"] for row in rows_of(here.database, SESSIONS)] == ["u-ann"]
    assert rows_of(here.database, LINKS) == []
    own = Person(here)
    assert own.submit("/sign-in", asked(own), username="ann@example.com", password=PASSWORD).url.path == "/reset/new"


def test_people_of_the_one_customer_are_vouched_for(here: Served, liar: Liar) -> None:
    """Row 63: nothing more is asked of them, as before."""
    make_person(here.database, "rita", A)
    with_codes(here.database, "rita")
    require(here.database, "all", "c-a")
    person = Person(here)
    assert "code" in answer_of(back(person, liar.sends_back(led(person, RITA))).headers["location"])
    assert person.http.get("/portal/applications").status_code == 200


def test_a_link_replaces_nobody_who_is_signed_in(here: Served, liar: Liar) -> None:
    """Row 36: a foreign page that leads to a provider makes nobody somebody else."""
    person = Person(here)
    person.sign_in(person.get("/sign-in", next="/portal"), "bob")
    before = person.http.cookies["hoistway_session"]
    led_to = person.http.get(f"/sign-in/provider/{ID}")
    assert (led_to.status_code, led_to.headers["location"]) == (303, "/")
    assert person.http.cookies["hoistway_session"] == before
    other = Person(here)
    assert other.http.get(f"/sign-in/provider/{ID}").headers["location"].startswith(liar.url)


def test_odd_characters_of_a_provider_are_no_fault(here: Served, liar: Liar) -> None:
    """Row 49: what no database takes, and what nobody can see in a name."""
    for lie, cause in (
        ({"sub": "a\x00b"}, "wrong"), ({"email": f"ri\u202eta@{DOMAIN}"}, "unverified"),
        ({"email": f"ri\u200bta@{DOMAIN}"}, "unverified"),
    ):  # fmt: skip
        liar.claims = lie
        person = Person(here)
        assert cause_of(back(person, liar.sends_back(led(person, RITA)))) == cause, lie
    assert known(here) == {}
    liar.claims = {"sid": "a\x00b"}
    person = Person(here)
    assert "code" in answer_of(back(person, liar.sends_back(led(person, RITA))).headers["location"])
    assert person.http.get("/sign-in/provider/%00").status_code == 404
