"""Schemathesis: requests made up from the description, good and bad, and every answer held against it."""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import ignored_auth

from hoistway.api.openapi import document
from tests.api.requests import BASE
from tests.flows.browser import Person
from tests.server import Served

SCHEMA = schemathesis.openapi.from_dict(document(BASE))
SCOPE = "openid units.read profile.read profile.write"
TOKENS: dict[str, str] = {}


@SCHEMA.hook("filter_query")
def without_made_up_cursors(context: object, query: dict[str, object] | None) -> bool:
    """Cursors are opaque: one that fits its pattern is refused all the same, and tests of paging and of changes see to those."""
    return not any((query or {}).get(name) for name in ("cursor", "since"))


def token_of(served: Served) -> str:
    """Got once a server."""
    if served.database not in TOKENS:
        TOKENS[served.database] = Person(served).tokens("spa", "ann", SCOPE)["access_token"]
    return TOKENS[served.database]


@SCHEMA.parametrize()
@settings(max_examples=25, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
def test_answers_are_as_described(case: "schemathesis.Case[Any]", served: Served) -> None:
    """Its check of authentication would need the token before there is a server, so the same is asked here."""
    headers = {"authorization": f"Bearer {token_of(served)}"}
    case.call_and_validate(base_url=served.url, headers=headers, excluded_checks=[ignored_auth])
    if case.operation.definition.raw["security"] and case.method.upper() == case.operation.method.upper():
        assert case.call(base_url=served.url).status_code in {400, 401}
