"""Files as Keycloak's export writes them."""

import json
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.imports.digests import credential

_SPACE = uuid.UUID("f5b1b3d6-6a0e-4c0d-8f57-7d9a33d6a0b1")
CREATED = 1_614_834_367_123
SECRET = "b1946ac92492d2347c6235b4d2611184"


def kid(word: object) -> str:
    return str(uuid.uuid5(_SPACE, str(word)))


def user(word: object, *credentials: dict[str, Any], **more: Any) -> dict[str, Any]:
    """`more` replaces members, in Keycloak's words; without a credential there is one of PBKDF2."""
    return {
        "id": kid(word), "username": f"{word}@example.com", "firstName": "Person", "lastName": str(word), "email": f"{word}@example.com",
        "emailVerified": True, "createdTimestamp": CREATED, "enabled": True, "totp": False,
        "credentials": list(credentials) or [credential()], "disableableCredentialTypes": [], "requiredActions": [],
        "realmRoles": ["default-roles-contoso"], "notBefore": 0, "groups": [], **more,
    }  # fmt: skip


def client(word: str, *uris: str, **more: Any) -> dict[str, Any]:
    return {
        "id": kid(f"client {word}"), "clientId": word, "name": f"Program {word}", "rootUrl": "", "enabled": True,
        "clientAuthenticatorType": "client-secret", "secret": SECRET, "redirectUris": list(uris), "webOrigins": ["+"], "bearerOnly": False,
        "consentRequired": False, "standardFlowEnabled": True, "implicitFlowEnabled": False, "directAccessGrantsEnabled": False,
        "serviceAccountsEnabled": False, "publicClient": False, "protocol": "openid-connect",
        "attributes": {"post.logout.redirect.uris": "+"}, "defaultClientScopes": ["web-origins", "acr", "profile", "roles", "email"],
        "optionalClientScopes": ["address", "phone", "offline_access", "microprofile-jwt"], **more,
    }  # fmt: skip


def service(word: str, **more: Any) -> dict[str, Any]:
    """The user that Keycloak makes for a client's service account."""
    said = user(f"service-account-{word}", **more)
    return {**said, "username": f"service-account-{word}", "serviceAccountClientId": word, "credentials": []}


GROUPS = [
    {"id": kid("g1"), "name": "customers", "path": "/customers", "subGroups": [
        {"id": kid("g2"), "name": "a", "path": "/customers/a", "attributes": {"sites": ["c-a-s1"]}, "realmRoles": ["staff"], "subGroups": []},
        {"id": kid("g3"), "name": "b", "path": "/customers/b", "subGroups": []},
    ]},
    {"id": kid("g4"), "name": "machines", "path": "/machines", "subGroups": []},
]  # fmt: skip
ROLES = {
    "realm": [
        {"name": "default-roles-contoso", "composites": {"realm": ["offline_access"], "client": {"account": ["view-profile"]}}},
        {"name": "boss", "composite": True, "composites": {"realm": ["contoso-admin"]}},
        {"name": "contoso-admin", "composite": True, "composites": {"realm": ["boss"]}},
    ],
    "client": {"crm": [{"name": "lead", "composite": True, "composites": {"realm": ["boss"]}}]},
}  # fmt: skip
PROVIDERS = [
    {
        "alias": "corporate",
        "providerId": "oidc",
        "config": {"issuer": "https://login.contoso.example", "clientSecret": "x"},
    },
    {"alias": "saml", "providerId": "saml", "config": {}},
]


def realm(users: Sequence[Any] | None = (), clients: Sequence[Any] = (), **more: Any) -> dict[str, Any]:
    """One file; without `users` it has none."""
    own = [
        client(one, secret=None)
        for one in ("account", "admin-cli", "realm-management", "security-admin-console", "broker")
    ]
    said = {
        "id": kid("realm"), "realm": "contoso", "displayName": "Contoso", "enabled": True, "loginWithEmailAllowed": True,
        "duplicateEmailsAllowed": False, "roles": ROLES, "groups": GROUPS, "defaultRole": {"name": "default-roles-contoso"},
        "users": list(users or ()), "clients": [*own, *clients], "clientScopes": [{"name": "profile"}], "identityProviders": PROVIDERS,
        "components": {"org.keycloak.keys.KeyProvider": [{"config": {"privateKey": ["x"]}, "subComponents": {}}]},
        "keycloakVersion": "26.0.5", **more,
    }  # fmt: skip
    if users is None:
        del said["users"]
    return said


def text(said: Any) -> bytes:
    """As Jackson prints it."""
    return json.dumps(said, indent=2, separators=(",", " : "), ensure_ascii=False).encode()


def written(folder: Path, **files: bytes) -> Path:
    """The names of the files have underscores for dashes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / f"{name.replace('_', '-')}.json").write_bytes(data)
    return folder


MAPPING = """\
people:
  customer: {attribute: groups, values: {/customers/a: c-a, /customers/b: c-b}}
  role: {attribute: roles, administrator: [contoso-admin], member: [staff]}
  technical: {attribute: groups, values: [/machines]}
applications:
  password_grant: {reason: Programs of the old system, ends: 2099-12-31}
"""
