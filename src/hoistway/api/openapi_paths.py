"""The operations of the OpenAPI document, as data (https://spec.openapis.org/oas/v3.1.1#paths-object)."""

from typing import Any

from hoistway.api.openapi_schemas import EXAMPLES
from hoistway.api.subscription import MISSING

Json = dict[str, Any]


def _header(description: str) -> Json:
    return {"description": description, "schema": {"type": "string"}}


_ALWAYS: Json = {"X-Correlation-Id": {"$ref": "#/components/headers/CorrelationId"}}
_CORRELATION: Json = {
    **_ALWAYS,
    "RateLimit-Policy": {"$ref": "#/components/headers/RateLimitPolicy"},
    "RateLimit": {"$ref": "#/components/headers/RateLimit"},
}
_ETAG: Json = {"ETag": {"$ref": "#/components/headers/ETag"}, **_CORRELATION}
_PAGED: Json = {**_ETAG, "Link": {"$ref": "#/components/headers/Link"}}
HEADERS: Json = {
    "CorrelationId": _header("Id of this request, also in the server's log."),
    "ETag": _header("Strong; send it back as If-None-Match."),
    "Link": _header('Absolute URL of the next page, with rel="next"; absent on the last one.'),
    "Challenge": _header("RFC 6750, with the RFC 9728 metadata of this API."),
    "RetryAfter": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
    "KeyChallenge": _header("Of API Management where the key is at fault, of RFC 6750 where the token is."),
    "RateLimitPolicy": _header("Limits of the product (draft-ietf-httpapi-ratelimit-headers), where there are any."),
    "RateLimit": _header("Calls left (r) and seconds until the next window (t) of each limit."),
    "AcceptPatch": _header("Media types that PATCH takes."),
}


def _problem(status: int, slug: str, title: str, detail: str, schema: str = "Problem", **headers: str) -> Json:
    example = {
        "type": f"https://id.example.com/portal/guides/errors#{slug}",
        "title": title,
        "status": status,
        "detail": detail,
        "correlation_id": "3f0c9a52-7f0e-4c39-a6f5-8a8f5a0a8c55",
    }
    named = {name.replace("_", "-"): {"$ref": f"#/components/headers/{key}"} for name, key in headers.items()}
    content = {"schema": {"$ref": f"#/components/schemas/{schema}"}, "example": example}
    return {
        "description": f"{title}.",
        "headers": {**_CORRELATION, **named},
        "content": {"application/problem+json": content},
    }


def _turned(status: int, message: str, schema: str) -> Json:
    """A refusal in the format of API Management."""
    return {
        "application/json": {
            "schema": {"$ref": f"#/components/schemas/{schema}"},
            "example": {"statusCode": status, "message": message},
        }
    }


