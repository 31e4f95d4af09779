"""Bodies about APIs, and tenants of B2C-shaped paths (docs/adr/0017-answers-and-document.md)."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Struct, UnsetType

from hoistway.api.bodies import said
from hoistway.manage.bodies import CreatedAt, DisabledAt, NextCursor, moment, optional_moment
from hoistway.store.apis import Api as ApiRow
from hoistway.things.tenants import NamedTenant

_NAME = said("As people know it.", "Meter readings")
_LIFETIME = said("Of its access tokens, in seconds.", 3600)
_ALG = said("What signs its access tokens.", "ES256")
_B2C_ALG = said("What signs them on B2C-shaped paths; null is RS256.", None)
_ACR = said("What a sign-in must amount to (RFC 9470); null where it does not matter.", None)
_AGE = said("How old a sign-in may be, in seconds; null where it does not matter.", None)
_INTROSPECTOR = said("The application that may introspect its tokens; null for none.", None)


class Scope(Struct, forbid_unknown_fields=True, omit_defaults=True):
    name: Annotated[str, said("What programs ask for.", "readings.read")]
    description: Annotated[str, said("What the consent page says of it.", "See your readings")]
    wire: Annotated[str | None, said("What programs write behind the URI instead; null for the name.", None)] = None

    def as_line(self) -> str:
        return (
            f"{self.name}={self.description}" if self.wire is None else f"{self.name} as {self.wire}={self.description}"
        )


class Api(Struct):
    id: Annotated[str, said("Chosen at its creation, never changed.", "readings")]
    name: Annotated[str, _NAME]
    audience: Annotated[str, said("`aud` of its tokens, never changed.", "https://readings.example.com")]
    uri: Annotated[str, said("The prefix by which programs ask for its scopes.", "https://readings.example.com")]
    scopes: list[Scope]
    token_lifetime: Annotated[int, _LIFETIME]
    signing_alg: Annotated[str, _ALG]
    b2c_signing_alg: Annotated[str | None, _B2C_ALG]
    acr: Annotated[str | None, _ACR]
    max_age: Annotated[int | None, _AGE]
    client_id: Annotated[str | None, _INTROSPECTOR]
    created_at: CreatedAt
    disabled_at: DisabledAt


class ApiPage(Struct):
    items: list[Api]
    next_cursor: NextCursor


class NewApi(Struct, forbid_unknown_fields=True):
    id: Annotated[str, said("1 to 100 characters without blanks.", "readings")]
    name: Annotated[str, _NAME]
    audience: Annotated[str, said("`aud` of its tokens.", "https://readings.example.com")]
    scopes: list[Scope]
    uri: Annotated[str, said("The audience where it is left out.", "https://readings.example.com")] | UnsetType = UNSET
    token_lifetime: Annotated[int, _LIFETIME] | UnsetType = UNSET
    signing_alg: Annotated[str, _ALG] | UnsetType = UNSET
    client_id: Annotated[str, _INTROSPECTOR] | UnsetType = UNSET


class ApiChange(Struct, forbid_unknown_fields=True):
    """A member that is left out stays as it is; null takes a value away."""

    name: Annotated[str, _NAME] | UnsetType = UNSET
    scopes: list[Scope] | UnsetType = UNSET
    token_lifetime: Annotated[int, _LIFETIME] | UnsetType = UNSET
    signing_alg: Annotated[str, _ALG] | UnsetType = UNSET
    b2c_signing_alg: Annotated[str | None, _B2C_ALG] | UnsetType = UNSET
    acr: Annotated[str | None, _ACR] | UnsetType = UNSET
    max_age: Annotated[int | None, _AGE] | UnsetType = UNSET
    client_id: Annotated[str | None, _INTROSPECTOR] | UnsetType = UNSET


def api_body(row: ApiRow) -> Api:
    return Api(
        row.id, row.name, row.audience, row.uri, [Scope(one.name, one.description, one.wire) for one in row.scopes], row.token_lifetime,
        row.signing_alg, row.b2c_signing_alg, row.acr, row.max_age, row.client_id, moment(row.created_at),
        optional_moment(row.disabled_at),
    )  # fmt: skip


_NAMES = said("Its names in addresses.", ["contoso.onmicrosoft.com"])
_SUBJECT = said(
    "What stands in `sub` of tokens at its paths, for programs that expect a sentence; null for the account's id.", None
)


class Policy(Struct, forbid_unknown_fields=True):
    name: Annotated[str, said("Its name in addresses; case does not count.", "B2C_1_SignIn")]
    kind: Annotated[Literal["sign_in", "ropc"], said("For signing in on pages, or for the password grant.", "sign_in")]

    def as_line(self) -> str:
        return f"{self.name}={self.kind}"


class Tenant(Struct):
    id: Annotated[str, said("A GUID, never changed.", "6f1f9a52-40b5-4f8b-9a61-3d6b0a3f6f10")]
    names: Annotated[list[str], _NAMES]
    policies: list[Policy]
    subject_text: Annotated[str | None, _SUBJECT]
    disabled_at: DisabledAt


class TenantPage(Struct):
    items: list[Tenant]
    next_cursor: NextCursor


class NewTenant(Struct, forbid_unknown_fields=True):
    names: Annotated[list[str], _NAMES]
    policies: list[Policy]
    subject_text: Annotated[str, _SUBJECT] | UnsetType = UNSET
    id: (
        Annotated[str, said("That it shall keep; a new one without it.", "6f1f9a52-40b5-4f8b-9a61-3d6b0a3f6f10")]
        | UnsetType
    ) = UNSET


class TenantChange(Struct, forbid_unknown_fields=True):
    """A member that is left out stays as it is; of a list, what is left out is removed."""

    names: Annotated[list[str], _NAMES] | UnsetType = UNSET
    policies: list[Policy] | UnsetType = UNSET
    subject_text: Annotated[str | None, _SUBJECT] | UnsetType = UNSET


def tenant_body(row: NamedTenant) -> Tenant:
    kinds: dict[str, Any] = {one.name: one.kind for one in row.policies}
    return Tenant(
        row.id,
        list(row.names),
        [Policy(name, kind) for name, kind in kinds.items()],
        row.subject_text,
        optional_moment(row.disabled_at),
    )
