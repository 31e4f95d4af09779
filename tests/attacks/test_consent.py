"""What a person allowed a third party's application opens that and nothing more."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from hoistway.clock import now
from hoistway.protocol.ids import ApiId, UserId
from hoistway.store.apis import Api, ApiScope, add_api, set_api_disabled
from hoistway.store.clients import put_client
from hoistway.store.db import Statement, Writer, nothing
from hoistway.store.memberships import Membership, put_membership, remove_membership
from hoistway.store.users import add_user
from tests.attacks.asking import CHALLENGE, at_once, parts_of, post, redeem, refresh, refusal
from tests.engines import ENGINES, drop_database, fresh_database
from tests.flows.browser import Person, answer_of, hidden, pkce
from tests.server import Clock, Served, change, populate, serving
from tests.world import API_URI, CLIENTS, NOW, SECRET, A, user

PARTNER = next(row for row in CLIENTS if row.id == "partner")
UNITS = "openid units.read"
LASTING = "openid offline_access units.read"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=ENGINES)
def served(request: pytest.FixtureRequest, clock: Clock) -> Iterator[Served]:
    """A world of its own for each test: consents stay."""
    url = fresh_database(request.param, populate)
    clock.at = now()  # the world's keys sign from then on
    with serving(url, now=clock) as server:
        yield server
    drop_database(url)


def outcome(person: Person, **asked: str) -> str:
    """`code`, the error, or `page`."""
    reply = person.authorize("partner", **{"scope": UNITS, **CHALLENGE, **asked})
    if reply.status_code != 303:
        assert reply.status_code == 200
        return "page"
    answer = answer_of(reply.headers["location"])
    return "code" if "code" in answer else answer["error"]


def allowed(served: Served, name: str, scope: str = UNITS, **asked: str) -> tuple[Person, dict[str, str]]:
    """Somebody who signed in at the partner and allowed what it asks; and the tokens."""
    person, (verifier, challenge) = Person(served), pkce()
    asked = {"scope": scope, "code_challenge": challenge, "code_challenge_method": "S256", **asked}
    page = person.sign_in(person.authorize("partner", **asked), name)
    assert page.status_code == 200, page.headers
    reply = person.submit("/interaction", page, decision="allow")
    tokens = redeem(served, answer_of(reply.headers["location"])["code"], verifier, "partner", client_secret=SECRET)
    assert tokens.status_code == 200, tokens.text
    return person, tokens.json()


def test_consent_for_one_customer_opens_no_other(served: Served) -> None:
    """Row 52: by prompt=none, by naming it, by choosing it on the page."""
    person, tokens = allowed(served, "both", LASTING, customer="c-a")
    assert parts_of(tokens["access_token"])[1]["customer"] == "c-a"
    assert outcome(person, prompt="none", customer="c-a") == "code"
    assert outcome(person, prompt="none", customer="c-b") == "consent_required"
    assert outcome(person, customer="c-b") == "page"
    page = person.authorize("partner", scope=UNITS, prompt="select_account", **CHALLENGE)
    page = person.submit("/interaction", page, customer="c-b")
    assert (page.status_code, "Customer c-b" in page.text, 'value="allow"' in page.text) == (200, True, True)
    hint = Person(served).tokens("spa", "both", "openid", customer="c-b")["id_token"]
    assert outcome(person, prompt="none", id_token_hint=hint) == "consent_required"
    assert outcome(person, prompt="none", id_token_hint=hint, customer="c-a") == "code"
    # The customer chosen last is the default of what asks silently.
    assert outcome(person, prompt="none") == "consent_required"


def test_a_refresh_or_a_code_names_no_other_customer(served: Served) -> None:
    """Row 52."""
    person, tokens = allowed(served, "both", LASTING, customer="c-a")
    more = {"client_secret": SECRET}
    other = refresh(served, tokens["refresh_token"], "partner", customer="c-b", **more)
    assert refusal(other) == (400, "invalid_target")
    again = refresh(served, tokens["refresh_token"], "partner", customer="c-a", **more).json()
    assert parts_of(again["access_token"])[1]["customer"] == "c-a"
    verifier, challenge = pkce()
    asked = {"scope": UNITS, "code_challenge": challenge, "code_challenge_method": "S256", "customer": "c-a"}
    code = answer_of(person.authorize("partner", **asked).headers["location"])["code"]
    assert refusal(redeem(served, code, verifier, "partner", customer="c-b", **more)) == (400, "invalid_target")


def test_consent_of_one_person_is_not_the_next_ones(served: Served) -> None:
    """Row 52: at the same browser, and by the ticket that stood in the address."""
    person = Person(served)
    page = person.sign_in(person.authorize("partner", scope=UNITS, **CHALLENGE), "ann")
    form = {"ticket": hidden(page.text, "ticket"), "csrf": hidden(page.text, "csrf"), "decision": "allow"}
    onward = person.http.post("/interaction", data=form).headers["location"]
    assert "code" in answer_of(person.http.get(onward).headers["location"])
    again = person.sign_in(person.get("/sign-in"), "few")
    assert again.status_code == 200
    for reply in (person.http.get(onward), person.follow(person.http.post("/interaction", data=form))):
        assert (reply.status_code, "Few" in reply.text, 'value="allow"' in reply.text) == (200, True, True)
    assert outcome(person, prompt="none") == "consent_required"


def test_a_ticket_carried_on_allows_what_its_page_named(served: Served) -> None:
    """Row 52: the session's customer changed in another tab, and the form of one customer with the name of another."""
    person, second = Person(served), "c-b"
    asked = {"scope": UNITS, **CHALLENGE}
    page = person.sign_in(person.authorize("partner", **asked, customer="c-a"), "both")
    assert "Customer c-a" in page.text
    chooser = person.authorize("spa", scope="openid", prompt="select_account", **CHALLENGE)
    assert "code" in answer_of(person.submit("/interaction", chooser, customer=second).headers["location"])
    named = person.submit("/interaction", page, decision="allow", customer=second)
    assert (named.status_code, "Customer c-b" in named.text) == (200, True), "another customer is asked about again"
    person.submit("/interaction", page, decision="allow")
    assert outcome(person, prompt="none", customer="c-a") == "code"
    assert outcome(person, prompt="none", customer=second) == "consent_required"


