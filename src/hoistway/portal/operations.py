"""The operations of the Customer API as forms, made from its OpenAPI document (https://spec.openapis.org/oas/v3.1.1#operation-object)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from hoistway.api.openapi import document

METHODS = ("get", "post", "put", "patch", "delete")
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter. `place` is path, query or header; `value` is what the form begins with."""

    name: str
    place: str
    required: bool
    description: str
    kind: str
    options: tuple[str, ...] = ()
    example: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """`scopes` are those that a token needs, `body` an example of what it takes, `media_types` how that may be sent."""

    id: str
    method: str
    path: str
    summary: str
    tag: str
    needs_token: bool
    scopes: tuple[str, ...]
    fields: tuple[Field, ...]
    body: str | None = None
    media_types: tuple[str, ...] = ()

    def filled(self, values: Mapping[str, str]) -> "Operation":
        """The same with the reader's own values by the names of its parameters."""
        fields = tuple(replace(field, value=values.get(field.name, field.value)) for field in self.fields)
        return replace(self, fields=fields)


def _field(described: Json) -> Field:
    schema = described.get("schema", {})
    example = described.get("example", schema.get("example", ""))
    return Field(
        name=described["name"],
        place=described["in"],
        required=bool(described.get("required")),
        description=described.get("description", ""),
        kind="number" if schema.get("type") == "integer" else "text",
        options=tuple(str(value) for value in schema.get("enum", ())),
        example=str(example),
    )


def _operation(path: str, method: str, described: Json, parameters: Json) -> Operation:
    named = [parameters[one["$ref"].rpartition("/")[2]] if "$ref" in one else one for one in described["parameters"]]
    content: Json = described.get("requestBody", {}).get("content", {})
    example = next((kind["example"] for kind in content.values() if "example" in kind), None)
    security = [needs["oauth2"] for needs in described.get("security", ()) if "oauth2" in needs]
    return Operation(
        id=described["operationId"],
        method=method.upper(),
        path=path,
        summary=described["summary"],
        tag=described["tags"][0],
        needs_token=bool(described.get("security")),
        scopes=tuple(security[0]) if security else (),
        fields=tuple(_field(one) for one in named),
        body=None if not content else msgspec.json.format(msgspec.json.encode(example), indent=2).decode(),
        media_types=tuple(content),
    )


def read_operations(described: Json) -> dict[str, Operation]:
    """By their operationId, in the order of the document."""
    parameters = described["components"].get("parameters", {})
    found = [
        _operation(path, method, operation, parameters)
        for path, item in described["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]
    return {operation.id: operation for operation in found}


OPERATIONS = read_operations(document(""))
