"""What a Keycloak realm's export holds, in its own words (https://www.keycloak.org/docs-api/latest/rest-api/index.html#RealmRepresentation)."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final, TypeVar

import msgspec
from msgspec import Raw, Struct, field

from hoistway.discreet import Discreet
from hoistway.imports.naming import Unread

MASKED: Final = "**********"
"""What a partial export has instead of secrets."""
LISTS: Final[Mapping[tuple[str, ...], int]] = {
    ("users",): 1024 * 1024, ("clients",): 1024 * 1024, ("groups",): 16 * 1024 * 1024, ("identityProviders",): 1024 * 1024,
    ("roles", "realm"): 1024 * 1024, ("roles", "client", "*"): 1024 * 1024, ("federatedUsers",): 1024 * 1024,
}  # fmt: skip
"""Which records are read, and how many bytes one may have: a group holds those below it."""
OWN_CLIENTS: Final = frozenset(
    {"account", "account-console", "admin-cli", "broker", "realm-management", "security-admin-console"}
)
"""Keycloak's own pages and tools."""
LONGEST_PATH: Final = 4000
MOST_ABOVE: Final = 64
"""Groups, one below the other."""
T = TypeVar("T")
Attributes = Mapping[str, Sequence[str]]


class Identity(Struct, frozen=True, rename="camel"):
    identity_provider: str | None = None
    user_id: str | None = None


class KeycloakUser(Struct, frozen=True, rename="camel"):
    id: str | None = None
    username: str | None = None
    enabled: bool | None = None
    email: str | None = None
    email_verified: bool | None = None
    first_name: str | None = None
    last_name: str | None = None
    created_timestamp: int | None = None
    attributes: dict[str, list[str | None] | str | None] | None = None
    credentials: list[dict[str, Any]] | None = None
    required_actions: list[str] | None = None
    realm_roles: list[str] | None = None
    client_roles: dict[str, list[str]] | None = None
    groups: list[str] | None = None
    federated_identities: list[Identity] | None = None
    federation_link: str | None = None
    service_account_client_id: str | None = None


class KeycloakClient(Discreet, frozen=True, rename="camel"):
    hidden: ClassVar[frozenset[str]] = frozenset({"secret"})

    client_id: str | None = None
    name: str | None = None
    enabled: bool | None = None
    protocol: str | None = None
    secret: str | None = None
    client_authenticator_type: str | None = None
    bearer_only: bool | None = None
    public_client: bool | None = None
    consent_required: bool | None = None
    standard_flow_enabled: bool | None = None
    implicit_flow_enabled: bool | None = None
    direct_access_grants_enabled: bool | None = None
    service_accounts_enabled: bool | None = None
    root_url: str | None = None
    redirect_uris: list[str] | None = None
    web_origins: list[str] | None = None
    default_client_scopes: list[str] | None = None
    optional_client_scopes: list[str] | None = None
    attributes: dict[str, Any] | None = None

    def attribute(self, name: str) -> str:
        value = (self.attributes or {}).get(name)
        return value if isinstance(value, str) else ""


class Provider(Struct, frozen=True, rename="camel"):
    alias: str | None = None
    provider_id: str | None = None
    config: dict[str, Any] | None = None


class _Composites(Struct, frozen=True):
    realm: list[str] | None = None
    client: dict[str, list[str]] | None = None


class KeycloakRole(Struct, frozen=True):
    name: str | None = None
    composites: _Composites | None = None


class KeycloakGroup(Struct, frozen=True, rename="camel"):
    name: str | None = None
    path: str | None = None
    attributes: dict[str, list[str | None] | str | None] | None = None
    realm_roles: list[str] | None = None
    client_roles: dict[str, list[str]] | None = None
    sub_groups: list["KeycloakGroup"] | None = None


def decoded(raw: Raw | bytes, kind: type[T]) -> T:
    """Raises Unread."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Unread(f"the record can't be read: {error}") from None


def roles_in(realm: Sequence[str] | None, client: Mapping[str, Sequence[str]] | None) -> list[str]:
    """Those of a client with its id before them, and a colon."""
    return [*(realm or ()), *(f"{one}:{name}" for one, names in (client or {}).items() for name in names)]


def values_in(attributes: Mapping[str, Any] | None) -> Attributes:
    """As lists of text, whatever they were written as."""
    found = {}
    for name, value in (attributes or {}).items():
        several = [one for one in (value if isinstance(value, list) else [value]) if one]
        if several:
            found[name] = several
    return found


def _checked(path: str) -> str:
    """A group's, which is written once for each group above it: without a bound a record of a megabyte would fill the memory. Raises
    Unread."""
    if len(path) > LONGEST_PATH or path.count("/") > MOST_ABOVE:
        raise Unread(
            f"the path of a group, {path[:40]!r}…, has more than {LONGEST_PATH} characters, or more than {MOST_ABOVE} groups: shorten it"
        )
    return path


class Group(Struct, frozen=True):
    attributes: Attributes
    roles: Sequence[str]


class Realm(Struct):
    """Of the realm that is imported: `texts` are those of its own members, `groups` by their paths; `above` what each role brings."""

    texts: dict[str, str] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    above: dict[str, list[str]] = field(default_factory=dict)
    issuers: dict[str, str] = field(default_factory=dict)

    def add_group(self, group: KeycloakGroup, above: str = "") -> None:
        """With those below it. Raises Unread."""
        waiting = [(group, above)]
        while waiting:
            one, parent = waiting.pop()
            path = _checked(one.path or f"{parent}/{(one.name or '').replace('/', '~/')}")
            self.groups[path] = Group(values_in(one.attributes), roles_in(one.realm_roles, one.client_roles))
            waiting += [(below, path) for below in one.sub_groups or ()]

    def add_role(self, role: KeycloakRole, client: str) -> None:
        if role.name and role.composites is not None:
            name = f"{client}:{role.name}" if client else role.name
            self.above[name] = roles_in(role.composites.realm, role.composites.client)

    def groups_of(self, paths: Sequence[str]) -> list[str]:
        """With those above them, the nearest first. Raises Unread."""
        found: dict[str, None] = {}
        for path in paths:
            parts = _checked(path).split("/")
            for end in range(len(parts), 1, -1):
                found["/".join(parts[:end])] = None
        return list(found)

    def roles_of(self, own: Sequence[str]) -> frozenset[str]:
        """With all that they bring; roles that bring each other end."""
        found, waiting = set[str](), list(own)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self.above.get(name, ())
        return frozenset(found)
