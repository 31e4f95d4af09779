"""The description of the management API, made of its operations and bodies (https://spec.openapis.org/oas/v3.1.1)."""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from hoistway.api.openapi_schemas import describe
from hoistway.api.paging import conditional
from hoistway.engine import Engine
from hoistway.manage.operations import Operation, Parameter
from hoistway.manage.problems import TYPES, Refusal, Wrong
from hoistway.manage.registry import OPERATIONS, PARTS
from hoistway.protocol.manage_scopes import PATH, SCOPES
from hoistway.store.floors import Floor

Json = dict[str, Any]
_ABOUT: Final = (
    "What operators do at the console and the command line, for their programs. Access tokens are those of a daemon of the operator, by "
    "client_credentials. Changes name the version that they were decided by in If-Match (428 without); creations may be sent again "
    "with the same Idempotency-Key for 24 hours; with dry_run=true a change is carried out and undone, and answered alike. Refusals are "
    "problem+json (RFC 9457) whose detail names the fix. Every change is in the audit trail, with the id of the application as its actor."
)
_SLUGS: Final = {
    400: ("BadRequest", "bad-request", "Bad request", "limit must be a whole number from 1 to 1000."),
    401: ("Unauthorized", "token-refused", "Token not accepted", "The access token is not accepted: expired."),
    403: ("Forbidden", "scope-missing", "Scope missing", "The access token lacks the scope manage.customers.read."),
    404: ("NotFound", "not-found", "Not found", "There is nothing with this id: check the id."),
    409: ("Conflict", "taken", "Taken", "id: This is taken: choose another."),
    412: ("PreconditionFailed", "precondition-failed", "Precondition failed", "It is not in the version that the request names."),
    413: ("TooLarge", "too-large", "Request entity too large", "The body is larger than 64 KiB."),
    415: ("MediaType", "media-type", "Unsupported media type", "Send the changes as application/json."),
    422: ("Invalid", "invalid", "Not acceptable as it is", "name: Use 1 to 200 characters that can be seen."),
    428: ("PreconditionRequired", "precondition-required", "Precondition required", "Send If-Match with the ETag that you read."),
    429: ("TooMany", "too-many-keys", "Too many", "So many creations with an Idempotency-Key are kept that there is no room."),
    503: ("Unavailable", "unavailable", "Temporarily unavailable", "The database does not answer: try again in a few seconds."),
}  # fmt: skip
_HEADERS: Final[Json] = {
    "CorrelationId": {"description": "Id of this request, also in the log and the audit trail.", "schema": {"type": "string"}},
    "ETag": {"description": "Strong; send it back as If-Match or If-None-Match.", "schema": {"type": "string"}},
    "Link": {"description": 'Absolute URL of the next page, with rel="next"; absent on the last one.', "schema": {"type": "string"}},
    "Location": {"description": "Address of what was made.", "schema": {"type": "string", "format": "uri"}},
    "DryRun": {"description": "true where nothing was kept.", "schema": {"type": "string"}},
    "RetryAfter": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
    "Challenge": {"description": "RFC 6750, with the RFC 9728 metadata of this API.", "schema": {"type": "string"}},
}  # fmt: skip
_ALWAYS: Final[Json] = {"X-Correlation-Id": {"$ref": "#/components/headers/CorrelationId"}}
_ETAG: Final[Json] = {**_ALWAYS, "ETag": {"$ref": "#/components/headers/ETag"}}
_TEXT: Final = r"^[^\x00-\x08\x0B\x0C\x0E-\x1F\x7F]+$"
_PARAMETERS: Final[Json] = {
    "limit": {"name": "limit", "in": "query", "description": "Rows on a page.",
              "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}, "example": 20},
    "cursor": {"name": "cursor", "in": "query",
               "description": "`next_cursor` of the page before, with the same filters; empty for the first page.",
               "schema": {"type": "string", "pattern": "^(Wy[A-Za-z0-9_-]{7,})?$"}, "example": ""},
    "dry_run": {"name": "dry_run", "in": "query", "description": "Carry it out, answer, and undo it.",
                "schema": {"type": "boolean", "default": False}, "example": False},
    "if_none_match": {"name": "If-None-Match", "in": "header", "description": "ETag of the version that the client has.",
                      "schema": {"type": "string"}},
    "if_match": {"name": "If-Match", "in": "header", "schema": {"type": "string"},
                 "description": "ETag of the version that the change was decided by; * for whatever version there is. Without it 428."},
    "idempotency_key": {"name": "Idempotency-Key", "in": "header",
                        "description": "A new one for each creation, for example a UUID; sent again within 24 hours, it makes nothing twice.",
                        "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"}},
}  # fmt: skip


