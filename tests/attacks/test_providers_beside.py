"""Row 63: somebody belongs to two customers, and the provider of one of them says who they are. It does not speak for the other."""

import time
from collections.abc import Iterator

import httpx2
import pytest
from msgspec.structs import replace
from sqlalchemy import bindparam, update

from hoistway.accounts.places import give_place
from hoistway.applications.granting import origins_of
from hoistway.protocol.ids import ClientId, UserId
from hoistway.store.clients import find_client, put_client
from hoistway.store.db import Statement, Writer, nothing
from hoistway.store.handed_over import put_handed_over
from hoistway.store.identities import IDENTITIES, Identity, add_identity
from hoistway.store.memberships import Membership
from hoistway.store.one_time_codes import ONE_TIME_CODES
from hoistway.store.passkeys import PASSKEYS, add_passkey
from hoistway.store.profiles import rename_user
from hoistway.store.provider_sessions import PROVIDER_SESSIONS
from hoistway.store.providers import set_provider_disabled
from hoistway.store.sessions import SESSIONS
from tests.authenticator import PRESENT, VERIFIED, Authenticator, options_on
from tests.engines import ENGINES
from tests.factors import code_at, require, with_codes
from tests.federation.connected import (
    DOMAIN,
    ID,
    asked,
    back,
    cause_of,
    events_of,
    known,
    led,
    make_person,
    provider,
    rows_of,
    serving_with,
)
from tests.federation.liar import Liar
from tests.federation.liar import liar as liar
from tests.federation.opening import opens, shown, switched
from tests.flows.browser import Person, answer_of, hidden, pkce
from tests.portal.signing_in import Visitor
from tests.server import Served, change
from tests.world import NOW, PASSWORD, A, B

DAVE = f"dave@{DOMAIN}"
STEP = "/sign-in/second"
PROVED = Statement(lambda: update(SESSIONS).where(SESSIONS.c.user_id == bindparam("b_user")).values(amr="pwd"), nothing)


@pytest.fixture(params=ENGINES)
def here(request: pytest.FixtureRequest, liar: Liar) -> Iterator[Served]:
    with serving_with(request.param, provider(liar.url), host="localhost") as served:
        make_person(served.database, "dave", A, B, role="administrator")
        liar.claims = {"email": DAVE, "amr": ["pwd", "otp", "mfa"]}
        yield served


def arrives(here: Served, liar: Liar) -> tuple[Person, httpx2.Response]:
    person = Person(here)
    return person, back(person, liar.sends_back(led(person, DAVE)))


def linked(here: Served) -> None:
    """As by his address, while nobody else relied on the account."""
    change(here.database, lambda tx: add_identity(tx, Identity(ID, "s-1", UserId("u-dave"), "address", NOW)))


def has_private_mail(here: Served) -> None:
    change(here.database, lambda tx: rename_user(tx, UserId("u-dave"), DAVE, ("dave@private.example",)))


@pytest.mark.parametrize("demand", [None, "all"])
@pytest.mark.parametrize("private", [False, True])
def test_an_address_alone_links_nobody_on_whom_others_rely(
    here: Served, liar: Liar, demand: str | None, private: bool
) -> None:
    """Row 63: whoever the provider sends proves the account here first, by what there is, and adds nothing to it."""
    if private:
        has_private_mail(here)
    if demand is not None:
        require(here.database, demand, B)
    person, page = arrives(here, liar)
    assert (page.status_code, page.url.path) == (200, STEP)
    assert "isn’t enough for this" in page.text
    assert 'class="secret"' not in person.follow(person.http.get("/sign-in/enrol")).text
    assert (known(here), rows_of(here.database, SESSIONS)) == ({}, [])
    wrong = person.submit(STEP, page, password="wrong")
    assert (wrong.status_code, "That password isn’t right" in wrong.text) == (400, True)
    page = person.submit(STEP, wrong, password=PASSWORD)
    if demand is not None:
        assert page.url.path == "/sign-in/enrol"
        assert (known(here), rows_of(here.database, SESSIONS)) == ({}, [])
        secret = page.text.split('class="secret">')[1].split("<")[0].replace(" ", "")
        page = person.submit(
            "/sign-in/enrol", page, enrolment=hidden(page.text, "enrolment"), code=code_at(int(time.time()), secret)
        )
        assert page.status_code == 200
    assert known(here) == {"s-1": "u-dave"}
    (told,) = events_of(here.database, "user.linked")
    assert (told["actor"], told["customer"]) == ("u-dave", A)
    assert [row["amr"] for row in rows_of(here.database, SESSIONS)] == ["pwd" if demand is None else "pwd otp mfa"]
    assert opens(person) == {A, B}


