"""HEAD is answered as GET is, without the body (https://www.rfc-editor.org/rfc/rfc9110#section-9.3.2)."""

import pytest

from hoistway.routes import ROUTES
from tests.attacks.asking import daemon_token
from tests.flows.browser import Person
from tests.server import Served
from tests.world import TENANT_NAME

B2C = f"/{TENANT_NAME}/B2C_1_SignIn"
NAMES = {
    "{name}": "first-token", "{unit_id}": "US-c-a-11", "{user_id}": "u-ann", "{client_id}": "spa", "{operation}": "listUnits",
    "{word}": "users", "{id}": "x", "{request_id}": "x",
}  # fmt: skip
# What tells the present, or differs with each request.
VARIES = {"date", "x-correlation-id", "set-cookie", "ratelimit", "content-security-policy", "etag"}


def paths() -> list[tuple[str, str]]:
    """(address, surface) of everything that GET is for."""
    found = [(f"{B2C}/v2.0/.well-known/openid-configuration", "oauth"), (f"{B2C}/discovery/v2.0/keys", "oauth")]
    for route in ROUTES:
        if "GET" in route.methods:
            path = route.path
            for name, value in NAMES.items():
                path = path.replace(name, value)
            found.append((path, route.surface))
    return found


@pytest.fixture(scope="module")
def person(served: Served) -> Person:
    person = Person(served)
    person.code("spa", "ann")
    return person


@pytest.mark.parametrize(("path", "surface"), paths())
def test_head_says_what_get_says(served: Served, person: Person, path: str, surface: str) -> None:
    headers = {"authorization": f"Bearer {daemon_token(served)}"} if surface == "api" else {}
    got = person.http.get(path, headers=headers)
    said = person.http.head(path, headers=headers)
    assert said.content == b""
    assert said.status_code == got.status_code
    kept = [{name: value for name, value in reply.headers.items() if name not in VARIES} for reply in (said, got)]
    assert kept[0] == kept[1]
