"""Files as API Management's management API and APIOps write them."""

import json
from collections.abc import Mapping, Sequence
from hashlib import md5
from pathlib import Path
from typing import Any

SERVICE = "/subscriptions/0f1e/resourceGroups/rg/providers/Microsoft.ApiManagement/service/contoso"
NEXT = f"https://management.azure.com{SERVICE}/products?api-version=2022-08-01&$skip=100"
RATE = '<policies><inbound><base /><rate-limit calls="{calls}" renewal-period="60" /></inbound></policies>'


def resource(path: str, /, **properties: Any) -> dict[str, Any]:
    kinds = "/".join(path.split("/")[::2])
    return {
        "id": f"{SERVICE}/{path}", "type": f"Microsoft.ApiManagement/service/{kinds}", "name": path.rpartition("/")[2],
        "properties": properties,
    }  # fmt: skip


def product(name: str, /, **more: Any) -> dict[str, Any]:
    said = {
        "displayName": name.title(), "description": f"About {name}.", "terms": None, "subscriptionRequired": True,
        "approvalRequired": False, "subscriptionsLimit": None, "state": "published",
    }  # fmt: skip
    return resource(f"products/{name}", **said | more)


def api(name: str, /, **more: Any) -> dict[str, Any]:
    said = {
        "displayName": name.title(), "path": name, "protocols": ["https"], "subscriptionRequired": True, "isCurrent": True,
        "apiRevision": "1", "subscriptionKeyParameterNames": {"header": "Ocp-Apim-Subscription-Key", "query": "subscription-key"},
    }  # fmt: skip
    return resource(f"apis/{name}", **said | more)


def user(name: str, oid: str | None, /, provider: str = "AadB2C", **more: Any) -> dict[str, Any]:
    identities = [] if oid is None else [{"provider": provider, "id": oid}]
    said = {
        "firstName": "Anna", "lastName": "", "email": f"{name}@example.com", "state": "active", "identities": identities,
        "registrationDate": "2021-03-04T05:06:07.123Z",
    }  # fmt: skip
    return resource(f"users/{name}", **said | more)


def subscription(
    name: str, scope: str = "/products/starter", owner: str | None = "ann", /, **more: Any
) -> dict[str, Any]:
    said = {
        "scope": f"{SERVICE}{scope}", "ownerId": None if owner is None else f"{SERVICE}/users/{owner}", "displayName": f"Program {name}",
        "state": "active", "createdDate": "2022-05-06T07:08:09.1234567Z", "startDate": None, "expirationDate": None, "endDate": None,
        "allowTracing": False,
    }  # fmt: skip
    return resource(f"subscriptions/{name}", **said | more)


def policy(scope: str, value: str, form: str = "rawxml") -> dict[str, Any]:
    return resource(f"{scope}/policies/policy" if scope else "policies/policy", value=value, format=form)


def key(name: str, slot: str = "primary") -> str:
    """32 hex digits, as that system makes them."""
    return md5(f"{name} {slot}".encode(), usedforsecurity=False).hexdigest()


def pair(name: str, /, **more: Any) -> dict[str, Any]:
    return {"subscription": name, "primaryKey": key(name), "secondaryKey": key(name, "secondary"), **more}


def page(records: Sequence[Any], *, more: bool = False) -> bytes:
    return json.dumps({"value": list(records), "count": len(records), "nextLink": NEXT if more else ""}).encode()


def lines(records: Sequence[Any]) -> bytes:
    return "".join(json.dumps(one) + "\n" for one in records).encode()


def written(folder: Path, files: Mapping[str, bytes | str]) -> Path:
    for name, data in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data.encode() if isinstance(data, str) else data)
    return folder


def instance(**files: Any) -> dict[str, bytes | str]:
    """The least that is whole: a product with one API and a policy, a user who is Ann here, a subscription with its keys.
    `files` replace some by their stems; None leaves one out."""
    made: dict[str, Any] = {
        "products": page([product("starter")]),
        "apis": page([api("units")]),
        "links": page([resource("products/starter/apis/units", displayName="Units")]),
        "policies": page([policy("products/starter", RATE.format(calls=3))]),
        "users": page([user("ann", "u-ann"), resource("users/1", email="admin@example.com", identities=[{"provider": "Azure", "id": "a"}])]),
        "subscriptions": page([subscription("one")]),
        "secrets": lines([pair("one")]),
    }  # fmt: skip
    made |= files
    return {
        f"{name}{'.ndjson' if name == 'secrets' else '.json'}": data for name, data in made.items() if data is not None
    }


MAPPING = "apis: {values: {units: customer-api}}\n"


def mapping(folder: Path, text: str = MAPPING) -> str:
    file = folder / "mapping.yaml"
    file.write_text(text, encoding="utf-8")
    return str(file)
