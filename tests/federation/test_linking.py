"""Row 63: a company's identity is linked to an account that is there by proof of both, and to nothing else."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import Any, Literal

import httpx2
import pytest

from hoistway.accounts.places import give_place
from hoistway.clock import now
from hoistway.grants.new_password import replace_password
from hoistway.protocol.ids import CustomerId, ProviderId, UserId
from hoistway.store.db import Writer
from hoistway.store.identities import Identity, add_identity, remove_identity
from hoistway.store.memberships import Membership, put_membership, remove_membership
from hoistway.store.operators import set_flags
from hoistway.store.personal import erase_account, params_of
from hoistway.store.provider_domains import ProviderDomain, add_domain, prove_domain
from hoistway.store.providers import set_provider_disabled
from hoistway.store.sessions import SESSIONS
from tests.engines import ENGINES
from tests.factors import code_at, with_codes
from tests.federation.connected import (
    DOMAIN,
    ID,
    back,
    cause_of,
    connect,
    events_of,
    known,
    led,
    led_on,
    make_person,
    provider,
    rows_of,
    serving_with,
)
from tests.federation.liar import Liar
from tests.federation.liar import liar as liar
from tests.flows.browser import Person, answer_of, hidden, pkce
from tests.portal.signing_in import tokens_of
from tests.server import Clock, Served, change
from tests.world import CALLBACK, DIGEST, NOW, PASSWORD, A, B

HERE = "/account/identities"
RITA = f"rita@{DOMAIN}"
ANN = UserId("u-ann")


@pytest.fixture(params=ENGINES)
def here(request: pytest.FixtureRequest, liar: Liar) -> Iterator[Served]:
    with serving_with(request.param, provider(liar.url)) as served:
        yield served


def signed_in(served: Served, name: str = "ann") -> Person:
    person = Person(served)
    page = person.get("/sign-in", next="/account")
    form = {"csrf": unescape(re.findall(r'name="csrf" value="([^"]+)"', page.text)[0])}
    address = f"{name}@example.com" if "@" not in name else name
    reply = person.http.post("/sign-in?next=/account", data={**form, "username": address, "password": PASSWORD})
    assert reply.headers["location"] == "/account", reply.text
    return person


def sent(person: Person, page: str = HERE, **form: str) -> httpx2.Response:
    shown = person.http.get(page)
    assert shown.status_code == 200, shown.text
    tokens = tokens_of(shown.text, HERE)
    # Every form of a page says what the page shows.
    return person.http.post(HERE, data={"csrf": tokens.get(HERE) or next(iter(tokens.values())), **form})


def claimed(person: Person, liar: Liar, provider_id: str = ID) -> str:
    """The address of the page that asks whether to link."""
    reply = person.http.get(liar.sends_back(led_on(sent(person, do="link", provider=provider_id))))
    assert reply.status_code == 303, reply.text
    return str(reply.headers["location"])


def confirmed(person: Person, page: str) -> httpx2.Response:
    claim = answer_of(page)["claim"]
    return sent(person, page, do="confirm", claim=claim)


@pytest.mark.parametrize(("verified", "called"), [(True, RITA), (False, "s-1")])
def test_who_is_signed_in_here_and_there_links_and_comes_in_that_way(
    here: Served, liar: Liar, verified: bool, called: str
) -> None:
    """Whatever the address says: no address plays a part. One that the provider does not vouch for is not even shown: anybody
    may have typed it into their profile there, so that others link it."""
    liar.claims = {"email_verified": verified}
    ann = signed_in(here)
    page = claimed(ann, liar)
    assert known(here) == {}, "nothing yet"
    shown = ann.http.get(page).text
    for words in (called, "ann@example.com", "Acme’s sign-in", "Customer c-a"):
        assert words in shown
    assert (RITA in shown) == verified
    assert confirmed(ann, page).headers["location"] == f"{HERE}?notice=notice_identity_linked"
    assert known(here) == {"s-1": ANN}
    (told,) = events_of(here.database, "user.linked")
    assert (told["actor"], told["customer"], '"how":"proof"' in str(told["detail"]).replace(" ", "")) == (ANN, A, True)
    person = Person(here)
    assert "code" in answer_of(back(person, liar.sends_back(led(person, RITA))).headers["location"])
    assert {row["user_id"] for row in rows_of(here.database, SESSIONS)} == {ANN}
    assert sent(ann, do="unlink", provider=ID).headers["location"] == f"{HERE}?notice=notice_identity_unlinked"
    assert known(here) == {}
    assert len(rows_of(here.database, SESSIONS)) == 1, "what began there has ended"
    assert [(one["actor"], one["customer"]) for one in events_of(here.database, "user.unlinked")] == [(ANN, A)]


def test_an_old_sign_in_links_and_unlinks_nothing(liar: Liar) -> None:
    """Whoever finds a browser open adds no way in, and takes none away."""
    clock = Clock()
    with serving_with("sqlite", provider(liar.url), now=clock) as served:
        ann = signed_in(served)
        clock.turn(700)
        for do in ("link", "unlink", "confirm"):
            assert sent(ann, do=do, provider=ID).headers["location"] == f"{HERE}?notice=notice_factor_prove"
        page = ann.http.get("/account/factors/confirm?next=/account/identities")
        assert page.headers["location"] == "/sign-in?next=/account/identities"


def test_a_password_alone_links_nothing_where_there_is_a_factor(here: Served, liar: Liar) -> None:
    ann = signed_in(here)
    with_codes(here.database, "ann")
    assert sent(ann, do="link", provider=ID).headers["location"] == f"{HERE}?notice=notice_factor_prove"


def test_a_claim_is_of_one_person_session_and_browser_and_one_use(here: Served, liar: Liar) -> None:
    """Moved to somebody else, it links the thief's identity to nobody's account."""
    ann = signed_in(here)
    page = claimed(ann, liar)
    for other in (signed_in(here, "ann"), signed_in(here, "adam")):
        reply = sent(other, do="confirm", claim=answer_of(page)["claim"])
        assert (reply.status_code, "Begin again" in reply.text) == (422, True)
        assert "Link this sign-in" not in other.http.get(page).text
    assert known(here) == {}
    assert confirmed(ann, page).status_code == 303
    sent(ann, do="unlink", provider=ID)
    again = confirmed(ann, page)
    assert (again.status_code, "Begin again" in again.text) == (422, True)
    assert known(here) == {}


def test_an_answer_that_was_asked_for_linking_signs_nobody_in(here: Served, liar: Liar) -> None:
    """Nor one for signing in links."""
    ann = signed_in(here)
    address = liar.sends_back(led_on(sent(ann, do="link", provider=ID)))
    stranger = Person(here)
    assert cause_of(stranger.http.get(address)) == "expired"
    browser = ann.http.cookies["hoistway_browser"]
    ann.http.cookies.delete("hoistway_session")
    assert cause_of(ann.http.get(address)) == "expired", browser
    assert known(here) == {}
    assert {row["user_id"] for row in rows_of(here.database, SESSIONS)} == {ANN}


def test_never_across_customers(here: Served, liar: Liar) -> None:
    """A provider can sign in as everybody who is linked: so it is that of the person's only customer."""
    other = ProviderId("p-other")
    connect(here.database, provider(liar.url, id=other, customer_id=B), "other.example")
    ann = signed_in(here)
    assert "p-other" not in ann.http.get(HERE).text
    assert sent(ann, do="link", provider=other).status_code == 404
    both = signed_in(here, "both")
    page = both.http.get(HERE).text
    assert ("another customer" in page, 'value="link"' in page) == (True, False)
    reply = sent(both, do="link", provider=ID)
    assert (reply.status_code, "another customer" in reply.text) == (422, True)
    page = claimed(ann, liar)
    change(here.database, lambda tx: _place(tx, B))
    assert confirmed(ann, page).status_code == 422
    change(here.database, lambda tx: _leave(tx, B))
    change(here.database, lambda tx: _leave(tx, A))
    assert confirmed(ann, page).status_code == 422
    assert known(here) == {}


