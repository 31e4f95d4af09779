"""More proof where an application or an API asks for it: acr_values, and the challenge of RFC 9470."""

import re

import httpx2

from hoistway.protocol.jwt import read_unverified
from hoistway.store.change_row import change_row
from tests.attacks.asking import bearer
from tests.factors import STEP, code_at, with_codes
from tests.flows.browser import Person, answer_of, hidden
from tests.flows.test_second_step import asked, claims_of
from tests.portal.house import House
from tests.server import change

MFA, STRONGEST = "urn:hoistway:acr:mfa", "phr"


def requires(house: House, **values: object) -> None:
    change(house.served.database, lambda tx: change_row(tx, "apis", "customer-api", values))
    house.clock.turn(5)


def confirmed(house: House, person: Person, page: httpx2.Response) -> httpx2.Response:
    assert page.url.path == "/sign-in/second", page.text
    house.clock.turn(STEP)
    return person.submit("/sign-in/second", page, code=code_at(house.clock.at))


def test_acr_values_ask_a_signed_in_person_for_the_second_factor(house: House) -> None:
    """With a remembered device, which spares the code at sign-in but proves nothing here."""
    with_codes(house.served.database, "ann")
    person = Person(house.served)
    page = person.sign_in(person.get("/sign-in"), "ann")
    person.submit("/sign-in/second", page, code=code_at(house.clock.at), remember="yes")
    del person.http.cookies["hoistway_session"]
    params, verifier = asked()
    identity, _access = claims_of(person, person.sign_in(person.authorize("spa", **params), "ann"), verifier)
    assert identity["acr"] == "urn:hoistway:acr:one"
    before, began = person.http.cookies["hoistway_session"], identity["auth_time"]
    silent = person.authorize("spa", **asked(acr_values=MFA, prompt="none")[0])
    answer = answer_of(silent.headers["location"])
    assert answer["error"] == "login_required"
    assert answer["error_description"].startswith("The person proved less than acr_values ask for")
    params, verifier = asked(acr_values=f"unknown {MFA}")
    identity, access = claims_of(person, confirmed(house, person, person.authorize("spa", **params)), verifier)
    assert (identity["acr"], identity["amr"]) == (MFA, ["pwd", "otp", "mfa"])
    # The password was not asked again, and the session is another.
    assert identity["auth_time"] == access["auth_time"] == began
    assert person.http.cookies["hoistway_session"] != before
    params, verifier = asked(acr_values=MFA, prompt="none")
    identity, _access = claims_of(person, person.authorize("spa", **params), verifier)
    assert identity["acr"] == MFA


def test_what_cannot_be_met_is_told_to_the_application(house: House) -> None:
    with_codes(house.served.database, "ann")
    person = Person(house.served)
    page = person.sign_in(person.get("/sign-in"), "ann")
    person.submit("/sign-in/second", page, code=code_at(house.clock.at))
    reply = person.authorize("spa", **asked(acr_values=STRONGEST)[0])
    assert answer_of(reply.headers["location"])["error"] == "unmet_authentication_requirements"


def test_who_has_none_adds_one_when_asked(house: House) -> None:
    person = Person(house.served)
    person.sign_in(person.get("/sign-in"), "ann")
    params, verifier = asked(acr_values=MFA)
    page = person.authorize("spa", **params)
    assert page.url.path == "/sign-in/enrol"
    secret = page.text.split('class="secret">')[1].split("<")[0].replace(" ", "")
    field = {"enrolment": hidden(page.text, "enrolment"), "code": code_at(house.clock.at, secret)}
    codes = person.submit("/sign-in/enrol", page, **field)
    onwards = re.search(r'href="(/interaction[^"]+)"', codes.text)
    assert onwards is not None
    identity, _access = claims_of(person, person.follow(person.http.get(onwards[1])), verifier)
    assert identity["acr"] == MFA


def test_an_api_that_asks_for_more_says_what(house: House) -> None:
    """RFC 9470 sections 3 to 5: the application sends what the challenge says, and the new token is accepted."""
    with_codes(house.served.database, "bob")
    person = Person(house.served)
    token = person.tokens("spa", "ann", "openid units.read")["access_token"]
    assert bearer(house.served, token).status_code == 200
    requires(house, acr=MFA, max_age=600)
    refused = bearer(house.served, token)
    assert refused.status_code == 401
    challenge = refused.headers["www-authenticate"]
    for part in ('error="insufficient_user_authentication"', f'acr_values="{MFA}"', 'max_age="600"'):
        assert part in challenge, challenge
    assert refused.json()["type"].endswith("#sign-in-insufficient")
    bob = Person(house.served)
    params, verifier = asked(acr_values=MFA, max_age="600")
    page = bob.sign_in(bob.authorize("spa", **params), "bob")
    form = {"grant_type": "authorization_code", "code_verifier": verifier, "client_id": "spa"}
    location = confirmed(house, bob, page).headers["location"]
    form |= {"code": answer_of(location)["code"], "redirect_uri": location.split("?")[0]}
    fresh = bob.http.post("/oauth2/token", data=form).json()["access_token"]
    assert bearer(house.served, fresh).status_code == 200
    house.clock.turn(601)
    late = bearer(house.served, fresh)
    assert late.status_code == 401
    assert "insufficient_user_authentication" in late.headers["www-authenticate"]


def test_a_program_is_asked_for_no_factor(house: House) -> None:
    requires(house, acr=STRONGEST, max_age=1)
    form = {"grant_type": "client_credentials", "client_id": "daemon", "scope": "units.read"}
    secret = {"client_secret": "s3cr3t-" + "x" * 40}
    token = httpx2.post(f"{house.served.url}/oauth2/token", data={**form, **secret}).json()["access_token"]
    house.clock.turn(2)
    assert bearer(house.served, token).status_code == 200


def test_a_refreshed_token_says_what_the_sign_in_proved(house: House) -> None:
    with_codes(house.served.database, "ann")
    person = Person(house.served)
    params, verifier = asked(scope="openid units.read offline_access")
    page = person.sign_in(person.authorize("spa", **params), "ann")
    reply = person.submit("/sign-in/second", page, code=code_at(house.clock.at))
    location = reply.headers["location"]
    form = {
        "grant_type": "authorization_code", "code_verifier": verifier, "client_id": "spa",
        "code": answer_of(location)["code"], "redirect_uri": location.split("?")[0],
    }  # fmt: skip
    tokens = person.http.post("/oauth2/token", data=form).json()
    again = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": "spa"}
    refreshed = person.http.post("/oauth2/token", data=again).json()
    asked_of = {"token": refreshed["access_token"], "client_id": "web", "client_secret": "s3cr3t-" + "x" * 40}
    assert person.http.post("/oauth2/introspect", data=asked_of).json() == {"active": False}
    inspected = person.http.get("/oauth2/userinfo", headers={"authorization": f"Bearer {refreshed['access_token']}"})
    assert "acr" not in inspected.json()
    for name in ("id_token", "access_token"):
        claims = read_unverified(refreshed[name])[1]
        assert (claims["acr"], claims["amr"]) == (MFA, ["pwd", "otp", "mfa"])