def _structs() -> Iterator[type[Struct]]:
    yield from (Refusal, Wrong, Floor)
    for one in OPERATIONS:
        yield from (struct for struct in (one.asks, one.answers) if struct is not None)
    yield from PARTS


_EVERY: Final = tuple(dict.fromkeys(_structs()))
_SCHEMAS, _EXAMPLES = describe(_EVERY, [struct.__name__ for struct in _EVERY if struct is not Floor])


def _refusal(status: int) -> Json:
    _name, slug, title, detail = _SLUGS[status]
    example = {
        "type": f"https://id.example.com{PATH}/openapi.json#{slug}", "title": title, "status": status, "detail": detail,
        "correlation_id": "3f0c9a52-7f0e-4c39-a6f5-8a8f5a0a8c55", "errors": [],
    }  # fmt: skip
    more: Json = {"WWW-Authenticate": {"$ref": "#/components/headers/Challenge"}} if status in {401, 403} else {}
    if status in {429, 503}:
        more = {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}
    content = {"schema": {"$ref": "#/components/schemas/Refusal"}, "example": example}
    return {
        "description": f"{title}.",
        "headers": {**_ALWAYS, **more},
        "content": {"application/problem+json": content},
    }


def _statuses(one: Operation) -> list[int]:
    found = {400, 401, 403, 503, *one.refusals}
    if "{" in one.path:
        found.add(404)
    if one.asks is not None:
        found |= {413, 415, 422}
    if one.needs_version:
        found |= {412, 428}
    if one.repeats:
        found.add(429)
    return sorted(found)


def _filter(one: Parameter) -> Json:
    schema: Json = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": _TEXT}
    if one.options:
        schema = {"type": "string", "enum": list(one.options)}
    return {"name": one.name, "in": "query", "description": one.description, "schema": schema, "example": one.example}


def _parameters(one: Operation) -> list[Json]:
    ids = [
        {"name": name, "in": "path", "required": True, "description": "Its id.", "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", one.path)
    ]
    named = ["limit", "cursor"] if one.is_list else []
    named += ["if_none_match"] if one.method == "GET" else ["dry_run"]
    named += ["if_match"] if one.needs_version else []
    named += ["idempotency_key"] if one.repeats else []
    return [*ids, *map(_filter, one.filters), *({"$ref": f"#/components/parameters/{name}"} for name in named)]


def _done(one: Operation) -> Json:
    headers = dict(_ALWAYS if one.answers is None else _ETAG)
    if one.is_list:
        headers["Link"] = {"$ref": "#/components/headers/Link"}
    if one.repeats:
        headers["Location"] = {"$ref": "#/components/headers/Location"}
    if one.changes:
        headers["Dry-Run"] = {"$ref": "#/components/headers/DryRun"}
    found: Json = {"description": "Done.", "headers": headers}
    if one.answers is not None:
        name = one.answers.__name__
        content = {"schema": {"$ref": f"#/components/schemas/{name}"}, "example": _EXAMPLES[name]}
        found["content"] = {"application/json": content}
    return found