async def _place(tx: Any, customer: CustomerId) -> None:
    await put_membership(tx, Membership(ANN, customer, "member", "all", NOW))


async def _leave(tx: Any, customer: CustomerId) -> None:
    await remove_membership(tx, ANN, customer)


def test_a_place_in_another_customer_ends_what_proof_had_linked(here: Served, liar: Liar) -> None:
    ann = signed_in(here)
    confirmed(ann, claimed(ann, liar))
    change(here.database, lambda tx: _place(tx, B))
    person = Person(here)
    assert cause_of(back(person, liar.sends_back(led(person, RITA)))) == "not_allowed"
    assert person.get("/account").status_code == 303


def test_a_place_in_another_customer_ends_what_began_by_proof(here: Served, liar: Liar) -> None:
    """Whatever way it came: what the first one's provider said opens nothing of the second."""
    ann = signed_in(here)
    confirmed(ann, claimed(ann, liar))
    person = arrived(here, liar)
    row = Membership(ANN, B, "member", "all", NOW)
    change(here.database, lambda tx: give_place(tx, row, now=NOW))
    assert person.get("/account").status_code == 303
    assert ann.get("/account").status_code == 200


def test_an_identity_is_of_one_account_and_an_account_has_one(here: Served, liar: Liar) -> None:
    adam, ann = signed_in(here, "adam"), signed_in(here)
    page = claimed(ann, liar)
    assert confirmed(adam, claimed(adam, liar)).status_code == 303
    taken = confirmed(ann, page)
    assert (taken.status_code, "another account" in taken.text) == (422, True)
    liar.claims = {"sub": "s-2"}
    assert sent(adam, do="link", provider=ID).status_code == 422
    assert known(here) == {"s-1": "u-adam"}


