"""The people of Keycloak's export of a realm, as rows of ours
(https://www.keycloak.org/docs-api/latest/rest-api/index.html#UserRepresentation)."""

import json
from collections.abc import Mapping
from typing import Any


def is_user(row: Mapping[str, Any]) -> bool:
    return "credentials" in row or "emailVerified" in row or "requiredActions" in row


def row_of_user(user: Mapping[str, Any]) -> Mapping[str, Any] | str:
    """What is not taken over (groups, roles, second factors, links to other providers) is left out."""
    if user.get("serviceAccountClientId"):
        return "is the account of a client: make an application of the type daemon instead, and take the line out"
    names = [user.get(one) for one in ("firstName", "lastName")]
    attributes = user.get("attributes") or {}
    locale = (attributes.get("locale") or [None])[0] if isinstance(attributes, dict) else None
    row = {
        "id": user.get("id"),
        "username": user.get("username"),
        "name": " ".join(name for name in names if isinstance(name, str) and name.strip()) or user.get("username"),
        "emails": user.get("email"),
        "locale": locale,
        "disabled": "yes" if user.get("enabled") is False else None,
        "password_digest": _digest(user.get("credentials")),
    }
    return {name: value for name, value in row.items() if value not in (None, "")}


def _digest(credentials: Any) -> str | None:
    """The first password of the list, which Keycloak keeps in the order of priority."""
    for one in credentials if isinstance(credentials, list) else ():
        if isinstance(one, dict) and one.get("type", "password") == "password":
            return json.dumps(one)
    return None