def _described(one: Operation) -> Json:
    answers: Json = {str(one.status): _done(one)}
    if one.method == "PUT" and one.status == 201:
        answers["200"] = _done(one)
    if one.waits:
        content = {"schema": {"$ref": "#/components/schemas/Waiting"}, "example": _EXAMPLES["Waiting"]}
        answers["202"] = {
            "description": "It waits until people have approved it.", "headers": _ETAG, "content": {"application/json": content},
        }  # fmt: skip
    if one.method == "GET":
        answers["304"] = {"$ref": "#/components/responses/NotModified"}
    for status in _statuses(one):
        answers[str(status)] = {"$ref": f"#/components/responses/{_SLUGS[status][0]}"}
    about = f"{one.description}. Needs" if one.description else "Needs"
    found: Json = {
        "operationId": one.name, "summary": one.summary, "description": f"{about} the scope `{one.scope}`.",
        "tags": [one.tag], "parameters": _parameters(one),
        "security": [{"oauth2": [one.scope]}, {"bearer": [one.scope]}], "responses": answers,
    }  # fmt: skip
    if one.asks is not None:
        name = one.asks.__name__
        content = {"schema": {"$ref": f"#/components/schemas/{name}"}, "example": _EXAMPLES[name]}
        if one.media != "application/json":
            line = msgspec.json.encode(_EXAMPLES[name]).decode()
            content = {
                "schema": {"type": "string", "format": "binary", "description": f"Lines, each a {name}."},
                "example": f"{line}\n",
            }
        found["requestBody"] = {"required": True, "content": {one.media: content}}
    return found


def _paths() -> Json:
    found: Json = {}
    for one in OPERATIONS:
        found.setdefault(one.address, {})[one.method.lower()] = _described(one)
    found[f"{PATH}/openapi.json"] = {
        "get": {
            "operationId": "readDescription", "summary": "The OpenAPI document", "description": "Needs no token.",
            "tags": ["Description"], "parameters": [{"$ref": "#/components/parameters/if_none_match"}], "security": [],
            "responses": {
                "200": {
                    "description": "OpenAPI 3.1.", "headers": _ETAG,
                    "content": {"application/json": {"schema": {"type": "object"}, "example": {"openapi": "3.1.1"}}},
                },
                "304": {"$ref": "#/components/responses/NotModified"},
            },
        }
    }  # fmt: skip
    return found


def document(base_url: str) -> Json:
    """`base_url` without a trailing slash."""
    responses = {name: _refusal(status) for status, (name, *_rest) in _SLUGS.items()}
    responses["NotModified"] = {"description": "The client has this version already.", "headers": _ETAG}
    flow = {"tokenUrl": f"{base_url}/oauth2/token", "scopes": dict(SCOPES)}
    return {
        "openapi": "3.1.1",
        "info": {"title": "Management API", "version": "1", "description": _ABOUT},
        "servers": [{"url": base_url, "description": "This server."}],
        "paths": _paths(),
        "components": {
            "schemas": _SCHEMAS, "responses": responses, "parameters": _PARAMETERS, "headers": _HEADERS,
            "securitySchemes": {
                "oauth2": {"type": "oauth2", "description": "With the secret of the daemon.", "flows": {"clientCredentials": flow}},
                "bearer": {
                    "type": "http", "scheme": "bearer", "bearerFormat": "at+jwt",
                    "description": "An access token of this server (RFC 9068), in the Authorization header only.",
                },
            },
        },
        "tags": [{"name": name} for name in dict.fromkeys((*(one.tag for one in OPERATIONS), "Description"))],
        "x-problem-types": dict(TYPES),
    }  # fmt: skip


async def openapi(engine: Engine, request: Request) -> Response:
    """GET /manage/v1/openapi.json: public."""
    body = msgspec.json.encode(document(engine.settings.base_url))
    return conditional(request, body, {"cache-control": "public, max-age=300"})