def test_a_link_that_waits_for_its_proof_ends_with_the_provider(here: Served, liar: Liar) -> None:
    """Row 63."""
    person, page = arrives(here, liar)
    change(here.database, _disable)
    person.submit(STEP, page, password=PASSWORD)
    assert (known(here), rows_of(here.database, SESSIONS)) == ({}, [])


async def _disable(tx: Writer) -> None:
    await set_provider_disabled(tx, ID, NOW)


def test_a_link_that_waits_for_its_proof_is_no_second_one(here: Served, liar: Liar) -> None:
    """Row 63: another person of the provider was linked meanwhile."""
    person, page = arrives(here, liar)
    change(here.database, lambda tx: add_identity(tx, Identity(ID, "s-2", UserId("u-dave"), "address", NOW)))
    person.submit(STEP, page, password=PASSWORD)
    assert known(here) == {"s-2": "u-dave"}
    assert rows_of(here.database, SESSIONS) == []
    assert cause_of(arrives(here, liar)[1]) == "taken"


def test_what_a_provider_begins_opens_its_own_customer_alone(here: Served, liar: Liar) -> None:
    """Row 63: no page, code or token of the other one, whatever that one demands, until the person proves themselves here."""
    linked(here)
    person, page = arrives(here, liar)
    assert "code" in answer_of(page.headers["location"]), "for its own customer"
    assert [(row["amr"], row["proven_at"]) for row in rows_of(here.database, SESSIONS)] == [("", None)]
    assert opens(person) == {A}
    require(here.database, "all", B)
    assert opens(person) == {A}
    require(here.database, None, B)
    reply = switched(person, B)
    assert reply.headers["location"] == f"{STEP}?next=%2Fportal"
    page = person.follow(reply)
    assert shown(person) == A
    person.submit(STEP, page, password=PASSWORD)
    assert opens(person) == {A, B}
    assert [row["provider_id"] for row in rows_of(here.database, PROVIDER_SESSIONS)] == [ID], (
        "signing out still leads there"
    )


def test_an_application_of_the_other_customer_asks_for_a_proof(here: Served, liar: Liar) -> None:
    """Row 63: by name, by choice, and with what it demands of factors."""
    linked(here)
    person, _ = arrives(here, liar)
    page = asked(person, customer=B)
    assert page.url.path == STEP
    assert "code" in answer_of(person.submit(STEP, page, password=PASSWORD).headers["location"])
    other, _ = arrives(here, liar)
    page = asked(other, prompt="select_account")
    assert other.submit("/interaction", page, customer=B).url.path == STEP
    third, _ = arrives(here, liar)
    page = asked(third, acr_values="urn:hoistway:acr:mfa")
    assert page.url.path == STEP, "no factor is added before"
    assert third.submit(STEP, page, password=PASSWORD).url.path == "/sign-in/enrol"
    assert (rows_of(here.database, ONE_TIME_CODES), rows_of(here.database, PASSKEYS)) == ([], [])


def test_a_provider_changes_no_way_in_of_whom_others_rely_on(here: Served, liar: Liar) -> None:
    """Row 63: factors, address and links ask for a proof of the person's own."""
    linked(here)
    person, _ = arrives(here, liar)
    for path in ("factors", "email", "identities"):
        page = person.follow(person.http.get(f"/account/factors/confirm?next=/account/{path}"))
        assert page.url.path == STEP
    page = person.http.get(f"{STEP}?next=/account/identities")
    form = {"csrf": hidden(page.text, "csrf"), "password": PASSWORD}
    assert person.http.post(f"{STEP}?next=/account/identities", data=form).headers["location"] == "/account/identities"


