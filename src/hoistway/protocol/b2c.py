"""The three URL shapes of an Azure AD B2C tenant, read into tenant, policy and endpoint (docs/migrating.md)."""

import re
from typing import Literal

from msgspec import Struct

Rest = Literal["authorize", "token", "logout", "discovery", "keys"]

_TAILS: tuple[tuple[str, Rest], ...] = (
    ("oauth2/v2.0/authorize", "authorize"),
    ("oauth2/v2.0/token", "token"),
    ("oauth2/v2.0/logout", "logout"),
    ("v2.0/.well-known/openid-configuration", "discovery"),
    # Issuers of B2C end in a slash, and some libraries append the well-known path to it as it is.
    ("v2.0//.well-known/openid-configuration", "discovery"),
    ("discovery/v2.0/keys", "keys"),
)
# RFC 8414 section 3.1: the well-known segment stands before the issuer's path, whose last slash is removed.
_INSERTED = re.compile(r"/\.well-known/(?:oauth-authorization-server|openid-configuration)(/.+/v2\.0)/?")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,120}")


class B2CPath(Struct, frozen=True):
    """`policy` is in lower case, and None where the URL names none. Below `/tfp/` the issuer is a different one."""

    tenant: str
    policy: str | None
    rest: Rest
    is_tfp: bool = False


def issuer_of(base_url: str, tenant: str, policy: str, *, is_tfp: bool) -> str:
    """The issuer of what is issued on these paths; `tenant` is a GUID. Libraries compare it letter for letter with what
    they were told."""
    return f"{base_url}/tfp/{tenant}/{policy.lower()}/v2.0/" if is_tfp else f"{base_url}/{tenant}/v2.0/"


def read_path(path: str, p: str | None) -> B2CPath | None:
    """`p` is the query parameter of that name. Returns None where the path has another shape."""
    inserted = _INSERTED.fullmatch(path) if path.startswith("/.well-known/") else None
    if inserted is not None:
        path = f"{inserted[1]}/.well-known/openid-configuration"
    for tail, rest in _TAILS:
        if path.endswith("/" + tail):
            root, *front = path[: -len(tail) - 1].split("/")
            is_tfp = front[:1] == ["tfp"]
            if is_tfp:
                front = front[1:]
            if root or len(front) not in (1, 2) or not all(_NAME.fullmatch(name) for name in front):
                return None
            tenant, policy = front[0], front[1] if len(front) == 2 else p or ""
            if policy and not _NAME.fullmatch(policy):
                return None
            return B2CPath(tenant.lower(), policy.lower() or None, rest, is_tfp)
    return None
