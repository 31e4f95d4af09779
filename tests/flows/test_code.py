"""Code and PKCE from the sign-in page to the units."""

from tests.flows.browser import Person, answer_of
from tests.server import Served
from tests.world import API_URI, CALLBACK


def test_a_person_signs_in_and_reads_the_units_of_their_customer(served: Served) -> None:
    person = Person(served)
    tokens = person.tokens("spa", "ann", "openid profile offline_access units.read profile.read")
    assert tokens["token_type"] == "Bearer"
    assert tokens["scope"] == "openid profile offline_access units.read profile.read"
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    units = person.http.get("/api/v1/units", headers=bearer).json()["items"]
    assert len(units) == 10
    assert {unit["unitId"][:6] for unit in units} == {"US-c-a"}
    me = person.http.get("/api/v1/me", headers=bearer).json()
    assert me["customer"] == {"id": "c-a", "name": "Customer c-a"}
    assert me["unit_count"] == 10
    info = person.http.get("/oauth2/userinfo", headers=bearer).json()
    assert info["sub"] == "u-ann"
    assert person.http.get("/api/v1/users/u-ann", headers=bearer).json()["name"] == "Ann"
    assert person.http.get("/api/v1/users/u-bob", headers=bearer).status_code == 404


def test_the_second_request_needs_no_password(served: Served) -> None:
    person = Person(served)
    person.code("spa", "ann")
    code, _ = person.code("spa", "nobody", prompt="none")
    assert code


def test_prompt_none_without_a_session(served: Served) -> None:
    reply = Person(served).authorize(
        "spa", scope="openid", prompt="none", code_challenge="x" * 43, code_challenge_method="S256"
    )
    answer = answer_of(reply.headers["location"])
    assert reply.headers["location"].startswith(CALLBACK)
    assert answer["error"] == "login_required"
    assert answer["iss"] == served.url
    assert answer["state"] == "st"


def test_refresh_rotates_and_repeats_inside_the_grace_window(served: Served) -> None:
    person = Person(served)
    first = person.tokens("spa", "ann", f"openid offline_access {API_URI}")["refresh_token"]
    form = {"grant_type": "refresh_token", "client_id": "spa", "refresh_token": first}
    second = person.http.post("/oauth2/token", data=form).json()
    again = person.http.post("/oauth2/token", data=form).json()
    assert second["refresh_token"] == again["refresh_token"] != first
    third = person.http.post("/oauth2/token", data={**form, "refresh_token": second["refresh_token"]})
    assert third.status_code == 200
    replay = person.http.post("/oauth2/token", data=form)
    assert replay.status_code == 400
    assert replay.json()["error"] == "invalid_grant"
    assert (
        person.http.post("/oauth2/token", data={**form, "refresh_token": third.json()["refresh_token"]}).status_code
        == 400
    )


def test_a_limited_member_sees_one_site(served: Served) -> None:
    person = Person(served)
    token = person.tokens("spa", "few")["access_token"]
    units = person.http.get("/api/v1/units", headers={"authorization": f"Bearer {token}"}).json()["items"]
    assert {unit["site"]["siteId"] for unit in units} == {"c-a-s1"}
    hidden = person.http.get("/api/v1/units/US-c-a-21", headers={"authorization": f"Bearer {token}"})
    assert hidden.status_code == 404


def test_with_two_memberships_the_person_chooses(served: Served) -> None:
    person = Person(served)
    challenge = {"code_challenge": "x" * 43, "code_challenge_method": "S256"}
    page = person.sign_in(person.authorize("spa", scope="openid units.read", **challenge), "both")
    assert page.status_code == 200
    reply = person.submit("/interaction", page, customer="c-b")
    assert "code" in answer_of(reply.headers["location"])
    assert person.tokens("spa", "both", customer="c-a")
    refused = person.submit("/interaction", page, customer="c-none")
    assert refused.status_code == 200


def test_a_third_party_needs_consent(served: Served) -> None:
    person = Person(served)
    challenge = {"code_challenge": "x" * 43, "code_challenge_method": "S256"}
    page = person.sign_in(person.authorize("partner", scope="openid units.read", **challenge), "ann")
    denied = person.submit("/interaction", page, decision="deny")
    assert answer_of(denied.headers["location"])["error"] == "access_denied"
    allowed = person.submit("/interaction", page, decision="allow")
    assert "code" in answer_of(allowed.headers["location"])
    silent = person.authorize("partner", scope="openid units.read", prompt="none", **challenge)
    assert "code" in answer_of(silent.headers["location"])


def test_an_employee_acts_for_a_customer_and_the_token_says_so(served: Served) -> None:
    person = Person(served)
    token = person.tokens("spa", "emil", customer="c-b")["access_token"]
    me = person.http.get("/api/v1/me", headers={"authorization": f"Bearer {token}"}).json()
    assert me["acting"] is True
    assert me["customer"]["id"] == "c-b"


def test_signing_out_ends_the_session(served: Served) -> None:
    person = Person(served)
    tokens = person.tokens("spa", "ann")
    hint = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": "http://127.0.0.1:8499/", "state": "bye"}
    reply = person.http.get("/oauth2/logout", params=hint)
    assert reply.headers["location"] == "http://127.0.0.1:8499/?state=bye"
    silent = person.authorize(
        "spa", scope="openid", prompt="none", code_challenge="x" * 43, code_challenge_method="S256"
    )
    assert answer_of(silent.headers["location"])["error"] == "login_required"
