"""The schemas of the OpenAPI document, made from the structs that are encoded (https://spec.openapis.org/oas/v3.1.1#schema-object)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from hoistway.api.bodies import EVERY, REFERENCE

Json = dict[str, Any]


def _plain(schema: Json) -> Json:
    """As people would write it: `type: [string, null]` for a choice of two types, values of texts listed, no titles."""
    made = {name: value for name, value in schema.items() if name not in {"title", "examples"}}
    kinds = made.get("anyOf", [])
    if len(kinds) == 2 and kinds[1] == {"type": "null"} and "$ref" not in kinds[0]:
        kind = _plain(kinds[0])
        del made["anyOf"]
        if "enum" in kind:
            kind["enum"] = [*kind["enum"], None]
        made |= {**kind, "type": [kind["type"], "null"]}
    if "enum" in made and "type" not in made:
        made["type"] = "string"
    if "items" in made:
        made["items"] = _plain(made["items"])
    if "properties" in made:
        made["properties"] = {name: _plain(member) for name, member in made["properties"].items()}
    return made


def _name_of(reference: str) -> str:
    return reference.removeprefix(REFERENCE.format(name=""))


def _example(schema: Json, schemas: Mapping[str, Json]) -> Any:
    """Composed of the members' examples."""
    if "examples" in schema:
        return schema["examples"][0]
    if "$ref" in schema:
        return _example(schemas[_name_of(schema["$ref"])], schemas)
    if "anyOf" in schema:
        return _example(schema["anyOf"][0], schemas)
    if "items" in schema:
        return [_example(schema["items"], schemas)]
    return {name: _example(member, schemas) for name, member in schema["properties"].items()}


def describe(every: Sequence[type[Struct]], shown: Collection[str]) -> tuple[Json, Json]:
    """The schemas of the structs, and an example of each of those that are `shown`, by their names."""
    _, made = msgspec.json.schema_components(every, ref_template=REFERENCE)
    examples = {name: _example(made[name], made) for name in shown}
    schemas = {
        struct.__name__: {name: value for name, value in _plain(made[struct.__name__]).items() if name != "description"}
        | ({"examples": [examples[struct.__name__]]} if struct.__name__ in examples else {})
        for struct in every
    }
    return schemas, examples


SCHEMAS, EXAMPLES = describe(
    EVERY,
    (
        "Unit",
        "UnitPage",
        "UnitChanges",
        "Address",
        "Site",
        "SitePage",
        "Me",
        "User",
        "Profile",
        "Limits",
        "Problem",
        "Turned",
    ),
)