RESPONSES: Json = {
    "BadRequest": _problem(400, "bad-request", "Bad request", "limit must be a whole number from 1 to 1000."),
    "Unauthorized": _problem(
        401,
        "token-refused",
        "Token not accepted",
        "The access token is not accepted: expired. Get a new one and send it as `Bearer`.",
        "Refusal",
        WWW_Authenticate="Challenge",
    ),
    "Forbidden": _problem(
        403,
        "scope-missing",
        "Scope missing",
        "The access token lacks the scope units.read: ask for it when getting the token.",
        "Refusal",
        WWW_Authenticate="Challenge",
    ),
    "NotFound": _problem(
        404, "not-found", "Not found", "Nothing with this id is visible to the token's customer: check the id."
    ),
    "PreconditionFailed": _problem(
        412,
        "precondition-failed",
        "Precondition failed",
        "It is not in the version that the request names: read it again and decide anew; nothing was changed.",
        ETag="ETag",
    ),
    "Gone": _problem(
        410,
        "changes-gone",
        "Changes are gone",
        "Removals since then are forgotten: call this operation without since, read the whole list of units, and go on from there.",
    ),
    "TooLarge": _problem(413, "too-large", "Request entity too large", "The body is larger than 64 KiB."),
    "MediaType": _problem(
        415,
        "media-type",
        "Unsupported media type",
        "Send the changes as application/json.",
        Accept_Patch="AcceptPatch",
    ),
    "Unavailable": _problem(
        503,
        "unavailable",
        "Temporarily unavailable",
        "The database does not answer: try again in a few seconds.",
        Retry_After="RetryAfter",
    ),
    "NotModified": {"description": "The client has this version already.", "headers": _ETAG},
}
RESPONSES["Unauthorized"]["content"] |= _turned(401, MISSING, "Refusal")
RESPONSES["Forbidden"]["content"] |= _turned(
    403, "Out of call volume quota. Quota will be replenished in 07:01:20.", "Refusal"
)
RESPONSES["Forbidden"]["headers"]["Retry-After"] = {"$ref": "#/components/headers/RetryAfter"}
RESPONSES["Unauthorized"]["description"] = "Token not accepted, or subscription key missing or invalid."
RESPONSES["Forbidden"]["description"] = "Scope missing, or out of call volume quota."
RESPONSES["TooManyCalls"] = {
    "description": "More calls than the product's rate allows.",
    "headers": {**_CORRELATION, "Retry-After": {"$ref": "#/components/headers/RetryAfter"}},
    "content": _turned(429, "Rate limit is exceeded. Try again in 26 seconds.", "Turned"),
}
_CODES = {
    "304": "NotModified",
    "400": "BadRequest",
    "401": "Unauthorized",
    "403": "Forbidden",
    "404": "NotFound",
    "410": "Gone",
    "413": "TooLarge",
    "412": "PreconditionFailed",
    "415": "MediaType",
    "429": "TooManyCalls",
    "503": "Unavailable",
}


def _parameter(name: str) -> Json:
    return {"$ref": f"#/components/parameters/{name}"}


