"""What is switched off stays off, and what is switched on for some is off for all others."""

import pytest

from tests.attacks.asking import CHALLENGE, bearer, parts_of, password, post, refusal
from tests.flows.browser import Person, answer_of
from tests.server import Served
from tests.world import API_URI, CALLBACK, PASSWORD, SECRET, TENANT, TENANT_NAME

B2C = f"/{TENANT_NAME}/B2C_1_ROPC/oauth2/v2.0"
TOKENS = {"access_token", "id_token", "refresh_token", "code"}


@pytest.mark.parametrize("path", ["/oauth2/token", f"{B2C}/token"])
def test_the_password_grant_switched_off(served: Served, path: str) -> None:
    """Row 45: the client may use the grant but no exception is in force, on either path; the right password changes nothing."""
    form = {"grant_type": "password", "client_id": "ropc-off", "username": "daemon-a", "password": PASSWORD}
    assert refusal(post(served, path, **form, scope=API_URI)) == (400, "unauthorized_client")


@pytest.mark.parametrize(
    "path",
    [
        f"/{TENANT_NAME}/B2C_1_SignIn/oauth2/v2.0/token",
        f"/tfp/{TENANT}/b2c_1_signin/oauth2/v2.0/token",
        f"/{TENANT_NAME}/oauth2/v2.0/token?p=B2C_1_SignIn",
        f"/{TENANT_NAME}/oauth2/v2.0/token",
    ],
)
def test_the_password_grant_at_another_policy(served: Served, path: str) -> None:
    """Row 45: the policy for signing in on pages takes no password, and counts none; where none is named, it is that one."""
    form = {"grant_type": "password", "client_id": "ropc", "username": "daemon-b", "scope": API_URI}
    for word in (PASSWORD, *(f"wrong-{number}" for number in range(12))):
        reply = post(served, path, **form, password=word)
        assert refusal(reply) == (400, "invalid_grant")
        assert "AADB2C90088" in reply.json()["error_description"]
    assert post(served, f"{B2C}/token", **form, password=PASSWORD).status_code == 200


@pytest.mark.parametrize("grant", ["urn:ietf:params:oauth:grant-type:device_code", "implicit", "evil", "PASSWORD"])
def test_a_grant_that_does_not_exist(served: Served, grant: str) -> None:
    """Row 45."""
    reply = post(served, grant_type=grant, client_id="ropc", username="daemon-a", password=PASSWORD)
    assert refusal(reply) == (400, "unsupported_grant_type")


@pytest.mark.parametrize("client_id", ["spa", "native", "partner"])
def test_client_credentials_switched_off(served: Served, client_id: str) -> None:
    """Row 45."""
    more = {"client_secret": SECRET} if client_id == "partner" else {}
    reply = post(served, grant_type="client_credentials", client_id=client_id, **more)
    assert refusal(reply) == (400, "unauthorized_client")


@pytest.mark.parametrize("client_id", ["daemon", "ropc"])
def test_the_code_flow_switched_off(served: Served, client_id: str) -> None:
    """Row 45."""
    reply = Person(served).authorize(client_id, scope="units.read", **CHALLENGE)
    assert answer_of(reply.headers["location"])["error"] == "unauthorized_client"


@pytest.mark.parametrize("name", ["ann", "emil"])
def test_no_person_by_password(served: Served, name: str) -> None:
    """Row 47: with the right password, under their user name and under their id, also an employee."""
    for username in (f"{name}@example.com", f"u-{name}"):
        assert refusal(password(served, username, scope=API_URI)) == (400, "invalid_grant")
    form = {"grant_type": "password", "client_id": "ropc", "username": f"{name}@example.com", "password": PASSWORD}
    assert refusal(post(served, f"{B2C}/token", **form, scope=API_URI)) == (400, "access_denied")


@pytest.mark.parametrize("client_id", ["spa", "web", "native", "partner", "daemon", "implicit"])
def test_no_password_grant_by_another_client(served: Served, client_id: str) -> None:
    """Row 47."""
    more = {"client_secret": SECRET} if client_id in {"web", "partner", "daemon"} else {}
    reply = password(served, "daemon-a", client_id=client_id, **more)
    assert refusal(reply) == (400, "unauthorized_client")


def refused(served: Served, client_id: str, **params: str) -> dict[str, str]:
    """The error in the fragment, with nobody asked to sign in and nothing issued."""
    reply = Person(served).authorize(client_id, **params)
    location = reply.headers["location"]
    assert location.startswith(f"{CALLBACK}#")
    answer = answer_of(location)
    assert not TOKENS & set(answer)
    return answer


@pytest.mark.parametrize("kind", ["token", "id_token", "id_token token"])
def test_no_token_in_a_query(served: Served, kind: str) -> None:
    """Row 48."""
    answer = refused(served, "implicit", response_type=kind, response_mode="query", scope="openid units.read")
    assert answer["error"] == "invalid_request"


@pytest.mark.parametrize("kind", ["id_token", "id_token token", "token id_token"])
def test_no_id_token_without_a_nonce(served: Served, kind: str) -> None:
    """Row 48."""
    answer = refused(served, "implicit", response_type=kind, nonce="", scope="openid units.read")
    assert answer["error"] == "invalid_request"


@pytest.mark.parametrize("client_id", ["spa", "web", "partner", "ropc", "daemon"])
@pytest.mark.parametrize("kind", ["token", "id_token", "id_token token"])
def test_no_implicit_flow_by_another_client(served: Served, client_id: str, kind: str) -> None:
    """Row 48."""
    answer = refused(served, client_id, response_type=kind, scope="openid units.read")
    assert answer["error"] == "unauthorized_client"


@pytest.mark.parametrize("kind", ["code token", "code id_token", "code id_token token", "none", "token token"])
def test_no_other_response_type(served: Served, kind: str) -> None:
    """Row 48."""
    reply = Person(served).authorize("implicit", response_type=kind, scope="openid units.read")
    answer = answer_of(reply.headers["location"])
    assert answer["error"] == "unsupported_response_type"
    assert not TOKENS & set(answer)


@pytest.mark.parametrize("mode", ["fragment", "form_post"])
def test_no_refresh_token_from_the_implicit_flow(served: Served, mode: str) -> None:
    """Row 48: even where offline_access was asked; the tokens themselves are good."""
    person = Person(served)
    asked = {"response_type": "id_token token", "scope": "openid offline_access units.read", "response_mode": mode}
    reply = person.sign_in(person.authorize("implicit", **asked), "ann")
    text = reply.headers["location"] if mode == "fragment" else reply.text
    assert "access_token" in text
    assert "refresh_token" not in text
    assert "offline_access" not in text
    if mode == "fragment":
        token = answer_of(text)["access_token"]
        assert bearer(served, token).status_code == 200
        assert "offline_access" not in str(parts_of(token)[1]["scope"])
