"""The scopes of the management API: one for reading and one for changing each noun (docs/adr/0042-management-api.md)."""

from collections.abc import Iterable, Mapping
from typing import Final

from hoistway.protocol.ids import ApiId

MANAGE: Final = ApiId("manage")
PATH: Final = "/manage/v1"
NOUNS: Final[Mapping[str, str]] = {
    "customers": "customers",
    "sites": "sites",
    "units": "units",
    "access": "which customers see which units",
    "users": "people",
    "memberships": "places of people in customers",
    "invitations": "invitations to customers",
    "copies": "copies of what is held about people",
    "erasures": "erasing people",
    "accounts": "technical accounts",
    "passwords": "passwords of technical accounts",
    "applications": "applications",
    "secrets": "secrets of applications",
    "exceptions": "dated exceptions of applications",
    "apis": "APIs and their scopes",
    "tenants": "tenants and their policies",
    "connections": "older systems of tenants",
    "products": "products",
    "subscriptions": "subscriptions",
    "keys": "keys of subscriptions",
    "requests": "requests of customers for applications",
    "bulk": "jobs of many lines",
    "proposals": "changes that wait for a second operator",
    "audit": "the audit trail",
    "jobs": "jobs of the server",
}
"""What each noun is in words."""
_READ_ONLY: Final = frozenset({"audit", "copies", "jobs"})
_WRITE_ONLY: Final = frozenset({"erasures"})
_PREFIX: Final = "manage."


def read_scope_of(noun: str) -> str:
    return f"{_PREFIX}{noun}.read"


def write_scope_of(noun: str) -> str:
    """It does not include reading."""
    return f"{_PREFIX}{noun}.write"


SCOPES: Final[Mapping[str, str]] = {
    **{read_scope_of(noun): f"Read {words}" for noun, words in NOUNS.items() if noun not in _WRITE_ONLY},
    **{write_scope_of(noun): f"Change {words}" for noun, words in NOUNS.items() if noun not in _READ_ONLY},
}
"""What each allows."""


def manages(scopes: Iterable[str]) -> bool:
    """True where one of them is of the management API, of this version or a later one."""
    return any(scope.startswith(_PREFIX) for scope in scopes)


def only_manages(scopes: Iterable[str]) -> bool:
    """True where there are scopes, and all are of the management API."""
    held = tuple(scopes)
    return bool(held) and all(scope.startswith(_PREFIX) for scope in held)
