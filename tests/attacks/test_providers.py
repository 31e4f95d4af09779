"""Row 63: whatever a company's provider or somebody on the way says, nobody signs in as somebody else."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import pytest

from hoistway.protocol.ids import ProviderId, UserId
from hoistway.store.handed_over import put_handed_over
from hoistway.store.identities import Identity, add_identity
from hoistway.store.links import LINKS
from hoistway.store.memberships import MEMBERSHIPS, Membership, put_membership, remove_membership
from hoistway.store.profiles import rename_user
from hoistway.store.provider_domains import ProviderDomain, add_domain
from hoistway.store.provider_sessions import PROVIDER_SESSIONS, end_sessions_from
from hoistway.store.providers import set_provider_disabled
from hoistway.store.sessions import SESSIONS
from hoistway.store.users import USERS, User, add_user, set_user_password
from tests.engines import ENGINES
from tests.factors import code_at, require, with_codes
from tests.federation.connected import (
    DOMAIN,
    ID,
    asked,
    back,
    cause_of,
    connect,
    events_of,
    known,
    led,
    make_person,
    provider,
    rows_of,
    serving_with,
)
from tests.federation.liar import Liar, jwk_of
from tests.federation.liar import liar as liar
from tests.flows.browser import Person, answer_of, hidden
from tests.links.posting import choose
from tests.server import Served, change, serving
from tests.world import DIGEST, NOW, PASSWORD, A, B

RITA = f"rita@{DOMAIN}"


@pytest.fixture(params=ENGINES)
def here(request: pytest.FixtureRequest, liar: Liar) -> Iterator[Served]:
    with serving_with(request.param, provider(liar.url)) as served:
        yield served


def refused(here: Served, liar: Liar, **params: str) -> str:
    """Why a new browser that went there and back is not signed in."""
    person = Person(here)
    page = back(person, liar.sends_back(led(person, RITA), **params))
    assert page.status_code in {400, 403, 502}, page.text
    assert person.get("/portal/applications").status_code != 200
    assert rows_of(here.database, SESSIONS) == []
    return cause_of(page)


def accepted(here: Served, liar: Liar) -> str:
    """The account that a new browser is signed in with."""
    person = Person(here)
    reply = back(person, liar.sends_back(led(person, RITA)))
    assert "code" in answer_of(reply.headers["location"]), reply.text
    return known(here)["s-1"]


LIES: tuple[dict[str, Any], ...] = (
    {"aud": "another-client"}, {"aud": ["hoistway-here", "another-client"]}, {"azp": "another-client"}, {"iss": "https://evil.example"},
    {"nonce": "another"}, {"nonce": None}, {"exp": 1}, {"iat": 1}, {"at_hash": "another"}, {"sub": None},
)  # fmt: skip


def test_a_token_that_is_not_for_us_and_now_signs_nobody_in(here: Served, liar: Liar) -> None:
    """Row 63: of another client, another provider, another request, another time, or of nobody."""
    for lie in LIES:
        liar.claims = lie
        assert refused(here, liar) == "wrong", lie
    liar.claims = {}
    liar.signs_with = "k-2"
    assert refused(here, liar) == "wrong"
    assert known(here) == {}
    told = events_of(here.database, "provider.failed")
    assert [(one["customer"], "wrong" in str(one["detail"])) for one in told] == [(A, True)]


def test_an_address_that_is_not_verified_or_not_proved_links_and_makes_nobody(here: Served, liar: Liar) -> None:
    """Row 63: nOAuth."""
    make_person(here.database, "rita", A)
    people = rows_of(here.database, USERS)
    for lie, cause in (
        ({"email_verified": False}, "unverified"), ({"email_verified": None}, "unverified"), ({"email": None}, "unverified"),
        ({"email": "ann@example.com"}, "elsewhere"), ({"email": f"rita@sub.{DOMAIN}"}, "elsewhere"),
        ({"email": f"rita@{DOMAIN}.evil.example"}, "elsewhere"), ({"email": f"ann@example.com@{DOMAIN}"}, "unverified"),
    ):  # fmt: skip
        liar.claims = lie
        assert refused(here, liar) == cause, lie
    assert known(here) == {}
    assert rows_of(here.database, USERS) == people


def test_a_domain_that_is_only_named_counts_for_nothing(here: Served, liar: Liar) -> None:
    """Row 63."""
    change(here.database, lambda tx: _name(tx, "example.com"))
    liar.claims = {"email": "ann@example.com"}
    assert refused(here, liar) == "elsewhere"
    person = Person(here)
    assert "code" in answer_of(person.sign_in(asked(person), "ann").headers["location"])


async def _name(tx: Any, domain: str) -> None:
    await add_domain(tx, ProviderDomain(ID, domain, "a proof", NOW))


@pytest.mark.parametrize("flags", [("operator",), ("employee",)])
def test_staff_and_people_of_others_are_never_linked(here: Served, liar: Liar, flags: tuple[str, ...]) -> None:
    """Row 63."""
    make_person(here.database, "rita", A, flags=flags)
    assert refused(here, liar) == "not_allowed"
    make_person(here.database, "rudi", B)
    make_person(here.database, "rosa")
    for name in ("rudi", "rosa"):
        liar.claims = {"email": f"{name}@{DOMAIN}"}
        assert refused(here, liar) == "taken", name
    assert known(here) == {}


def test_no_claim_gives_a_role_of_the_operator_or_a_place_elsewhere(here: Served, liar: Liar) -> None:
    """Row 63."""
    liar.claims = {
        "flags": ["operator"],
        "employee": True,
        "roles": ["operator"],
        "groups": ["administrator"],
        "customer": B,
        "role": "administrator",
    }
    user_id = accepted(here, liar)
    user = next(row for row in rows_of(here.database, USERS) if row["id"] == user_id)
    places = [row for row in rows_of(here.database, MEMBERSHIPS) if row["user_id"] == user_id]
    assert (user["flags"], [(row["customer_id"], row["role"]) for row in places]) == ("[]", [(A, "member")])


def test_a_second_subject_of_the_same_address_is_another_person(here: Served, liar: Liar) -> None:
    """Row 63: an address that the company gave to somebody new."""
    user_id = accepted(here, liar)
    liar.claims = {"sub": "s-2"}
    person = Person(here)
    page = back(person, liar.sends_back(led(person, RITA)))
    assert cause_of(page) == "taken"
    assert known(here) == {"s-1": user_id}


def test_an_answer_counts_once_in_its_own_browser_only(here: Served, liar: Liar) -> None:
    """Row 63: login CSRF, and a replayed answer."""
    person, other = Person(here), Person(here)
    location = liar.sends_back(led(person, RITA))
    led(other, RITA)
    assert cause_of(back(other, location)) == "expired"
    assert "code" in answer_of(back(person, location).headers["location"])
    before = rows_of(here.database, SESSIONS)
    assert cause_of(back(person, location)) == "expired"
    assert rows_of(here.database, SESSIONS) == before
    assert len(before) == 1


def test_an_answer_that_comes_many_times_at_once_begins_one_session(here: Served, liar: Liar) -> None:
    """Row 63."""
    person = Person(here)
    location = liar.sends_back(led(person, RITA))
    with ThreadPoolExecutor(6) as threads:
        codes = [reply.status_code for reply in threads.map(lambda _: person.http.get(location), range(6))]
    assert sorted(codes) == [303, 400, 400, 400, 400, 400]
    assert len(rows_of(here.database, SESSIONS)) == 1
    assert len(known(here)) == 1


def test_an_answer_of_one_provider_is_not_taken_for_anothers(here: Served, liar: Liar) -> None:
    """Row 63: mix-up."""
    other = ProviderId("p-other")
    connect(here.database, provider(f"{liar.url}", id=other, customer_id=B), "other.example")
    person = Person(here)
    location = liar.sends_back(led(person, RITA))
    assert cause_of(back(person, location.replace(ID, other))) == "expired"
    assert refused(here, liar, iss="https://other.example") == "wrong"
    assert refused(here, liar, iss=f"{liar.url}/") == "wrong"
    assert "/token" not in liar.paths()


def test_a_provider_that_promised_to_name_itself_must_do_so(here: Served, liar: Liar) -> None:
    """Row 63: RFC 9207."""
    liar.described = {"authorization_response_iss_parameter_supported": True}
    assert refused(here, liar) == "wrong"
    person = Person(here)
    assert back(person, liar.sends_back(led(person, RITA), iss=liar.url)).status_code == 303


def test_a_provider_that_describes_another_is_not_asked(here: Served, liar: Liar) -> None:
    """Row 63: nor is one whose description leads to addresses that may not be asked."""
    for lie in ({"issuer": "https://other.example"}, {"token_endpoint": "http://169.254.169.254/"}, {"jwks_uri": "file:///etc/passwd"},
                {"userinfo_endpoint": "https://10.0.0.1/"}, {"authorization_endpoint": "javascript:alert(1)"}):  # fmt: skip
        liar.described = lie
        with serving(here.database, outbound_loopback=True) as anew:
            person = Person(anew)
            page = person.submit("/sign-in", asked(person), username=RITA)
            assert (page.status_code, cause_of(page)) == (502, "wrong"), lie
    assert set(liar.paths()) == {"/.well-known/openid-configuration"}


def test_userinfo_of_another_person_is_not_believed(here: Served, liar: Liar) -> None:
    """Row 63."""
    liar.claims, liar.userinfo = {"email": None, "email_verified": None}, {"email": RITA, "email_verified": True}
    liar.userinfo["sub"] = "s-9"
    assert refused(here, liar) == "wrong"
    liar.userinfo["sub"] = "s-1"
    assert accepted(here, liar)


def test_a_verified_mark_beside_no_address_is_not_lent_to_another(here: Served, liar: Liar) -> None:
    """Row 63."""
    liar.claims, liar.userinfo = {"email": None, "email_verified": True}, {"email": RITA, "email_verified": False}
    assert refused(here, liar) == "unverified"


def test_no_password_works_around_the_provider(here: Served, liar: Liar) -> None:
    """Row 63: under whatever name the person types it; words, status and the trail are those of a wrong one."""
    change(here.database, _make_max)
    wrong = Person(here)
    expected = wrong.submit("/sign-in", asked(wrong), username="few@example.com", password="wrong")
    person = Person(here)
    assert led(person, RITA, password=PASSWORD).startswith(liar.url)
    # "max" has no address as user name, but one of the domain among his addresses.
    page = person.submit("/sign-in", asked(person), username="max", password=PASSWORD)
    assert page.status_code == expected.status_code == 400
    assert "don’t match an account" in page.text
    assert rows_of(here.database, SESSIONS) == []


async def _make_max(tx: Any) -> None:
    await add_user(tx, User(UserId("u-max"), "max", "Max", (f"max@{DOMAIN}",), (), None, DIGEST, A, NOW, NOW))
    await put_membership(tx, Membership(UserId("u-max"), A, "member", "all", NOW))


def test_a_place_that_was_taken_away_is_not_given_again(here: Served, liar: Liar) -> None:
    """Row 63."""
    user_id = accepted(here, liar)

    async def end(tx: Any) -> None:
        await remove_membership(tx, user_id, A)  # type: ignore[arg-type]

    change(here.database, end)
    person = Person(here)
    assert cause_of(back(person, liar.sends_back(led(person, RITA)))) == "not_allowed"


def is_person_of_ours(here: Served, name: str) -> None:
    """The provider's person is this one of the world, whose user name is not in its domain."""
    row = Identity(ID, "s-1", UserId(f"u-{name}"), "address", NOW)
    change(here.database, lambda tx: add_identity(tx, row))