def test_an_employee_is_asked_each_time(served: Served) -> None:
    """Row 52: no customer is opened to a third party by an earlier answer, nor silently, nor for longer than now."""
    person, tokens = allowed(served, "emil", LASTING, customer="c-a")
    assert "refresh_token" not in tokens
    assert "offline_access" not in tokens["scope"]
    for customer in ("c-a", "c-b"):
        assert outcome(person, prompt="none", customer=customer) == "consent_required"
        assert outcome(person, customer=customer) == "page"


def test_a_member_who_left_and_is_an_employee_refreshes_no_more(served: Served, clock: Clock) -> None:
    """Row 52."""

    async def join(tx: Writer) -> None:
        await add_user(tx, user("erna", A, "employee"))
        await put_membership(tx, Membership(UserId("u-erna"), A, "member", "all", NOW))

    async def leave(tx: Writer) -> None:
        await remove_membership(tx, UserId("u-erna"), A)

    change(served.database, join)
    person, tokens = allowed(served, "erna", LASTING)
    assert outcome(person, prompt="none") == "consent_required"
    again = refresh(served, tokens["refresh_token"], "partner", client_secret=SECRET)
    assert again.status_code == 200
    change(served.database, leave)
    clock.turn(5)
    refused = refresh(served, again.json()["refresh_token"], "partner", client_secret=SECRET)
    assert refusal(refused) == (400, "invalid_grant")


def test_consent_adds_up(served: Served) -> None:
    """Row 52: what was given stays when something else is given, and nobody is asked for it again."""
    person, _ = allowed(served, "ann", "openid profile units.read")
    page = person.authorize("partner", scope="openid email", **CHALLENGE)
    assert page.status_code == 200
    person.submit("/interaction", page, decision="allow")
    for scope in ("openid profile units.read", "openid email", "openid profile email units.read"):
        assert outcome(person, prompt="none", scope=scope) == "code"
    # To stay while they are away was never asked, for the units or without them.
    for scope in (LASTING, "openid offline_access"):
        assert outcome(person, prompt="none", scope=scope) == "consent_required"


def test_lasting_access_to_one_thing_is_none_to_another(served: Served) -> None:
    """Row 52: `offline_access` was given without an API."""
    person, _ = allowed(served, "ann", "openid offline_access")
    page = person.authorize("partner", scope=UNITS, **CHALLENGE)
    person.submit("/interaction", page, decision="allow")
    assert outcome(person, prompt="none", scope=LASTING) == "consent_required"


def test_consents_given_at_once_all_count(served: Served) -> None:
    """Row 52."""
    scopes = ["openid profile", "openid email", UNITS, "openid profile.read", "openid offline_access"]
    people = [Person(served) for _ in scopes]
    pages = [
        person.sign_in(person.authorize("partner", scope=scope, **CHALLENGE), "ann")
        for person, scope in zip(people, scopes, strict=True)
    ]
    at_once(len(scopes), lambda n: people[n].submit("/interaction", pages[n], decision="allow"))
    for scope in scopes:
        assert outcome(people[0], prompt="none", scope=scope) == "code"


def test_a_consent_page_for_somebody_without_a_place_any_more(served: Served) -> None:
    """Row 52: removed from the customer between the page and the answer."""
    person = Person(served)
    page = person.sign_in(person.authorize("partner", scope=UNITS, **CHALLENGE), "few")

    async def leave(tx: Writer) -> None:
        await remove_membership(tx, UserId("u-few"), A)

    change(served.database, leave)
    reply = person.submit("/interaction", page, decision="allow")
    assert answer_of(reply.headers["location"])["error"] == "access_denied"


def second_api(served: Served, *scopes: str, uri: str = "https://b.example/api") -> None:
    """As a database may hold it that was filled before such names were refused."""

    async def work(tx: Writer) -> None:
        rows = tuple(ApiScope(name, name) for name in scopes)
        await add_api(
            tx, Api(ApiId("a-second"), "Second", "https://b.example", uri, rows, 3600, "ES256", None, NOW + 1)
        )

    change(served.database, work)


