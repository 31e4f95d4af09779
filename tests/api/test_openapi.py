"""The description is valid, and complete: each operation has examples, errors and security."""

import re
from typing import Any

import msgspec
import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from hoistway.api.openapi import SCOPES, document
from hoistway.api.units import unit_body
from hoistway.protocol.ids import SiteId, UnitId
from hoistway.routes import ROUTES
from hoistway.store.floors import Floor, write_floors
from hoistway.store.seen import SeenUnit
from tests.api.requests import BASE

DOCUMENT: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document(BASE)))
OPERATIONS = [(path, method, item) for path, methods in DOCUMENT["paths"].items() for method, item in methods.items()]


def test_it_is_valid() -> None:
    validate(DOCUMENT)


def test_it_describes_every_route() -> None:
    routes = {(r.path, m.lower()) for r in ROUTES if r.path.startswith("/api/v1/") for m in r.methods}
    assert {(path, method) for path, method, _ in OPERATIONS} == routes


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_an_operation_is_complete(path: str, method: str, operation: dict[str, Any]) -> None:
    named = {p["$ref"].rpartition("/")[2] for p in operation["parameters"]}
    assert set(re.findall(r"\{(\w+)\}", path)) <= named
    if operation["security"]:
        assert {"400", "401", "503"} <= set(operation["responses"])
        assert all(scope in SCOPES for way in operation["security"] for scopes in way.values() for scope in scopes)
        counted = operation["operationId"] != "readLimits"
        assert [code in operation["responses"] for code in ("403", "429")] == [counted, counted]
        ways = [set(way) for way in operation["security"]]
        assert {"bearer"} in ways
        assert {"bearer", "subscriptionKey"} in ways
        assert {"bearer", "subscriptionKeyInQuery"} in ways
    content = operation["responses"]["200"]["content"]["application/json"]
    check(content["schema"], content["example"])


def check(schema: dict[str, Any], instance: object) -> None:
    OAS31Validator({**schema, "components": DOCUMENT["components"]}).validate(instance)


def test_examples_hold_every_member() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        for example in schema.get("examples", ()):
            check({"$ref": f"#/components/schemas/{name}"}, example)
            assert set(example) == set(schema["properties"])


def test_a_real_unit_is_as_described() -> None:
    unit = SeenUnit(
        UnitId("US-1"), "elevator", None, None, None, None, None, None, None, write_floors([Floor("0", "G", 0)]), 0, "owner",
        None, SiteId("s-1"), "House", "Street 1", "1", "Town", "DE",
    )  # fmt: skip
    body = msgspec.json.decode(msgspec.json.encode(unit_body(unit)))
    check({"$ref": "#/components/schemas/Unit"}, body)
    assert set(body) == set(DOCUMENT["components"]["schemas"]["Unit"]["properties"])
    assert body["lastUpdate"] == "1970-01-01T00:00:00Z"