def has_mail_of_ours(here: Served, name: str) -> None:
    """A mailbox of the provider's domain, by which the company could have a new password sent."""
    change(here.database, lambda tx: rename_user(tx, UserId(f"u-{name}"), name, (f"{name}@{DOMAIN}",)))


def arrives(here: Served, liar: Liar) -> tuple[Person, Any]:
    person = Person(here)
    return person, back(person, liar.sends_back(led(person, RITA)))


def test_no_provider_chooses_a_password_for_one_that_was_handed_over(here: Served, liar: Liar) -> None:
    """Row 63: whoever comes by a provider proved no password, and gets no way to one; the mark counts when the password does."""
    is_person_of_ours(here, "ann")
    change(here.database, lambda tx: put_handed_over(tx, UserId("u-ann"), NOW))
    _, page = arrives(here, liar)
    assert "/reset/new" not in str(page.url) + page.headers.get("location", "")
    assert [row["user_id"] for row in rows_of(here.database, SESSIONS)] == ["u-ann"]
    assert rows_of(here.database, LINKS) == []
    person = Person(here)
    page = person.submit("/sign-in", asked(person), username="ann@example.com", password=PASSWORD)
    assert page.url.path == "/reset/new"
    assert choose(person, str(page.url.raw_path, "ascii")).status_code == 200


