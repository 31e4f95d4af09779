"""Which program of which tenant a request is of, and what of it goes to the other side."""

import pytest
from ruamel.yaml import YAML

from hoistway.replay.recorded import Skipped
from hoistway.replay.settings import BadSettings
from hoistway.shadow.asked import Asked, whose
from hoistway.shadow.pairs import MOST, Pairs
from hoistway.shadow.settings import EXAMPLE, Rules, read_rules
from tests.replay.test_comparing import jwt

FORM = ("content-type", "application/x-www-form-urlencoded")
GUID = "8f8831b4-2b47-4d91-9bca-85caa5517b1c"


def post(
    body: str, *headers: tuple[str, str], target: str = "/contoso.onmicrosoft.com/B2C_1_ROPC/oauth2/v2.0/token"
) -> Asked:
    return Asked("POST", target, (FORM, *headers), body.encode(), 1)


@pytest.mark.parametrize(
    ("asked", "application", "tenants"),
    [
        (post("client_id=a&grant_type=password"), "a", {"contoso.onmicrosoft.com"}),
        (post("grant_type=password", target=f"/tfp/{GUID}/B2C_1_ROPC/oauth2/v2.0/token"), None, {GUID}),
        (post("", ("authorization", "Basic YTpi"), target="/oauth2/token"), "a", set()),
        (post("", ("authorization", "Basic %%%"), target="/oauth2/token"), None, set()),
        (Asked("GET", f"/api/v1/units/{GUID}/state", (), b"", 1), None, set()),
        (
            Asked("GET", "/api/v1/units", (("authorization", f"Bearer {jwt({'iss': '', 'azp': 'a', 'tid': GUID})}"),), b"", 1),
            "a",
            {GUID},
        ),
        (
            Asked("GET", "/api/v1/units", (("authorization", f"Bearer {jwt({'iss': f'https://x/{GUID}/v2.0/'})}"),), b"", 1),
            None,
            {GUID},
        ),
        (Asked("GET", "/api/v1/units", (("authorization", "Bearer nonsense"),), b"", 1), None, set()),
        (Asked("GET", "/Contoso.onmicrosoft.com/B2C_1_SI/oauth2/v2.0/authorize?client_id=a", (), b"", 1), "a",
         {"contoso.onmicrosoft.com"}),
    ],
)  # fmt: skip
def test_program_and_tenant(asked: Asked, application: str | None, tenants: set[str]) -> None:
    found = whose(asked)
    assert (found.application, set(found.tenants)) == (application, tenants)


def test_tokens_are_exchanged_for_those_of_the_other_side() -> None:
    pairs = Pairs()
    pairs.learn(
        {"access_token": "A", "refresh_token": "R", "id_token": "I"}, {"access_token": "a", "refresh_token": "r+/"}
    )
    headers, body = pairs.carried(post("grant_type=refresh_token&refresh_token=R&x=%2b", ("authorization", "Bearer A")))
    assert body == b"grant_type=refresh_token&refresh_token=r%2B%2F&x=%2b"
    assert dict(headers)["authorization"] == "Bearer a"
    with pytest.raises(Skipped, match="other side gave none"):
        pairs.carried(post("refresh_token=Q"))
    with pytest.raises(Skipped, match="a code counts"):
        pairs.carried(post("grant_type=authorization_code&code=c"))


def test_cookies_and_what_a_proxy_said_stay_here() -> None:
    headers, _ = Pairs().carried(
        post("", ("cookie", "a=b"), ("x-forwarded-for", "192.0.2.1"), ("x-real-ip", "192.0.2.1"))
    )
    assert dict(headers) == dict([FORM])


def test_pairs_are_bounded() -> None:
    pairs = Pairs()
    for number in range(MOST + 10):
        pairs.learn({"code": str(number)}, {"code": "x"})
    assert len(pairs) == MOST
    assert pairs.other("0") is None
    assert pairs.other(str(MOST + 9)) == "x"


def test_the_example_is_a_file_of_rules() -> None:
    rules = read_rules(YAML(typ="safe").load(EXAMPLE))
    assert rules.switched.tenants == {"contoso.onmicrosoft.com"}
    assert rules.renamed("/production/api/v1/units?a=b") == "/api/v1/units?a=b"


@pytest.mark.parametrize("wrong", [{"switch": {}}, {"paths": {"a": "/b"}}, {"switched": {"tenants": "x"}}, [1]])
def test_other_rules_are_refused(wrong: object) -> None:
    with pytest.raises(BadSettings):
        read_rules(wrong)


def test_no_file_is_no_rule() -> None:
    assert read_rules(None) == Rules()
