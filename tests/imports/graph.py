"""Files as the Graph of an Azure AD B2C tenant writes them."""

import json
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

APP = "0123456789abcdef0123456789abcdef"
"""The id of b2c-extensions-app, without dashes."""
TENANT = "775527ff-9a37-4307-8b3d-cc311f58d925"
DOMAIN = "contoso.onmicrosoft.com"
_SPACE = uuid.UUID("9b7f2b0e-5c0e-4a37-9a3e-0b8f3d6a1c55")
NEXT = "https://graph.microsoft.com/v1.0/users?$skiptoken=next"


def oid(word: object) -> str:
    return str(uuid.uuid5(_SPACE, str(word)))


def local(name: str, kind: str = "emailAddress") -> dict[str, str]:
    return {"signInType": kind, "issuer": DOMAIN, "issuerAssignedId": name}


def federated(issuer: str, subject: str) -> dict[str, str]:
    return {"signInType": "federated", "issuer": issuer, "issuerAssignedId": subject}


def attribute(name: str) -> str:
    return f"extension_{APP}_{name}"


def user(word: object, *identities: dict[str, str], **more: Any) -> dict[str, Any]:
    """A local account; `more` replaces members, `attributes` are by their names alone."""
    attributes = {attribute(name): value for name, value in more.pop("attributes", {}).items()}
    technical = f"{oid(word)}@{DOMAIN}"
    return {
        "id": oid(word), "accountEnabled": True, "createdDateTime": "2021-03-04T05:06:07.1234567Z", "creationType": "LocalAccount",
        "displayName": f"Person {word}", "givenName": None, "surname": None, "mail": None, "otherMails": [],
        "userType": "Member", "userPrincipalName": technical, "passwordPolicies": "DisablePasswordExpiration",
        "passwordProfile": None, "preferredLanguage": None,
        "identities": [*(identities or (local(f"{word}@example.com"),)), local(technical, "userPrincipalName")],
        **attributes, **more,
    }  # fmt: skip


def page(records: Sequence[Any], *, more: bool = False, of: str = "users") -> bytes:
    said: dict[str, Any] = {
        "@odata.context": f"https://graph.microsoft.com/v1.0/$metadata#{of}",
        "value": list(records),
    }
    if more:
        said["@odata.nextLink"] = NEXT
    return json.dumps(said, ensure_ascii=False).encode()


def lines(records: Sequence[Any]) -> bytes:
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records).encode()


def written(folder: Path, name: str, data: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    return folder


MAPPING = f"""\
tenant:
  id: {TENANT}
  names: [{DOMAIN}]
  policies: {{B2C_1_ROPC: ropc, B2C_1_signin: sign_in}}
people:
  customer: {{attribute: CustomerNumber, values: {{"4711": c-a, "4712": c-b}}}}
  role: {{attribute: Role, administrator: [Admin]}}
  technical: {{attribute: AccountType, values: [technical]}}
"""


def mapping(folder: Path, text: str = MAPPING) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "mapping.yaml"
    file.write_text(text, encoding="utf-8")
    return str(file)