def test_one_that_opens_nothing_is_not_asked_about_until_it_does(here: Served, liar: Liar) -> None:
    """Row 63: where a provider signs the person in, no password counts."""
    user_id = UserId(accepted(here, liar))
    change(here.database, lambda tx: put_handed_over(tx, user_id, NOW))
    assert accepted(here, liar) == user_id
    change(here.database, lambda tx: _with_password(tx, user_id))
    person = Person(here)
    assert person.submit("/sign-in", asked(person), username=RITA, password=PASSWORD).url.path == "/reset/new"


async def _with_password(tx: Any, user_id: UserId) -> None:
    """The provider is disabled, so that passwords count again."""
    await set_user_password(tx, user_id, DIGEST, NOW)
    await set_provider_disabled(tx, ID, NOW)


def test_a_provider_speaks_for_its_own_customer_alone(here: Served, liar: Liar) -> None:
    """Row 63: whoever has a place in another one proves here what a password would have them prove."""
    is_person_of_ours(here, "both")
    has_mail_of_ours(here, "both")
    with_codes(here.database, "both")
    liar.claims = {"amr": ["pwd", "mfa"]}
    person, page = arrives(here, liar)
    assert page.url.path == "/sign-in/second"
    assert rows_of(here.database, SESSIONS) == []
    person.submit("/sign-in/second", page, code=code_at(int(time.time())))
    ((session,), (begun,)) = rows_of(here.database, SESSIONS), rows_of(here.database, PROVIDER_SESSIONS)
    assert (session["user_id"], session["amr"]) == ("u-both", "otp")
    assert (begun["session_digest"], begun["provider_id"], begun["sid"]) == (session["session_digest"], ID, "up-1")