def test_staff_links_nothing_and_a_provider_that_was_switched_off_neither(here: Served, liar: Liar) -> None:
    ann = signed_in(here)
    page = claimed(ann, liar)
    change(here.database, lambda tx: _flag(tx, "employee"))
    for reply in (confirmed(ann, page), sent(ann, do="link", provider=ID)):
        assert (reply.status_code, "The operator’s own people" in reply.text) == (422, True)
    change(here.database, _flag)
    change(here.database, _disable)
    assert confirmed(ann, page).status_code == 422
    assert known(here) == {}


async def _flag(tx: Any, *flags: str) -> None:
    await set_flags(tx, ANN, flags)


async def _disable(tx: Any) -> None:
    await set_provider_disabled(tx, ID, NOW)


def test_what_the_address_linked_stays(here: Served, liar: Liar) -> None:
    """Whose user name leads to the provider would be linked again by the next sign-in, and has no password that counts. Nor
    is another one linked beside it."""
    user_id = make_person(here.database, "rita", A)
    change(here.database, lambda tx: add_identity(tx, Identity(ID, "s-1", user_id, "address", NOW)))
    rita = Person(here)
    back(rita, liar.sends_back(led(rita, RITA)))
    assert 'value="unlink"' not in rita.get(HERE).text
    reply = sent(rita, do="unlink", provider=ID)
    assert (reply.status_code, "came with your account" in reply.text) == (422, True)
    assert sent(rita, do="link", provider=ID).status_code == 422
    assert known(here) == {"s-1": user_id}


@pytest.mark.parametrize("how", ["made", "address"])
def test_what_a_company_linked_is_not_unlinked_by_whoever_has_a_password(
    here: Served, liar: Liar, how: Literal["made", "address"]
) -> None:
    """Not even where their names lead there no more: the company's people are its own."""
    change(here.database, lambda tx: add_identity(tx, Identity(ID, "s-1", ANN, how, NOW)))
    assert sent(signed_in(here), do="unlink", provider=ID).status_code == 422
    assert known(here) == {"s-1": ANN}


def test_the_only_way_in_stays(here: Served, liar: Liar) -> None:
    """A company proves the domain of an address later: the password counts no more."""
    ann = signed_in(here)
    confirmed(ann, claimed(ann, liar))
    change(here.database, _prove)
    reply = sent(ann, do="unlink", provider=ID)
    assert (reply.status_code, "only way in" in reply.text) == (422, True)
    assert known(here) == {"s-1": ANN}


async def _prove(tx: Writer) -> None:
    await add_domain(tx, ProviderDomain(ID, "example.com", "a proof", NOW))
    await prove_domain(tx, ID, "example.com", NOW)


def arrived(here: Served, liar: Liar) -> Person:
    """A browser in which somebody signed in at the provider."""
    person = Person(here)
    assert "code" in answer_of(back(person, liar.sends_back(led(person, RITA))).headers["location"])
    return person


