"""The operations and schemas of the OpenAPI document, as data."""

from typing import Any

Json = dict[str, Any]


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _nullable(kind: str, description: str) -> Json:
    return {"type": [kind, "null"], "description": description}


def _problem(description: str) -> Json:
    return {"description": description, "content": {"application/problem+json": {"schema": _ref("Problem")}}}


_ERRORS: Json = {
    "400": _problem("A parameter is malformed; the detail says which."),
    "401": _problem("The access token is missing, expired, revoked or meant for another API."),
    "403": _problem("The access token lacks the scope."),
    "503": _problem("The database does not answer; try again after Retry-After seconds."),
}
_NOT_FOUND: Json = {"404": _problem("It does not exist or is not visible to the token's customer.")}
_PAGING: list[Json] = [
    {"name": "limit", "in": "query", "description": "Rows on a page.",
     "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}},
    {"name": "cursor", "in": "query", "description": "`next_cursor` of the page before.", "schema": {"type": "string"}},
]  # fmt: skip


def _operation(summary: str, name: str, scope: str | None, schema: Json, parameters: list[Json], errors: Json) -> Json:
    return {
        "summary": summary,
        "operationId": name,
        "parameters": parameters,
        "security": [{"oauth2": [scope] if scope else []}],
        "responses": {"200": {"description": "Done.", "content": {"application/json": {"schema": schema}}}, **errors},
    }


def _list(name: str) -> Json:
    members = {"items": {"type": "array", "items": _ref(name)}, "next_cursor": _nullable("string", "None on the last page.")}
    return {"type": "object", "required": ["items", "next_cursor"], "properties": members}


def _path(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


_FILTERS: list[Json] = [
    {"name": "site", "in": "query", "description": "Units of one site.", "schema": {"type": "string"}},
    {"name": "type", "in": "query", "schema": {"type": "string", "enum": ["elevator", "escalator"]}},
    {"name": "text", "in": "query", "description": "Part of an id, a number or an address.", "schema": {"type": "string", "maxLength": 100}},
]  # fmt: skip
_PATCH: Json = _operation("Change the token's own user", "updateUser", "profile.write", _ref("User"), [_path("user_id")], {**_ERRORS, **_NOT_FOUND})  # fmt: skip
_PATCH["requestBody"] = {
    "required": True,
    "content": {"application/json": {"schema": _ref("Profile"), "example": {"name": "Kim Example", "locale": "en"}}},
}
_PATCH["responses"] = {**_PATCH["responses"], "415": _problem("The body is not JSON."), "413": _problem("The body is too large.")}

PATHS: Json = {
    "/api/v1/units": {
        "get": _operation("List units", "listUnits", "units.read", _list("Unit"), [*_FILTERS, *_PAGING], _ERRORS)
    },
    "/api/v1/units/{unit_id}": {
        "get": _operation("Read a unit", "readUnit", "units.read", _ref("Unit"), [_path("unit_id")], {**_ERRORS, **_NOT_FOUND})
    },
    "/api/v1/sites": {"get": _operation("List sites", "listSites", "units.read", _list("Site"), _PAGING, _ERRORS)},
    "/api/v1/me": {"get": _operation("Who this token is", "readMe", None, _ref("Me"), [], _ERRORS)},
    "/api/v1/users/{user_id}": {
        "get": _operation(
            "Read the token's own user", "readUser", "profile.read", _ref("User"), [_path("user_id")], {**_ERRORS, **_NOT_FOUND}
        ),
        "patch": _PATCH,
    },
}  # fmt: skip

_ADDRESS: Json = {name: {"type": "string"} for name in ("siteId", "name", "street", "postalCode", "city", "country")}
_FLOOR: Json = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "marking": {"type": "string"}, "level": {"type": "integer", "description": "mm"}},
}
_EXAMPLE: Json = {
    "unitId": "US-1377515", "equipmentType": "elevator", "controllerNumber": "C-20417", "controllerType": "TAC32",
    "controllerDescription": None, "carType": "single", "capacity": 1000, "contractSpeed": 1.6, "serialNumber": "S-1",
    "customerEquipmentNumber": "A-1", "floors": [{"id": 0, "marking": "G", "level": 0}], "role": "owner",
    "lastUpdate": "2026-01-30T13:35:09Z",
    "site": {"siteId": "s-1", "name": "Harbour House", "street": "1 Quay", "postalCode": "20457", "city": "Hamburg", "country": "DE"},
}  # fmt: skip

SCHEMAS: Json = {
    "Unit": {
        "type": "object",
        "required": ["unitId", "equipmentType", "floors", "role", "lastUpdate", "site"],
        "examples": [_EXAMPLE],
        "properties": {
            "unitId": {"type": "string"},
            "equipmentType": {"type": "string", "enum": ["elevator", "escalator"]},
            "controllerNumber": _nullable("string", "ERP or job number."),
            "controllerType": _nullable("string", "For example TAC20, TAC32, E.COR."),
            "controllerDescription": _nullable("string", "In words."),
            "carType": _nullable("string", "single, double or twin."),
            "capacity": _nullable("integer", "kg"),
            "contractSpeed": _nullable("number", "m/s"),
            "serialNumber": _nullable("string", "The maker's."),
            "customerEquipmentNumber": _nullable("string", "The customer's own number."),
            "floors": {"type": "array", "items": _FLOOR},
            "role": {"type": "string", "enum": ["owner", "manager"]},
            "lastUpdate": {"type": "string", "format": "date-time"},
            "site": {"type": "object", "properties": _ADDRESS},
        },
    },
    "Site": {"type": "object", "properties": {**_ADDRESS, "unitCount": {"type": "integer"}}},
    "User": {
        "type": "object",
        "properties": {
            "id": {"type": "string"}, "username": {"type": "string"}, "name": {"type": "string"},
            "emails": {"type": "array", "items": {"type": "string"}}, "flags": {"type": "array", "items": {"type": "string"}},
            "locale": _nullable("string", "en or de."),
        },
    },
    "Profile": {
        "type": "object",
        "additionalProperties": False,
        "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 200}, "locale": {"type": "string", "enum": ["en", "de"]}},
    },
    "Me": {
        "type": "object",
        "required": ["id", "kind", "customer", "unit_count", "scopes", "client_id", "expires_at"],
        "properties": {
            "id": {"type": "string"}, "kind": {"type": "string", "enum": ["user", "service_account"]},
            "customer": {"type": "object", "properties": {"id": {"type": "string"}, "name": _nullable("string", "")}},
            "unit_count": {"type": "integer"}, "scopes": {"type": "array", "items": {"type": "string"}},
            "client_id": {"type": "string"}, "issued_at": {"type": "integer"}, "expires_at": {"type": "integer"},
        },
    },
    "Problem": {
        "type": "object",
        "required": ["title", "status", "detail", "correlation_id"],
        "properties": {
            "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
            "detail": {"type": "string", "description": "What to do."}, "correlation_id": {"type": "string"},
        },
    },
}  # fmt: skip