def test_what_another_customer_demands_is_demanded(here: Served, liar: Liar) -> None:
    """Row 63: before anything of it opens, and of the person: a provider adds no factor. The step that is left over ends with the
    provider."""
    is_person_of_ours(here, "both")
    has_mail_of_ours(here, "both")
    require(here.database, "all", B)
    person, page = arrives(here, liar)
    assert "code" in answer_of(page.headers["location"]), "for the provider's own customer"
    page = person.follow(asked(person, customer=B))
    assert page.url.path == "/sign-in/second"
    page = person.submit("/sign-in/second", page, password=PASSWORD)
    assert page.url.path == "/sign-in/enrol"
    secret = page.text.split('class="secret">')[1].split("<")[0].replace(" ", "")
    change(here.database, _end_all)
    form = {"enrolment": hidden(page.text, "enrolment"), "code": code_at(int(time.time()), secret)}
    assert person.submit("/sign-in/enrol", page, **form).url.path != "/sign-in/enrol"
    assert rows_of(here.database, SESSIONS) == []


async def _end_all(tx: Any) -> None:
    """As whoever switches the provider off does."""
    await set_provider_disabled(tx, ID, NOW)
    await end_sessions_from(tx, ID)


def test_a_key_at_the_provider_is_no_passkey_here(here: Served, liar: Liar) -> None:
    """Row 63: RFC 8176's words for keys say nothing of phishing."""
    liar.claims = {"amr": ["pwd", "mfa", "hwk", "swk", "face"]}
    accepted(here, liar)
    (session,) = rows_of(here.database, SESSIONS)
    assert session["amr"] == "pwd mfa"


def test_a_changed_state_is_nobodys(here: Served, liar: Liar) -> None:
    """Row 63."""
    person = Person(here)
    location = led(person, RITA)
    state = answer_of(location)["state"]
    for wrong in ("", "x", state[:-2], state + "A", state.swapcase(), state + "\x00"):
        page = back(person, f"{here.url}/sign-in/provider/{ID}/callback?{urlencode({'code': 'a', 'state': wrong})}")
        assert page.status_code == 400
    assert "/token" not in liar.paths()


def test_a_new_key_upstream_is_found_and_an_unknown_one_asks_once(here: Served, liar: Liar) -> None:
    """Row 63: a provider can't be made to be asked again and again."""
    assert accepted(here, liar)
    liar.signs_with = "k-3"
    for _ in range(5):
        person = Person(here)
        assert cause_of(back(person, liar.sends_back(led(person, RITA)))) == "wrong"
    assert liar.paths().count("/keys") <= 2
    assert jwk_of("k-3")["kid"] == "k-3"
