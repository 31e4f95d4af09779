"""An application of an Azure AD B2C tenant as the Graph has it (https://learn.microsoft.com/graph/api/resources/application)."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Raw, Struct

OPENID, OFFLINE = "37f7f235-527c-4136-accd-4a02d197296e", "7427e0e9-2fba-42fe-b0c0-848c9e6a8182"
GRAPH: Final = "00000003-0000-0000-c000-000000000000"
"""The Graph itself, whose scopes these are."""
NATIVE_CLIENT: Final = "https://login.microsoftonline.com/"
"""Addresses there belong to Microsoft: nothing is sent to them."""
OWN_TOOLS: Final = re.compile(
    r"b2c-extensions-app\b.*|(?:Proxy)?IdentityExperienceFramework", re.IGNORECASE | re.DOTALL
)
_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class NoApplication(ValueError):
    """The text says what is wrong with the record, or why it is left behind, and what to do."""


class Scope(Struct, frozen=True, rename="camel"):
    id: str = ""
    value: str | None = None
    is_enabled: bool | None = True
    admin_consent_display_name: str | None = None
    user_consent_display_name: str | None = None


class _Api(Struct, frozen=True, rename="camel"):
    oauth2_permission_scopes: list[Scope] | None = None


class _Access(Struct, frozen=True, rename="camel"):
    id: str = ""
    type: str | None = None


class Required(Struct, frozen=True, rename="camel"):
    resource_app_id: str = ""
    resource_access: list[_Access] | None = None


class _Implicit(Struct, frozen=True, rename="camel"):
    enable_access_token_issuance: bool | None = None
    enable_id_token_issuance: bool | None = None


class _Web(Struct, frozen=True, rename="camel"):
    redirect_uris: list[str] | None = None
    logout_url: str | None = None
    implicit_grant_settings: _Implicit | None = None


class _Uris(Struct, frozen=True, rename="camel"):
    redirect_uris: list[str] | None = None


class _Secret(Struct, frozen=True, rename="camel"):
    hint: str | None = None
    display_name: str | None = None
    end_date_time: str | None = None


class _Graph(Struct, frozen=True, rename="camel"):
    app_id: str | None = None
    display_name: str | None = None
    sign_in_audience: str | None = None
    identifier_uris: list[str] | None = None
    is_fallback_public_client: bool | None = None
    api: _Api | None = None
    required_resource_access: list[Required] | None = None
    web: _Web | None = None
    spa: _Uris | None = None
    public_client: _Uris | None = None
    password_credentials: list[_Secret] | None = None
    key_credentials: list[Raw] | None = None
    deleted_date_time: str | None = None
    disabled_by_microsoft_status: str | None = None


_DECODE: Final = msgspec.json.Decoder(_Graph).decode


class GraphApplication(Struct, frozen=True):
    """`uris` are by where they stand: web, spa, native. `secrets` are (hint, end), `wanted` (application, id of a scope)."""

    id: str
    name: str
    identifier_uris: Sequence[str]
    scopes: Sequence[Scope]
    wanted: Sequence[tuple[str, str]]
    web: Sequence[str]
    spa: Sequence[str]
    native: Sequence[str]
    logout_url: str | None
    by_password: bool
    implicit: bool
    secrets: Sequence[tuple[str, str]]
    certificates: int
    disabled: bool

    @property
    def is_api(self) -> bool:
        return bool(self.identifier_uris and self.scopes)

    @property
    def is_program(self) -> bool:
        return bool(self.web or self.spa or self.native or self.by_password)


def read_application(raw: Raw | bytes) -> GraphApplication:
    """Raises NoApplication."""
    try:
        said = _DECODE(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise NoApplication(f"the record can't be read: {error}") from None
    app_id = (said.app_id or "").lower()
    if not _ID.fullmatch(app_id):
        raise NoApplication("its appId is no GUID: it stays what programs know as client_id, so it can't be made up")
    _check_own(said)
    web, implicit = said.web or _Web(), said.web and said.web.implicit_grant_settings
    return GraphApplication(
        app_id, said.display_name or app_id, said.identifier_uris or (),
        [one for one in (said.api.oauth2_permission_scopes if said.api else None) or () if one.value and one.is_enabled is not False],
        _wanted(said.required_resource_access or ()),
        web.redirect_uris or (), (said.spa and said.spa.redirect_uris) or (),
        (said.public_client and said.public_client.redirect_uris) or (), web.logout_url, said.is_fallback_public_client is True,
        bool(implicit and (implicit.enable_access_token_issuance or implicit.enable_id_token_issuance)),
        [(one.hint or one.display_name or "?", one.end_date_time or "?") for one in said.password_credentials or ()],
        len(said.key_credentials or ()), bool(said.disabled_by_microsoft_status),
    )  # fmt: skip


def _wanted(required: Sequence[Required]) -> list[tuple[str, str]]:
    return [
        (one.resource_app_id.lower(), access.id.lower()) for one in required for access in one.resource_access or ()
    ]


def _check_own(said: _Graph) -> None:
    """Raises NoApplication for what nobody signs in to."""
    if said.deleted_date_time:
        raise NoApplication("was deleted at the old system: restore it there, or leave it behind")
    if OWN_TOOLS.fullmatch(said.display_name or ""):
        raise NoApplication("is a tool of B2C itself, which nothing here needs")
    if said.sign_in_audience == "AzureADMyOrg" and not (said.identifier_uris or said.is_fallback_public_client):
        raise NoApplication(
            "is a tool of the tenant's administrators (AzureADMyOrg), to which nobody signs in: it stays behind"
        )


def id_in(raw: Raw | bytes) -> str | None:
    """For the report, of a record that is left out."""
    try:
        return _DECODE(raw).app_id
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
