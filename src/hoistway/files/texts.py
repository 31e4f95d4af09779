"""Between what a file says and what a form of the console would send: the same texts, by the names of a kind's entries."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from hoistway.files.document import (
    AccountFile,
    ApiFile,
    ApplicationFile,
    CustomerFile,
    ExceptionFile,
    TenantFile,
    described,
)
from hoistway.protocol.flows import FLOWS, flows_of
from hoistway.store.apis import Api
from hoistway.store.clients import Client
from hoistway.store.customers import Customer
from hoistway.store.service_accounts import ServiceAccount
from hoistway.things.tenants import NamedTenant

Texts = Mapping[str, str]
SETS: Final = frozenset(("redirect_uris", "post_logout_uris", "scopes", "flows", "exceptions", "names", "policies"))
"""Entries with a line for each value, whose order means nothing."""


def same(name: str, one: str, other: str) -> bool:
    return one == other or (name in SETS and set(one.splitlines()) == set(other.splitlines()))


def _pairs(values: Mapping[str, str]) -> str:
    return "\n".join(f"{name}={value}" for name, value in values.items())


def of_customer(said: CustomerFile) -> Texts:
    return {"id": said.id, "name": said.name, "second_factor": said.second_factor}


def of_api(said: ApiFile) -> Texts:
    return {
        "id": said.id, "name": said.name, "audience": said.audience, "uri": said.uri or said.audience, "scopes": _pairs(said.scopes),
        "token_lifetime": str(said.token_lifetime), "signing_alg": said.signing_alg, "b2c_signing_alg": said.b2c_signing_alg,
        "acr": said.acr, "max_age": str(said.max_age or ""), "client_id": said.introspector,
    }  # fmt: skip


def of_account(said: AccountFile) -> Texts:
    return {"username": said.username, "name": said.name or said.username, "customer": said.customer}


def of_tenant(said: TenantFile) -> Texts:
    return {
        "id": said.id, "names": "\n".join(name.lower() for name in said.names), "policies": _pairs(said.policies),
        "subject_text": said.subject_text,
    }  # fmt: skip


def of_application(said: ApplicationFile) -> Texts:
    """`account` is a user name, as forms take it."""
    return {
        "id": said.id, "name": said.name, "type": said.type, "customer": said.customer,
        "redirect_uris": "\n".join(said.redirect_uris), "post_logout_uris": "\n".join(said.post_logout_uris),
        "scopes": "\n".join(said.scopes), "flows": "\n".join(_flows(said)),
        "exceptions": "\n".join(f"{one.flow} {one.until} {' '.join(one.reason.split())}" for one in said.exceptions),
        "account": said.account, "consent": said.consent, "access_token_alg": said.access_token_alg,
        "backchannel_logout_uri": said.backchannel_logout_uri,
        "backchannel_logout_session_required": "yes" if said.backchannel_logout_session_required else "no",
    }  # fmt: skip


def _flows(said: ApplicationFile) -> list[str]:
    """As the console would begin it, with the flows of its exceptions."""
    if said.flows is not None:
        return said.flows
    alone = said.type == "daemon" and not said.account and not said.customer
    begins = (
        [] if alone else ["client_credentials"] if said.type == "daemon" else ["authorization_code", "refresh_token"]
    )
    allowed = {one.flow for one in said.exceptions}
    return [flow for flow in FLOWS if flow in begins or flow in allowed]


def file_of_customer(row: Customer) -> CustomerFile:
    factor = row.second_factor or "nobody"
    return described(CustomerFile, id=row.id, name=row.name, second_factor=factor, disabled=row.disabled_at is not None)


def file_of_api(row: Api) -> ApiFile:
    scopes = {one.spelled: " ".join(one.description.split()) for one in row.scopes}
    return ApiFile(
        row.id, row.name, row.audience, scopes, "" if row.uri == row.audience else row.uri, row.token_lifetime, row.signing_alg,
        row.b2c_signing_alg or "", row.acr or "", row.max_age or 0, row.client_id or "", row.disabled_at is not None,
    )  # fmt: skip


def file_of_account(row: ServiceAccount) -> AccountFile:
    name = "" if row.name == row.username else row.name
    return AccountFile(row.username, row.customer_id, name, row.disabled_at is not None)


def file_of_tenant(row: NamedTenant) -> TenantFile:
    kinds: dict[str, Any] = {one.name: one.kind for one in row.policies}
    return TenantFile(row.id, list(row.names), kinds, row.disabled_at is not None, row.subject_text or "")


def file_of_application(row: Client, account: ServiceAccount | None) -> ApplicationFile:
    """Without secrets: they are stored as digests."""
    exceptions = [
        ExceptionFile(one.kind, datetime.fromtimestamp(one.ends_at, UTC).date(), " ".join(one.reason.split()))
        for one in row.exceptions
    ]
    return described(
        ApplicationFile, id=row.id, name=row.name, type=row.type, customer=row.customer_id or "",
        redirect_uris=list(row.redirect_uris), post_logout_uris=list(row.post_logout_redirect_uris), scopes=list(row.scopes),
        flows=list(flows_of(row.grants, row.response_types)), exceptions=exceptions,
        account="" if account is None else account.username, consent="implied" if row.consent == "implied" else "asked",
        access_token_alg=row.access_token_alg or "", backchannel_logout_uri=row.backchannel_logout_uri or "",
        backchannel_logout_session_required=row.backchannel_logout_session_required, disabled=row.disabled_at is not None,
    )  # fmt: skip