def test_who_came_in_by_it_has_proved_no_other_way(here: Served, liar: Liar) -> None:
    """Even with a second factor: whoever has only that one can't come in again."""
    ann = signed_in(here)
    confirmed(ann, claimed(ann, liar))
    with_codes(here.database, "ann")
    person = arrived(here, liar)
    prove = person.follow(person.get("/account/factors/confirm", next=HERE))
    form = {"csrf": hidden(prove.text, "csrf"), "code": code_at(now())}
    assert person.http.post(f"/sign-in/second?next={HERE}", data=form).headers["location"] == HERE
    assert 'value="unlink"' not in person.get(HERE).text
    reply = sent(person, do="unlink", provider=ID)
    assert (reply.status_code, "You came in by this sign-in" in reply.text) == (422, True)
    assert known(here) == {"s-1": ANN}


def test_a_provider_adds_no_way_in_to_an_account_that_is_not_its_own(here: Served, liar: Liar) -> None:
    """Who decides who signs in there could otherwise keep the account after it left the company."""
    ann = signed_in(here)
    confirmed(ann, claimed(ann, liar))
    liar.claims = {"amr": ["pwd", "otp", "mfa"]}
    person = arrived(here, liar)
    assert person.http.get("/portal/applications").status_code == 200
    assert 'name="enrolment"' not in person.get("/account/factors", add="codes").text
    for page, form in (
        ("/account/factors", {"do": "add_key"}),
        ("/account/factors", {"do": "add_codes", "code": "123456"}),
        ("/account/email", {"do": "ask", "address": "thief@elsewhere.example"}),
        (HERE, {"do": "link", "provider": ID}),
        (HERE, {"do": "unlink", "provider": ID}),
    ):
        shown = person.http.get(page)
        reply = person.http.post(page, data={"csrf": hidden(shown.text, "csrf"), **form})
        assert reply.headers.get("location") == f"{page}?notice=notice_factor_prove", (page, form)
    assert person.get("/account/factors/confirm", next=HERE).headers["location"].startswith("/sign-in")


def test_what_began_there_ends_with_the_link(here: Served, liar: Liar) -> None:
    """Somebody else may have linked their own, from a browser that was left open: nothing that they took goes on."""
    ann = signed_in(here)
    confirmed(ann, claimed(ann, liar))
    thief = Person(here)
    verifier, challenge = pkce()
    page = thief.authorize(
        "spa", scope="openid units.read offline_access", code_challenge=challenge, code_challenge_method="S256"
    )
    location = back(thief, liar.sends_back(led(thief, RITA, page))).headers["location"]
    form = {
        "grant_type": "authorization_code", "code": answer_of(location)["code"], "code_verifier": verifier,
        "redirect_uri": CALLBACK, "client_id": "spa",
    }  # fmt: skip
    tokens = thief.http.post("/oauth2/token", data=form).json()
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    assert thief.http.get("/api/v1/units", headers=bearer).status_code == 200
    assert sent(ann, do="unlink", provider=ID).status_code == 303
    assert thief.get("/account").status_code == 303
    assert thief.http.get("/api/v1/units", headers=bearer).status_code == 401
    again = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": "spa"}
    assert thief.http.post("/oauth2/token", data=again).status_code == 400
    assert ann.get("/account").status_code == 200


def test_another_person_in_a_second_tab_is_linked_to_nothing(here: Served, liar: Liar) -> None:
    """Ann went to the provider and Adam signed in meanwhile, in the same browser; or while she was asked to confirm."""
    browser = signed_in(here)
    address = liar.sends_back(led_on(sent(browser, do="link", provider=ID)))
    page = claimed(browser, liar)
    shown = browser.http.get(page)
    form = {"csrf": tokens_of(shown.text, HERE)[HERE], "do": "confirm", "claim": answer_of(page)["claim"]}
    browser.http.cookies.delete("hoistway_session")
    adam = browser.sign_in(browser.get("/sign-in", next="/account"), "adam")
    assert adam.status_code == 200
    assert cause_of(browser.http.get(address)) == "expired"
    assert browser.http.post(HERE, data=form).status_code == 409
    assert "Link this sign-in" not in browser.http.get(page).text
    reply = sent(browser, do="confirm", claim=form["claim"])
    assert (reply.status_code, "Begin again" in reply.text) == (422, True)
    assert known(here) == {}


