"""Bodies about applications, their secrets and exceptions (docs/adr/0017-answers-and-document.md)."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Struct, UnsetType

from hoistway.api.bodies import said
from hoistway.manage.bodies import CreatedAt, DisabledAt, Instant, NextCursor, Waiting, moment, optional_moment
from hoistway.protocol.flows import flows_of
from hoistway.store.client_secrets import ClientSecret
from hoistway.store.clients import Client as ClientRow

Type = Literal["web", "desktop", "mobile", "single-page", "daemon"]
Flow = Literal["authorization_code", "refresh_token", "client_credentials", "password", "implicit"]
Alg = Literal["ES256", "RS256"]
_NAME = said("As people know it.", "Nightly report")
_TYPE = said("What it is; web applications and daemons have a secret.", "daemon")
_OWNER = said("The customer that owns it; null for one of the operator.", "c-1")
_URIS = said("Matched letter for letter.", ["https://app.example.com/callback"])
_OUTS = said("Where people go after signing out.", ["https://app.example.com/"])
_SCOPES = said("What it may ask for.", ["units.read"])
_ACCOUNT = said("The technical account of a daemon: it sees what that sees.", "0b5f6a0e-6d0c-4f0e-9a55-0d7c54a5b1f2")
_FLOWS = said("Which flows it is allowed.", ["client_credentials"])
_LOGOUT = said("Where it is told that a session ended (back-channel logout).", "https://app.example.com/logout")
_LOGOUT_SESSION = said("Whether it needs `sid` in what it is told.", False)
_CONSENT = said("asked: people are asked before it gets anything of theirs.", "asked")
_ALG = said("What signs its access tokens; null: what the API says.", None)


class Application(Struct):
    id: Annotated[str, said("The client_id.", "5a1d9c1e-52a1-4b86-8f3e-3d3f6f0a7c11")]
    name: Annotated[str, _NAME]
    type: Annotated[Type, _TYPE]
    environment: Annotated[Literal["production", "sandbox"], said("Whose data its tokens open.", "production")]
    customer_id: Annotated[str | None, _OWNER]
    service_account_id: Annotated[str | None, _ACCOUNT]
    redirect_uris: Annotated[list[str], _URIS]
    post_logout_redirect_uris: Annotated[list[str], _OUTS]
    scopes: Annotated[list[str], _SCOPES]
    flows: Annotated[list[Flow], _FLOWS]
    consent: Annotated[Literal["implied", "asked"], _CONSENT]
    access_token_alg: Annotated[str | None, _ALG]
    backchannel_logout_uri: Annotated[str | None, _LOGOUT]
    backchannel_logout_session_required: Annotated[bool, _LOGOUT_SESSION]
    created_at: CreatedAt
    disabled_at: DisabledAt


class ApplicationPage(Struct):
    items: list[Application]
    next_cursor: NextCursor


class NewApplication(Struct, forbid_unknown_fields=True):
    """People are asked for consent. Where two operators must approve, it begins without addresses and scopes, and these wait."""

    name: Annotated[str, _NAME]
    type: Annotated[Type, _TYPE]
    id: (
        Annotated[str, said("The client_id that it shall have; a new one without it.", "nightly-report")] | UnsetType
    ) = UNSET
    customer_id: Annotated[str, _OWNER] | UnsetType = UNSET
    redirect_uris: Annotated[list[str], _URIS] | UnsetType = UNSET
    post_logout_redirect_uris: Annotated[list[str], _OUTS] | UnsetType = UNSET
    scopes: Annotated[list[str], _SCOPES] | UnsetType = UNSET
    service_account_id: Annotated[str, _ACCOUNT] | UnsetType = UNSET


class ApplicationChange(Struct, forbid_unknown_fields=True):
    """A member that is left out stays as it is."""

    name: Annotated[str, _NAME] | UnsetType = UNSET
    redirect_uris: Annotated[list[str], _URIS] | UnsetType = UNSET
    post_logout_redirect_uris: Annotated[list[str], _OUTS] | UnsetType = UNSET
    scopes: Annotated[list[str], _SCOPES] | UnsetType = UNSET
    flows: Annotated[list[Flow], _FLOWS] | UnsetType = UNSET
    service_account_id: Annotated[str, _ACCOUNT] | UnsetType = UNSET
    backchannel_logout_uri: Annotated[str | None, _LOGOUT] | UnsetType = UNSET
    backchannel_logout_session_required: Annotated[bool, _LOGOUT_SESSION] | UnsetType = UNSET
    consent: Annotated[Literal["implied", "asked"], _CONSENT] | UnsetType = UNSET
    access_token_alg: Annotated[str | None, _ALG] | UnsetType = UNSET


class ApplicationMade(Struct):
    application: Application
    client_secret: Annotated[str | None, said("Shown this once; null where it has none, and in a dry run.", "hws_…")]
    waiting: Waiting | None


def application_body(row: ClientRow) -> Application:
    kind: Any = row.type
    consent: Any = row.consent
    flows: Any = list(flows_of(row.grants, row.response_types))
    return Application(
        row.id, row.name, kind, row.environment, row.customer_id, row.service_account_id, list(row.redirect_uris),
        list(row.post_logout_redirect_uris), list(row.scopes), flows, consent, row.access_token_alg,
        row.backchannel_logout_uri, row.backchannel_logout_session_required, moment(row.created_at), optional_moment(row.disabled_at),
    )  # fmt: skip


def made_body(body: Application, secrets: Mapping[str, str], waits: Waiting | None) -> ApplicationMade:
    return ApplicationMade(body, secrets.get("client_secret"), waits)


class Secret(Struct):
    id: Annotated[str, said("Of the secret, not the secret.", "0f3a9c1e52a14b86")]
    prefix: Annotated[str, said("How the secret begins.", "hws_Ab3d")]
    created_at: CreatedAt
    expires_at: Annotated[Instant | None, said("When it ends; null for one without an end.", None)]
    last_used_at: Annotated[Instant | None, said("When it last got a token; null where it never did.", None)]


class SecretList(Struct):
    items: list[Secret]


class NewSecret(Struct, forbid_unknown_fields=True):
    lifetime_days: Annotated[int | None, said("When it ends; null or left out: never.", 365)] | UnsetType = UNSET


class SecretMade(Struct):
    secret: Secret
    client_secret: Annotated[str | None, said("Shown this once; null in a dry run.", "hws_…")]


def secret_body(row: ClientSecret) -> Secret:
    return Secret(
        row.id, row.prefix, moment(row.created_at), optional_moment(row.expires_at), optional_moment(row.last_used_at)
    )


class LegacyFlow(Struct, forbid_unknown_fields=True):
    """A dated exception."""

    flow: Annotated[Literal["implicit", "password", "no_pkce", "no_iss"], said("Which flow is lent.", "password")]
    ends_on: Annotated[date, said("It ends when this day begins, UTC.", "2027-01-31")]
    reason: Annotated[str, said("Why it can't do without yet.", "the vendor's library knows nothing else")]

    def as_line(self) -> str:
        return f"{self.flow} {self.ends_on.isoformat()} {self.reason}"


class LegacyFlows(Struct, forbid_unknown_fields=True):
    """All of them: one that is left out ends."""

    items: list[LegacyFlow]


def exceptions_body(row: ClientRow) -> LegacyFlows:
    return LegacyFlows(
        [LegacyFlow(one.kind, datetime.fromtimestamp(one.ends_at, UTC).date(), one.reason) for one in row.exceptions]
    )
