"""Holds an answer against the OpenAPI document that the server itself hands out."""

from collections.abc import Mapping
from typing import Any

import httpx2
from openapi_schema_validator import OAS31Validator, oas31_format_checker

Json = dict[str, Any]


def closed(part: Any) -> Any:
    """The same schema, but a member that it does not name is wrong."""
    if isinstance(part, list):
        return [closed(one) for one in part]
    if not isinstance(part, dict):
        return part
    made = {name: closed(value) for name, value in part.items()}
    return {**made, "additionalProperties": False} if "properties" in part else made


class Described:
    """The document of one server."""

    def __init__(self, url: str) -> None:
        self.http = httpx2.Client(base_url=url, timeout=30)
        self.document: Json = self.http.get("/api/v1/openapi.json").json()
        self.components = {**self.document["components"], "schemas": closed(self.document["components"]["schemas"])}
        self.seen: set[tuple[str, str]] = set()
        """(operationId, status) of what was held against it."""

    def resolve(self, part: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in part:
            kind, name = part["$ref"].split("/")[-2:]
            part = self.document["components"][kind][name]
        return part

    def ask(
        self, operation: str, headers: Mapping[str, str], method: str = "get", *, status: int = 200,
        content: bytes | None = None, path: Mapping[str, str] | None = None, query: Mapping[str, str] | None = None,
    ) -> httpx2.Response:  # fmt: skip
        """`operation` is a path of the document; its parameters stand in `path`, percent-encoded already."""
        address = operation.format(**(path or {}))
        reply = self.http.request(method, address, params=query, headers=headers, content=content)
        assert reply.status_code == status, f"{method} {address}: {reply.status_code} {reply.text}"
        self.check(self.document["paths"][operation][method], reply)
        return reply

    def check(self, operation: Json, reply: httpx2.Response) -> None:
        where = f"{operation['operationId']} {reply.status_code}: {reply.text[:500]}"
        self.seen.add((operation["operationId"], str(reply.status_code)))
        assert str(reply.status_code) in operation["responses"], where
        described = self.resolve(operation["responses"][str(reply.status_code)])
        for name in described.get("headers", {}):
            if name == "X-Correlation-Id":
                assert reply.headers[name], where
        if "content" not in described:
            assert reply.content == b"", where
            return
        kind = reply.headers["content-type"]
        assert kind in described["content"], where
        schema = {**described["content"][kind]["schema"], "components": self.components}
        OAS31Validator(schema, format_checker=oas31_format_checker).validate(reply.json())