def test_nobody_is_led_to_link_a_strangers_identity_or_theirs_to_a_stranger(here: Served, liar: Liar) -> None:
    """Adam sends Ann his answer, his page of confirming, and the address at the provider that belongs to his browser."""
    ann, adam = signed_in(here), signed_in(here, "adam")
    there = led_on(sent(adam, do="link", provider=ID))
    mine = liar.sends_back(there)
    assert cause_of(ann.http.get(mine)) == "expired"
    liar.claims = {"sub": "s-ann"}
    assert cause_of(ann.http.get(liar.sends_back(there, "code-of-ann"))) == "expired"
    assert cause_of(Person(here).http.get(mine)) == "expired"
    liar.claims = {}
    page = claimed(adam, liar)
    assert "Link this sign-in" not in ann.http.get(page).text
    foreign = {"origin": "https://evil.example"}
    form = {"csrf": tokens_of(ann.get(HERE).text, HERE)[HERE], "do": "link", "provider": ID}
    assert ann.http.post(HERE, data=form, headers=foreign).status_code == 400
    assert ann.http.post(HERE, data={"do": "link", "provider": ID}).status_code in {400, 409}
    assert known(here) == {}


def test_the_same_answer_links_once(here: Served, liar: Liar) -> None:
    """An answer of the provider that is brought twice gives two pages to confirm, of which one counts."""
    ann = signed_in(here)
    address = liar.sends_back(led_on(sent(ann, do="link", provider=ID)))
    pages = [str(ann.http.get(address).headers["location"]) for _ in range(2)]
    assert confirmed(ann, pages[0]).status_code == 303
    sent(ann, do="unlink", provider=ID)
    again = confirmed(ann, pages[1])
    assert (again.status_code, "Begin again" in again.text) == (422, True)
    assert known(here) == {}


def test_two_who_link_the_same_at_once(here: Served, liar: Liar) -> None:
    people = [signed_in(here), signed_in(here, "adam")]
    pages = [claimed(person, liar) for person in people]
    with ThreadPoolExecutor(2) as pool:
        replies = list(pool.map(confirmed, people, pages))
    assert sorted(reply.status_code for reply in replies) == [303, 422]
    assert len(known(here)) == 1


def test_a_new_password_ends_what_waits_and_keeps_what_was_linked(here: Served, liar: Liar) -> None:
    """As it keeps passkeys; the owner finds both on the pages of the account."""
    thief = signed_in(here)
    page = claimed(thief, liar)
    change(here.database, _new_password)
    assert thief.http.get(page).status_code == 303, "to the sign-in"
    ann = signed_in(here)
    reply = sent(ann, do="confirm", claim=answer_of(page)["claim"])
    assert (reply.status_code, known(here)) == (422, {})
    assert confirmed(ann, claimed(ann, liar)).status_code == 303
    change(here.database, _new_password)
    assert ann.get("/account").status_code == 303
    arrived(here, liar)
    assert 'value="unlink"' in signed_in(here).get(HERE).text


async def _new_password(tx: Writer) -> None:
    await replace_password(tx, "user", ANN, DIGEST, now())


def test_an_erased_persons_sign_in_is_nobodys(here: Served, liar: Liar) -> None:
    """Nor does a page of confirming bring the account back."""
    ann = signed_in(here)
    confirmed(ann, claimed(ann, liar))
    change(here.database, lambda tx: erase_account(tx, params_of(ANN, "erased-1", (), "none")))
    assert known(here) == {}
    liar.claims = {"email_verified": False}
    person = Person(here)
    assert cause_of(back(person, liar.sends_back(led(person, RITA)))) == "unverified"


def test_what_is_not_as_the_page_showed_it_is_not_unlinked(here: Served, liar: Liar) -> None:
    ann = signed_in(here)
    confirmed(ann, claimed(ann, liar))
    form = {"csrf": tokens_of(ann.get(HERE).text, HERE)[HERE], "do": "unlink", "provider": ID}

    async def renew(tx: Writer) -> None:
        await remove_identity(tx, ANN, ID)
        await add_identity(tx, Identity(ID, "s-2", ANN, "proof", NOW))

    change(here.database, renew)
    assert ann.http.post(HERE, data=form).status_code == 409
    assert known(here) == {"s-2": ANN}


def test_what_goes_wrong_there_is_said_on_the_page(here: Served, liar: Liar) -> None:
    ann = signed_in(here)
    liar.claims = {"nonce": "another"}
    page = claimed(ann, liar)
    assert page == f"{HERE}?problem=identity_failed"
    assert "Nothing was linked" in ann.http.get(page).text
    assert known(here) == {}
