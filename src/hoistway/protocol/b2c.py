"""Recognises the addresses that programs written for an Azure AD B2C tenant use.

https://learn.microsoft.com/azure/active-directory-b2c/b2clogin
"""

import re
from dataclasses import dataclass
from typing import Literal, cast

Rest = Literal["authorize", "token", "logout", "discovery", "keys"]

_POLICY = r"[A-Za-z0-9_.-]{1,128}"
# The doubled slash: an issuer that ends in one, with the well-known path appended exactly (OpenID Connect Discovery §4).
_PATH = re.compile(
    r"/(?P<tfp>tfp/)?(?!tfp/)(?P<tenant>[A-Za-z0-9.-]{1,128})(?:/(?P<policy>" + _POLICY + r"))?/"
    r"(?:oauth2/v2\.0/(?P<flow>authorize|token|logout)"
    r"|v2\.0/(?P<discovery>/?\.well-known/openid-configuration)"
    r"|(?P<keys>discovery/v2\.0/keys))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class B2CPath:
    """`tenant` (a name or a GUID) and `policy` in lower case, because both are matched without case."""

    tenant: str
    policy: str | None
    rest: Rest


def read_path(path: str, query_p: str | None) -> B2CPath | None:
    """`/{tenant}/{policy}/…`, `/tfp/{tenant}/{policy}/…` or `/{tenant}/…?p={policy}`; None for any other path. The policy
    in the path wins over the one in the query."""
    found = _PATH.fullmatch(path)
    if not found or (query_p and not re.fullmatch(_POLICY, query_p)):
        return None
    policy = found["policy"] or (None if found["tfp"] else query_p)
    if found["tfp"] and not policy:
        return None
    rest = "discovery" if found["discovery"] else "keys" if found["keys"] else found["flow"].lower()
    return B2CPath(found["tenant"].lower(), policy.lower() if policy else None, cast(Rest, rest))