_TEXT = r"^[^\x00-\x08\x0B\x0C\x0E-\x1F\x7F]+$"  # control characters are refused
PARAMETERS: Json = {
    "unit_id": {"name": "unit_id", "in": "path", "required": True, "description": "Id of a unit.",
                "schema": {"type": "string"}, "example": "US-1377515"},
    "user_id": {"name": "user_id", "in": "path", "required": True, "description": "Id of the token's own user.",
                "schema": {"type": "string"}, "example": EXAMPLES["User"]["id"]},
    "site": {"name": "site", "in": "query", "description": "Units of one site.",
             "schema": {"type": "string", "minLength": 1, "pattern": _TEXT}},
    "type": {"name": "type", "in": "query", "description": "Units of one type.",
             "schema": {"type": "string", "enum": ["elevator", "escalator"]}},
    "text": {"name": "text", "in": "query", "description": "Part of an id, a number or an address; case does not count.",
             "schema": {"type": "string", "minLength": 1, "maxLength": 100, "pattern": _TEXT}},
    "limit": {"name": "limit", "in": "query", "description": "Rows on a page.",
              "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}, "example": 20},
    "cursor": {"name": "cursor", "in": "query",
               "description": "`next_cursor` of the page before, with the same filters; empty for the first page.",
               # Tools fill in the example, or invent a value where there is none; this one works.
               "schema": {"type": "string", "pattern": "^(Wy[A-Za-z0-9_-]{7,})?$"}, "example": ""},
    "since": {"name": "since", "in": "query",
              "description": "`next_since` of the answer before; empty at first: then there are no changes, and `next_since` is of now.",
              "schema": {"type": "string", "pattern": "^(Wz[A-Za-z0-9_-]{7,})?$"}, "example": ""},
    "if_none_match": {"name": "If-None-Match", "in": "header", "description": "ETag of the version the client has.",
                      "schema": {"type": "string"}},
    "if_match": {"name": "If-Match", "in": "header",
                 "description": "ETag of the version that is to be changed; without it, whatever version there is.",
                 "schema": {"type": "string"}},
}  # fmt: skip


_KEYS: tuple[dict[str, list[str]], ...] = ({}, {"subscriptionKey": []}, {"subscriptionKeyInQuery": []})


def _operation(
    name: str, summary: str, scope: str | None, schema: str, parameters: str, codes: str, headers: Json
) -> Json:
    """`parameters` and `codes` are names separated by spaces."""
    scopes = [scope] if scope else []
    done = {
        "description": "Done.",
        "headers": headers,
        "content": {
            "application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}, "example": EXAMPLES[schema]}
        },
    }
    refused = {code: {"$ref": f"#/components/responses/{_CODES[code]}"} for code in codes.split()}
    return {
        "operationId": name,
        "summary": summary,
        "tags": [schema.removesuffix("Page")],
        "description": f"Needs the scope `{scope}`." if scope else "Any token of this API will do.",
        "parameters": [_parameter(parameter) for parameter in parameters.split()],
        "security": [{way: scopes, **key} for key in _KEYS for way in ("oauth2", "bearer")],
        "responses": {"200": done, **refused},
    }


_UPDATE = _operation(
    "updateUser", "Change the token's own user", "profile.write", "User",
    "user_id if_match", "400 401 403 404 412 413 415 429 503", _ETAG,
)  # fmt: skip
_CHANGES: Json = {
    "schema": {"$ref": "#/components/schemas/Profile"},
    "example": EXAMPLES["Profile"],
}
_UPDATE["requestBody"] = {
    "required": True,
    "description": "Members that are left out stay as they are. At most 64 KiB.",
    "content": {"application/json": _CHANGES},
}
_DESCRIPTION: Json = {
    "operationId": "readDescription",
    "summary": "The OpenAPI document",
    "description": "Needs no token.",
    "tags": ["Description"],
    "parameters": [_parameter("if_none_match")],
    "security": [],
    "responses": {
        "200": {
            "description": "OpenAPI 3.1.",
            "headers": {"ETag": _ETAG["ETag"], **_ALWAYS},
            "content": {"application/json": {"schema": {"type": "object"}, "example": {"openapi": "3.1.1"}}},
        },
        "304": {"$ref": "#/components/responses/NotModified"},
    },
}

PATHS: Json = {
    "/api/v1/units": {"get": _operation(
        "listUnits", "List units", "units.read", "UnitPage",
        "site type text limit cursor if_none_match", "304 400 401 403 429 503", _PAGED,
    )},
    "/api/v1/units/changes": {"get": _operation(
        "listUnitChanges", "Changes of units", "units.read", "UnitChanges",
        "since limit if_none_match", "304 400 401 403 410 429 503", _ETAG,
    )},
    "/api/v1/units/{unit_id}": {"get": _operation(
        "readUnit", "Read a unit", "units.read", "Unit",
        "unit_id if_none_match", "304 400 401 403 404 429 503", _ETAG,
    )},
    "/api/v1/sites": {"get": _operation(
        "listSites", "List sites", "units.read", "SitePage",
        "limit cursor if_none_match", "304 400 401 403 429 503", _PAGED,
    )},
    "/api/v1/me": {"get": _operation(
        "readMe", "Who this token is", None, "Me", "", "400 401 403 429 503", _CORRELATION,
    )},
    "/api/v1/me/limits": {"get": _operation(
        "readLimits", "Limits and what is left of them", None, "Limits", "", "400 401 503", _CORRELATION,
    )},
    "/api/v1/users/{user_id}": {
        "get": _operation(
            "readUser", "Read the token's own user", "profile.read", "User",
            "user_id if_none_match", "304 400 401 403 404 429 503", _ETAG,
        ),
        "patch": _UPDATE,
    },
    "/api/v1/openapi.json": {"get": _DESCRIPTION},
}  # fmt: skip
