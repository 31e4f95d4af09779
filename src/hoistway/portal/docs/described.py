"""The operations of the API as its reference shows them, made from the OpenAPI document
(https://spec.openapis.org/oas/v3.1.1#operation-object).
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import msgspec
from msgspec import Struct

from hoistway.api.openapi import document
from hoistway.api.problems import TYPES
from hoistway.portal.docs.call import Call
from hoistway.portal.docs.samples import BEARER

Json = Mapping[str, Any]
METHODS: Final = ("get", "post", "put", "patch", "delete")
# The facts of a schema that are shown beside its type, in this order.
_RULES: Final = ("format", "default", "minimum", "maximum", "minLength", "maxLength")

_TURNED: Final = {"401": ("key-missing", "key-refused"), "403": ("quota-exceeded",), "429": ("rate-exceeded",)}


class Member(Struct, frozen=True):
    """A parameter, a header or a member of a body. `type` has the form `string | null` or `array of object`."""

    name: str
    type: str
    description: str
    required: bool
    place: str = ""
    values: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    example: str | None = None
    members: tuple["Member", ...] = ()


class Answer(Struct, frozen=True):
    """`problems` are the types of problems that a refusal can have; `example` is formatted JSON."""

    status: str
    description: str
    media_type: str
    headers: tuple[Member, ...]
    members: tuple[Member, ...]
    example: str | None
    problems: tuple[str, ...]


class Refusal(Struct, frozen=True):
    """A kind of problem that an operation can answer; `problem` is its anchor in the guide on errors."""

    status: str
    problem: str
    meaning: str


class Operation(Struct, frozen=True):
    """`scopes` are those that the token needs; `token` is False where none is needed."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    tag: str
    token: bool
    scopes: tuple[str, ...]
    parameters: tuple[Member, ...]
    body: tuple[Member, ...]
    body_description: str
    body_example: str | None
    answers: tuple[Answer, ...]
    call: Call

    @property
    def href(self) -> str:
        return f"/portal/reference/{self.id}"

    @property
    def done(self) -> Answer:
        return next(answer for answer in self.answers if answer.status.startswith("2"))

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        return tuple(
            Refusal(answer.status, problem, TYPES.get(problem, answer.description))
            for answer in self.answers
            for problem in answer.problems
        )


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _problems(status: str, bodies: Json) -> Iterator[str]:
    """The types that an answer may have, taken from its examples: a problem names its type, while a refusal in the
    format of API Management only has its status."""
    for body in bodies.values():
        example = body.get("example")
        if isinstance(example, dict) and "statusCode" in example:
            yield from (slug for slug in _TURNED.get(status, ()) if slug in TYPES)
        elif isinstance(example, dict) and "#" in str(example.get("type", "")):
            yield example["type"].rpartition("#")[2]


class _Reader:
    """Resolves references within one document."""

    def __init__(self, described: Json) -> None:
        self._described = described

    def resolve(self, part: Json) -> Json:
        while "$ref" in part:
            found: Any = self._described
            for step in part["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            part = found
        # An object or null.
        kinds = [kind for kind in part.get("anyOf", ()) if kind != {"type": "null"}]
        if len(kinds) == 1:
            one = self.resolve(kinds[0])
            return {**one, **part, "type": [one["type"], "null"]}
        return part

    def type_of(self, schema: Json) -> str:
        schema = self.resolve(schema)
        kind = schema.get("type", "any")
        names = [kind] if isinstance(kind, str) else list(kind)
        if "array" in names:
            names[names.index("array")] = f"array of {self.type_of(schema.get('items', {}))}"
        return " | ".join(names)

    def member(self, name: str, schema: Json, required: bool, **more: Any) -> Member:
        schema = self.resolve(schema)
        examples = schema.get("examples", ())
        example = more.pop("example", None) or (examples[0] if examples and "properties" not in schema else None)
        return Member(
            name,
            self.type_of(schema),
            more.pop("description", None) or schema.get("description", ""),
            required,
            values=tuple(str(value) for value in schema.get("enum", ())),
            rules=tuple(f"{rule}: {schema[rule]}" for rule in _RULES if rule in schema),
            example=None if example is None else str(example),
            members=self.members(schema),
            **more,
        )

    def members(self, schema: Json) -> tuple[Member, ...]:
        """Those of an object, or of the objects in an array."""
        schema = self.resolve(schema)
        if "items" in schema:
            return self.members(schema["items"])
        required = schema.get("required", ())
        return tuple(self.member(n, s, n in required) for n, s in schema.get("properties", {}).items())

    def parameter(self, part: Json) -> Member:
        part = self.resolve(part)
        given = {"place": part["in"], "description": part.get("description"), "example": part.get("example")}
        return self.member(part["name"], part["schema"], bool(part.get("required")), **given)

    def answer(self, status: str, part: Json) -> Answer:
        part = self.resolve(part)
        headers = {name: self.resolve(header) for name, header in part.get("headers", {}).items()}
        bodies: Json = part.get("content", {})
        media_type = next(iter(bodies), "")
        content: Json = bodies.get(media_type, {})
        example = content.get("example")
        return Answer(
            status,
            part.get("description", ""),
            media_type,
            tuple(self.member(n, h["schema"], False, description=h.get("description")) for n, h in headers.items()),
            self.members(content.get("schema", {})),
            None if example is None else _json(example),
            tuple(_problems(status, bodies)),
        )

    def operation(self, path: str, method: str, part: Json) -> Operation:
        parameters = tuple(self.parameter(one) for one in part.get("parameters", ()))
        body = self.resolve(part.get("requestBody", {}))
        bodies: Json = body.get("content", {})
        content: Json = next(iter(bodies.values()), {})
        scopes = {scope for way in part.get("security", ()) for names in way.values() for scope in names}
        example = content.get("example")
        return Operation(
            id=part["operationId"],
            method=method.upper(),
            path=path,
            summary=part["summary"],
            description=part.get("description", ""),
            tag=part["tags"][0],
            token=bool(part.get("security")),
            scopes=tuple(sorted(scopes)),
            parameters=parameters,
            body=self.members(content.get("schema", {})),
            body_description=body.get("description", ""),
            body_example=None if example is None else _json(example),
            answers=tuple(self.answer(status, one) for status, one in part["responses"].items()),
            call=_call(path, method, parameters, token=bool(part.get("security")), example=example),
        )

    def operations(self) -> Iterator[Operation]:
        for path, item in self._described["paths"].items():
            for method in METHODS:
                if method in item:
                    yield self.operation(path, method, item[method])


def _call(path: str, method: str, parameters: tuple[Member, ...], *, token: bool, example: object) -> Call:
    """The smallest call with a useful answer: the required parameters, and a short page."""
    for parameter in parameters:
        if parameter.place == "path":
            path = path.replace(f"{{{parameter.name}}}", f"{{{{{parameter.name}}}}}")
    query = [
        (p.name, p.example or "20") for p in parameters if p.place == "query" and (p.required or p.name == "limit")
    ]
    body = None if example is None else msgspec.json.encode(example).decode()
    return Call(method.upper(), "{{base_url}}" + path, tuple(query), BEARER if token else (), json=body)


@cache
def operations() -> dict[str, Operation]:
    """By operationId, in the order of the document."""
    return {found.id: found for found in _Reader(document("https://id.example.com")).operations()}
