"""A program of the operator that uses the management API; every answer is held against the document of that server."""

from typing import Any

import httpx2
from openapi_schema_validator import OAS31Validator, oas31_format_checker

from hoistway.applications.granting import origins_of
from hoistway.authn.client import secret_digest
from hoistway.protocol.ids import ClientId
from hoistway.protocol.manage_scopes import SCOPES
from hoistway.store.client_secrets import ClientSecret, add_secret
from hoistway.store.clients import Client, add_client
from hoistway.store.db import Writer
from tests.api.answers import closed
from tests.server import Served, change
from tests.world import NOW, SECRET

NAME = "manager"


def daemon(name: str = NAME, **changes: Any) -> Client:
    values: dict[str, Any] = {
        "grants": ("client_credentials",), "scopes": tuple(SCOPES), "consent": "implied", "created_at": NOW, **changes,
    }  # fmt: skip
    return Client(ClientId(name), name.title(), "daemon", **values)


def hire(database: str, *clients: Client) -> None:
    """Applications with the secret SECRET, whatever the rules say."""

    async def work(tx: Writer) -> None:
        for one in clients:
            await add_client(tx, one, origins_of(one))
            await add_secret(tx, ClientSecret(f"{one.id}-secret", one.id, secret_digest(SECRET), SECRET[:8], NOW))

    change(database, work)


def asked(served: Served, name: str = NAME, **form: str) -> httpx2.Response:
    data = {"grant_type": "client_credentials", "client_id": name, "client_secret": SECRET, **form}
    return httpx2.post(f"{served.url}/oauth2/token", data=data, timeout=30)


class Program:
    def __init__(self, served: Served, name: str = NAME, **form: str) -> None:
        token = asked(served, name, **form).json()["access_token"]
        self.http = httpx2.Client(base_url=served.url, timeout=30, headers={"authorization": f"Bearer {token}"})
        self.document: dict[str, Any] = self.http.get("/manage/v1/openapi.json").json()
        self.components = {**self.document["components"], "schemas": closed(self.document["components"]["schemas"])}
        self.seen: set[tuple[str, str]] = set()
        """(operationId, status) of what was held against the document."""

    def ask(self, method: str, path: str, status: int = 200, body: Any = None, **headers: str) -> httpx2.Response:
        """`headers` such as if_match="…" become If-Match."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            named.setdefault("content-type", "application/json")
        content = body if isinstance(body, bytes) else None
        reply = self.http.request(
            method, f"/manage/v1{path}", headers=named, content=content, json=None if content is not None else body
        )
        assert reply.status_code == status, f"{method} {path}: {reply.status_code} {reply.text}"
        self._check(method.lower(), f"/manage/v1{path}".partition("?")[0], reply)
        return reply

    def _check(self, method: str, path: str, reply: httpx2.Response) -> None:
        template = next(one for one in self.document["paths"] if _fits(one, path))
        operation = self.document["paths"][template][method]
        where = f"{operation['operationId']} {reply.status_code}: {reply.text[:500]}"
        self.seen.add((operation["operationId"], str(reply.status_code)))
        assert str(reply.status_code) in operation["responses"], where
        described = operation["responses"][str(reply.status_code)]
        while "$ref" in described:
            described = self.document["components"]["responses"][described["$ref"].rpartition("/")[2]]
        if "content" not in described:
            assert reply.content == b"", where
            return
        kind = reply.headers["content-type"]
        assert kind in described["content"], where
        schema = {**described["content"][kind]["schema"], "components": self.components}
        OAS31Validator(schema, format_checker=oas31_format_checker).validate(reply.json())
        if kind == "application/problem+json":
            assert reply.json()["correlation_id"] == reply.headers["x-correlation-id"], where


def _fits(template: str, path: str) -> bool:
    parts, wanted = path.split("/"), template.split("/")
    return len(parts) == len(wanted) and all(
        one == other or one.startswith("{") for one, other in zip(wanted, parts, strict=True)
    )
