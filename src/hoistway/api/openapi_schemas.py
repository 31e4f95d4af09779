"""The schemas of the OpenAPI document, as data (https://spec.openapis.org/oas/v3.1.1#schema-object)."""

from typing import Any

Json = dict[str, Any]

SITE_EXAMPLE: Json = {
    "siteId": "s-1",
    "name": "Harbour House",
    "street": "1 Quay",
    "postalCode": "20457",
    "city": "Hamburg",
    "country": "DE",
}
UNIT_EXAMPLE: Json = {
    "unitId": "US-1377515",
    "equipmentType": "elevator",
    "controllerNumber": "C-20417",
    "controllerType": "TAC32",
    "controllerDescription": None,
    "carType": "single",
    "capacity": 1000,
    "contractSpeed": 1.6,
    "serialNumber": "S-1",
    "customerEquipmentNumber": "A-1",
    "floors": [{"id": 0, "marking": "G", "level": 0}, {"id": 1, "marking": "1", "level": 3200}],
    "role": "owner",
    "lastUpdate": "2026-01-30T13:35:09Z",
    "site": SITE_EXAMPLE,
}
USER_ID = "0b5f6a0e-6d0c-4f0e-9a55-0d7c54a5b1f2"
USER_EXAMPLE: Json = {
    "id": USER_ID,
    "username": "kim@example.com",
    "name": "Kim Example",
    "emails": ["kim@example.com"],
    "flags": [],
    "locale": "en",
}
ME_EXAMPLE: Json = {
    "id": USER_ID,
    "kind": "user",
    "name": "Kim Example",
    "username": "kim@example.com",
    "emails": ["kim@example.com"],
    "flags": [],
    "employee": False,
    "customer": {"id": "c-1", "name": "Harbour Estates"},
    "acting": False,
    "acting_for": None,
    "unit_count": 42,
    "scopes": ["openid", "profile.read", "units.read"],
    "client_id": "5a1d9c1e-52a1-4b86-8f3e-3d3f6f0a7c11",
    "issued_at": 1769780109,
    "expires_at": 1769783709,
}
_RATE = {"calls": 100, "period_seconds": 60, "used": 3, "remaining": 97, "reset_seconds": 42, "resets_at": 1769780160}
_QUOTA = {
    "calls": 10000,
    "period_seconds": 86400,
    "used": 812,
    "remaining": 9188,
    "reset_seconds": 9491,
    "resets_at": 1769789600,
}
LIMITS_EXAMPLE: Json = {
    "customer_id": "c-1",
    "subscription_id": "01994c9a-52a1-7b86-8f3e-3d3f6f0a7c11",
    "product": {"id": "standard", "name": "Standard"},
    "key_required": False,
    "rate": _RATE,
    "quota": _QUOTA,
}


def _text(description: str, **more: Any) -> Json:
    return {"type": "string", "description": description, **more}


def _number(description: str, kind: str = "integer") -> Json:
    return {"type": kind, "description": description}


def _nullable(kind: str, description: str) -> Json:
    return {"type": [kind, "null"], "description": description}


def _texts(description: str) -> Json:
    return {"type": "array", "items": {"type": "string"}, "description": description}


def _object(properties: Json, *, example: Json | None = None, optional: tuple[str, ...] = ()) -> Json:
    schema: Json = {"type": "object", "properties": properties}
    schema["required"] = [name for name in properties if name not in optional]
    return schema if example is None else {**schema, "examples": [example]}


def _page(name: str) -> Json:
    items = {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}
    return _object({"items": items, "next_cursor": _nullable("string", "For the next page; null on the last one.")})