def test_a_factor_of_the_person_is_asked_for_rather_than_the_password(here: Served, liar: Liar) -> None:
    """Row 63: who has one proves that; the password alone would be less than a sign-in takes."""
    linked(here)
    with_codes(here.database, "dave")
    person, page = arrives(here, liar)
    assert 'name="password"' not in page.text
    person.submit(STEP, page, password=PASSWORD)
    assert rows_of(here.database, SESSIONS) == []
    person, page = arrives(here, liar)
    person.submit(STEP, page, code=code_at(int(time.time())))
    assert [row["amr"] for row in rows_of(here.database, SESSIONS)] == ["otp"]
    assert opens(person) == {A, B}


@pytest.mark.parametrize("by", ["code", "touch", "verified"])
def test_a_factor_beside_a_providers_word_makes_no_two(here: Served, liar: Liar, by: str) -> None:
    """Row 63: the other customer, which demands two, trusts no provider of this one; a passkey that verifies its user is two by itself."""
    linked(here)
    require(here.database, "all", B)
    flags = PRESENT | VERIFIED if by == "verified" else PRESENT
    key = Authenticator(here.url, flags)
    if by == "code":
        with_codes(here.database, "dave")
    else:
        change(here.database, lambda tx: add_passkey(tx, key.row(UserId("u-dave"))))
    person, page = arrives(here, liar)
    page = proved(person, page, key, by)
    if by != "verified":
        assert rows_of(here.database, SESSIONS) == []
        assert (page.url.path, 'name="code"' in page.text, 'name="password"' in page.text) == (STEP, False, True)
        sent = (
            proved(person, page, key, by)
            if by == "touch"
            else person.submit(STEP, page, code=code_at(int(time.time()) + 30))
        )
        assert rows_of(here.database, SESSIONS) == [], "another of the same kind adds nothing"
        page = sent if 'name="password"' in sent.text else page
        person.submit(STEP, page, password=PASSWORD)
    expected = {"code": "pwd otp mfa", "touch": "pwd hwk user mfa", "verified": "hwk user mfa"}[by]
    assert [row["amr"] for row in rows_of(here.database, SESSIONS)] == [expected]
    assert opens(person) == {A, B}


def proved(person: Person, page: httpx2.Response, key: Authenticator, by: str) -> httpx2.Response:
    if by == "code":
        return person.submit(STEP, page, code=code_at(int(time.time())))
    form = options_on(page.text)
    return person.submit(STEP, page, ceremony=form["ceremony"], credential=key.sign(form["options"]))


def test_an_application_that_asks_for_two_factors_hears_the_truth(here: Served, liar: Liar) -> None:
    """Row 63: a session that a factor began beside a provider's word is one factor, until the password is proved."""
    linked(here)
    with_codes(here.database, "dave")
    person, page = arrives(here, liar)
    page = person.submit(STEP, page, code=code_at(int(time.time())))
    assert [row["amr"] for row in rows_of(here.database, SESSIONS)] == ["otp"]
    _, challenge = pkce()
    asked_for = {"acr_values": "urn:hoistway:acr:mfa", "code_challenge": challenge, "code_challenge_method": "S256"}
    silent = person.authorize("spa", prompt="none", **asked_for)
    assert "error=login_required" in silent.headers["location"]
    page = person.follow(person.authorize("spa", **asked_for))
    assert (page.url.path, 'name="password"' in page.text) == (STEP, True)
    person.submit(STEP, page, password=PASSWORD)
    assert "pwd otp mfa" in [row["amr"] for row in rows_of(here.database, SESSIONS)]


def test_a_password_that_was_handed_over_is_replaced_by_who_proves_it(here: Served, liar: Liar) -> None:
    """Row 63."""
    change(here.database, lambda tx: put_handed_over(tx, UserId("u-dave"), NOW))
    person, page = arrives(here, liar)
    assert page.url.path == STEP
    assert person.submit(STEP, page, password=PASSWORD).url.path == "/reset/new"
    assert (rows_of(here.database, SESSIONS), rows_of(here.database, IDENTITIES)) == ([], [])