@pytest.mark.parametrize("scope", ["units.read", "https://b.example/api/units.read", "https://b.example/api"])
def test_a_second_api_with_the_same_scope_name(served: Served, scope: str) -> None:
    """Row 57: neither an application nor an old consent opens it, by the name, its URI form or the resource."""
    person, _ = allowed(served, "ann")
    second_api(served, "units.read")
    short = scope == "units.read"
    for client_id in ("partner", "spa"):
        reply = person.authorize(client_id, scope=f"openid {scope}", prompt="none", **CHALLENGE)
        assert answer_of(reply.headers["location"]).get("error") == (None if short else "invalid_scope")
    reply = person.authorize("spa", scope="openid", resource="https://b.example", prompt="none", **CHALLENGE)
    assert answer_of(reply.headers["location"])["error"] == "invalid_target"
    form = {"grant_type": "client_credentials", "client_id": "daemon", "client_secret": SECRET}
    reply = post(served, **form, scope=scope)
    if short:
        assert parts_of(reply.json()["access_token"])[1]["aud"] == API_URI
    else:
        assert refusal(reply) == (400, "invalid_scope")
    assert refusal(post(served, **form, resource="https://b.example")) == (400, "invalid_target")


def test_disabling_the_first_api_gives_its_names_to_no_other(served: Served, clock: Clock) -> None:
    """Row 57: by a refresh, by client credentials."""
    _, tokens = allowed(served, "ann", LASTING)
    second_api(served, "units.read")

    async def disable(tx: Writer) -> None:
        await set_api_disabled(tx, ApiId("customer-api"), 1)

    change(served.database, disable)
    clock.turn(5)
    refreshed = refresh(served, tokens["refresh_token"], "partner", client_secret=SECRET)
    assert refusal(refreshed) == (400, "invalid_scope")
    form = {"grant_type": "client_credentials", "client_id": "daemon", "client_secret": SECRET}
    assert refusal(post(served, **form, scope="units.read")) == (400, "invalid_scope")


def test_the_uri_of_an_api_means_what_was_granted_then(served: Served, clock: Clock) -> None:
    """Row 57: the application is allowed more afterwards, which neither an old code nor an old family takes up."""

    async def narrow(tx: Writer) -> None:
        await put_client(tx, replace(PARTNER, scopes=("openid", "offline_access", "units.read")))

    async def widen(tx: Writer) -> None:
        await put_client(tx, PARTNER)

    change(served.database, narrow)
    whole = f"openid offline_access {API_URI}"
    person, tokens = allowed(served, "ann", whole)
    verifier, challenge = pkce()
    asked = {"scope": whole, "code_challenge": challenge, "code_challenge_method": "S256"}
    code = answer_of(person.authorize("partner", **asked).headers["location"])["code"]
    change(served.database, widen)
    clock.turn(5)
    more = {"client_secret": SECRET}
    for reply in (
        refresh(served, tokens["refresh_token"], "partner", **more),
        redeem(served, code, verifier, "partner", **more),
    ):
        assert parts_of(reply.json()["access_token"])[1]["scp"] == "units.read"
    newest = reply.json()["refresh_token"]
    wider = refresh(served, newest, "partner", scope=f"{API_URI}/profile.write", **more)
    assert refusal(wider) == (400, "invalid_scope")
    assert outcome(person, prompt="none", scope=whole) == "consent_required"


def raw(served: Served, statement: str) -> None:
    async def work(tx: Writer) -> None:
        await tx.run(Statement(lambda: text(statement), nothing), {})

    change(served.database, work)


def test_what_the_version_before_issued_needs_a_consent_that_is_kept(served: Served) -> None:
    """Row 52: its codes and families don't say what was granted, and may be for a customer that nobody was asked about."""
    person, kept = allowed(served, "ann", LASTING)
    other, lost = allowed(served, "both", LASTING, customer="c-b")
    own = Person(served).tokens("spa", "few", LASTING)["refresh_token"]
    codes = []
    for somebody in (person, other):
        verifier, challenge = pkce()
        asked = {"scope": UNITS, "code_challenge": challenge, "code_challenge_method": "S256"}
        reply = somebody.authorize("partner", **asked, customer="c-a" if somebody is person else "c-b")
        codes.append((answer_of(reply.headers["location"])["code"], verifier))
    raw(served, "UPDATE grants SET granted = NULL")
    raw(served, """UPDATE codes SET terms = replace(terms, '"granted"', '"unknown"')""")
    raw(served, "DELETE FROM consented_scopes WHERE user_id = 'u-both'")
    more = {"client_secret": SECRET}
    assert refresh(served, kept["refresh_token"], "partner", **more).status_code == 200
    assert refresh(served, own).status_code == 200
    assert refusal(refresh(served, lost["refresh_token"], "partner", **more)) == (400, "invalid_grant")
    assert redeem(served, *codes[0], "partner", **more).status_code == 200
    assert refusal(redeem(served, *codes[1], "partner", **more)) == (400, "invalid_grant")