_SITE: Json = {
    "siteId": _text("Id of the site."),
    "name": _text("Name of the building."),
    "street": _text("Street and number."),
    "postalCode": _text("Postal code."),
    "city": _text("City."),
    "country": _text("ISO 3166-1 alpha-2.", examples=["DE"]),
}
_FLOOR = _object(
    {"id": _number("Counted from the lowest."), "marking": _text("As written in the car."), "level": _number("mm")}
)
_UNIT: Json = {
    "unitId": _text("Country and number.", examples=["US-1377515"]),
    "equipmentType": _text("What it is.", enum=["elevator", "escalator"]),
    "controllerNumber": _nullable("string", "ERP or job number."),
    "controllerType": _nullable("string", "For example TAC20, TAC32, E.COR."),
    "controllerDescription": _nullable("string", "In words."),
    "carType": _nullable("string", "single, double or twin."),
    "capacity": _nullable("integer", "kg"),
    "contractSpeed": _nullable("number", "m/s"),
    "serialNumber": _nullable("string", "The maker's."),
    "customerEquipmentNumber": _nullable("string", "The customer's own number."),
    "floors": {"type": "array", "items": _FLOOR},
    "role": _text("What the token's customer is to this unit.", enum=["owner", "manager"]),
    "lastUpdate": _text("When this data last changed, UTC.", format="date-time"),
    "site": {"$ref": "#/components/schemas/Address"},
}
_PERSON: Json = {
    "id": _text("Stable UUID of the user, or id of the technical account."),
    "username": _text("Sign-in name."),
    "name": _text("Display name."),
    "emails": _texts("E-mail addresses, the first is the main one."),
    "flags": _texts("Words such as employee."),
}
# Null where a third party's token has neither the OpenID scope nor profile.read.
_ME: Json = {
    "id": _PERSON["id"],
    **{
        name: {**_PERSON[name], "type": [_PERSON[name]["type"], "null"]}
        for name in ("username", "name", "emails", "flags")
    },
    "kind": _text("Who is behind the token.", enum=["user", "service_account"]),
    "employee": _nullable("boolean", "Whether the flags hold employee."),
    "customer": _object({"id": _text("Id of the customer."), "name": _nullable("string", "Its name.")}),
    "acting": {"type": "boolean", "description": "Whether an employee acts for the customer without being its member."},
    "acting_for": _nullable("string", "Then the customer's id."),
    "unit_count": _number("Units that this token sees."),
    "scopes": _texts("Scopes of the token."),
    "client_id": _text("The application that got the token."),
    "issued_at": _number("Seconds since 1970-01-01T00:00:00Z."),
    "expires_at": _number("Seconds since 1970-01-01T00:00:00Z."),
}
_PROFILE: Json = {
    "name": _text("New display name, printable characters.", minLength=1, maxLength=200),
    "locale": _text("Language of the hosted pages.", enum=["en", "de"]),
}
_LIMIT: Json = {
    **_object(
        {
            "calls": _number("Calls that a window allows."),
            "period_seconds": _number("Length of a window."),
            "used": _number("Calls counted in the window in hand."),
            "remaining": _number("Calls that are left in it."),
            "reset_seconds": _number("Seconds until the next window."),
            "resets_at": _number("When that is, in seconds since 1970-01-01T00:00:00Z."),
        }
    ),
    "type": ["object", "null"],
}
_PRODUCT: Json = {
    **_object({"id": _text("Id of the product."), "name": _text("Its name.")}),
    "type": ["object", "null"],
    "description": "The product whose limits hold; null where nothing is limited.",
}
_LIMITS: Json = {
    "customer_id": _text("The token's customer."),
    "subscription_id": _nullable(
        "string", "The key's subscription; null without a key: then calls count for the customer."
    ),
    "product": _PRODUCT,
    "key_required": {"type": "boolean", "description": "Whether the product needs a key."},
    "rate": {**_LIMIT, "description": "Calls in a short time (429 beyond); null is no limit."},
    "quota": {**_LIMIT, "description": "Calls in a long time (403 beyond); null is no limit."},
}
_TURNED: Json = {
    "statusCode": _number("The HTTP status."),
    "message": _text("What is wrong with the key, or when to come back."),
}
_PROBLEM: Json = {
    "type": _text("Which kind of problem: the page that explains it; x-problem-types lists them.", format="uri"),
    "title": _text("The kind in words."),
    "status": _number("The HTTP status."),
    "detail": _text("What to do about it."),
    "correlation_id": _text("Name it when you ask for help: the log has it too."),
}

SCHEMAS: Json = {
    "Unit": _object(_UNIT, example=UNIT_EXAMPLE),
    "UnitPage": _page("Unit"),
    "Address": _object(_SITE, example=SITE_EXAMPLE),
    "Site": _object(
        {**_SITE, "unitCount": _number("Units there that the token sees.")}, example={**SITE_EXAMPLE, "unitCount": 12}
    ),
    "SitePage": _page("Site"),
    "Me": _object(_ME, example=ME_EXAMPLE),
    "User": _object({**_PERSON, "locale": _nullable("string", "en, de or not chosen.")}, example=USER_EXAMPLE),
    "Profile": {**_object(_PROFILE, optional=("name", "locale")), "additionalProperties": False},
    "Limits": _object(_LIMITS, example=LIMITS_EXAMPLE),
    "Problem": _object(_PROBLEM),
    "Turned": _object(_TURNED),
}