def test_a_password_is_no_second_step_after_anything_else(here: Served, liar: Liar) -> None:
    """Row 63: nor does it go on with what another began, or more often than a few times."""
    linked(here)
    person, page = arrives(here, liar)
    page = person.follow(switched(person, B))
    for _ in range(5):
        page = person.submit(STEP, page, password="wrong")
    person.submit(STEP, page, password=PASSWORD)
    assert opens(person) == {A}


def test_a_place_elsewhere_confines_what_began_before(here: Served, liar: Liar) -> None:
    """Row 63: in the transaction that gives it."""
    rosa = make_person(here.database, "rosa", A)
    liar.claims = {"email": f"rosa@{DOMAIN}", "amr": ["pwd", "otp", "mfa"]}
    person = Person(here)
    assert "code" in answer_of(back(person, liar.sends_back(led(person, f"rosa@{DOMAIN}"))).headers["location"])
    change(here.database, lambda tx: give_place(tx, Membership(rosa, B, "administrator", "all", NOW), now=NOW))
    assert opens(person) == {A}
    page = person.follow(person.http.get("/account/factors/confirm?next=/account/factors"))
    assert page.url.path == STEP


def test_a_step_that_began_before_the_other_place_is_not_finished_after_it(here: Served, liar: Liar) -> None:
    """Row 63: a first factor that a provider's session was allowed to add, while nobody else relied on the account."""
    rosa = make_person(here.database, "rosa", A)
    liar.claims = {"email": f"rosa@{DOMAIN}", "amr": ["pwd"]}
    person = Person(here)
    back(person, liar.sends_back(led(person, f"rosa@{DOMAIN}")))
    page = asked(person, acr_values="urn:hoistway:acr:mfa")
    assert page.url.path == "/sign-in/enrol"
    change(here.database, lambda tx: give_place(tx, Membership(rosa, B, "administrator", "all", NOW), now=NOW))
    secret = page.text.split('class="secret">')[1].split("<")[0].replace(" ", "")
    code, enrolment = code_at(int(time.time()), secret), hidden(page.text, "enrolment")
    page = person.follow(person.submit("/sign-in/enrol", page, enrolment=enrolment, code=code))
    assert page.url.path != "/sign-in/enrol"
    assert (rows_of(here.database, ONE_TIME_CODES), opens(person)) == ([], {A})


@pytest.mark.parametrize("page", ["devices", "applications"])
def test_a_provider_sees_nothing_of_what_others_have(here: Served, liar: Liar, page: str) -> None:
    """Row 63: sign-ins and access of applications, before the person proves themselves here."""
    linked(here)
    person, _ = arrives(here, liar)
    step = person.follow(person.http.get(f"/account/{page}"))
    assert step.url.path == STEP
    form = {"csrf": hidden(step.text, "csrf"), "password": PASSWORD}
    done = person.http.post(f"{STEP}?next=/account/{page}", data=form)
    assert done.headers["location"] == f"/account/{page}"
    assert person.http.get(f"/account/{page}").status_code == 200


def test_a_provider_gives_no_application_to_the_other_customer(here: Served, liar: Liar) -> None:
    """Row 63: where its customer's administrator administers both, nor asks for what is held about the person everywhere."""
    linked(here)
    change(here.database, _owned_by_a)
    person, _ = arrives(here, liar)
    visitor = Visitor(here.url)
    visitor.http.cookies.update(person.http.cookies)
    assert visitor.get("/portal/applications/web").status_code == 200
    form = {"customer": B, "transfer_confirm": "Web"}
    assert visitor.post("/portal/applications/web/transfer", **form).status_code == 404
    visitor.get("/account/data")
    assert visitor.post("/account/data").headers["location"].startswith(STEP)
    change(here.database, _proved)
    visitor.get("/portal/applications/web")
    assert visitor.post("/portal/applications/web/transfer", **form).status_code == 303


async def _owned_by_a(tx: Writer) -> None:
    found = await find_client(tx, ClientId("web"))
    assert found is not None
    owned = replace(found, customer_id=A)
    await put_client(tx, owned, origins_of(owned))


async def _proved(tx: Writer) -> None:
    """As after the password."""
    await tx.run(PROVED, {"b_user": "u-dave"})
