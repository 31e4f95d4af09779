"""Applications (OAuth clients): what each may ask for, and the dated exceptions that legacy flows need."""

from typing import Literal

import msgspec
from msgspec import Struct
from sqlalchemy import Index, Table, bindparam, delete, select

from hoistway.protocol.ids import ClientId, CustomerId, ServiceAccountId
from hoistway.protocol.likeness import skeleton
from hoistway.protocol.sandbox import Environment
from hoistway.store.client_secrets import end_secrets
from hoistway.store.columns import (
    at,
    find_in,
    from_list,
    insert_all,
    key,
    optional_at,
    optional_number,
    optional_text,
    page_of,
    reference,
    switch_of,
    text,
    to_json,
    to_list,
    upsert,
)
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

CLIENTS = Table(
    "clients",
    METADATA,
    key(),
    text("name"),
    text("type"),
    text("redirect_uris"),
    text("post_logout_redirect_uris"),
    text("grants"),
    text("response_types"),
    text("scopes"),
    text("exceptions"),
    text("consent"),
    optional_text("access_token_alg"),
    optional_text("id_token_alg"),
    reference("customer_id", "customers.id", optional=True),
    reference("service_account_id", "service_accounts.id", optional=True),
    at("created_at"),
    optional_at("disabled_at"),
    text("environment"),
    optional_text("consent_text"),
    optional_text("name_key"),
    optional_at("ended_at"),
    optional_text("backchannel_logout_uri"),
    optional_number("backchannel_logout_session_required"),
    Index("ix_clients_customer", "customer_id", "created_at", "id"),
    Index("ix_clients_name", "name", "id"),
    Index("ix_clients_name_key", "name_key"),
)
CLIENT_URIS = Table(
    "client_uris",
    METADATA,
    reference("client_id", "clients.id", primary_key=True),
    key("kind"),
    key("uri"),
    Index("ix_client_uris_uri", "uri", "kind"),
)

ExceptionKind = Literal["implicit", "password", "no_pkce", "no_iss"]


class LegacyException(msgspec.Struct, frozen=True):
    """Why, and until when (seconds since the epoch), an application may use a flow that RFC 9700 advises against."""

    kind: ExceptionKind
    reason: str
    ends_at: int
    granted_by: str
    granted_at: int


class Client(Struct, frozen=True):
    """An application. `type` is web, desktop, mobile, single-page or daemon. `consent` is "implied" (the operator's own
    application) or "asked" (a third party's); `consent_text` is what its owner says on the consent page. What it was
    given up to and including `ended_at` is no longer valid. `customer_id` owns it. `environment` decides whose data its
    tokens open (protocol/sandbox) and never changes. At `backchannel_logout_uri` it is told that a session ended."""

    id: ClientId
    name: str
    type: str
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    grants: tuple[str, ...] = ()
    response_types: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    exceptions: tuple[LegacyException, ...] = ()
    consent: str = "asked"
    access_token_alg: str | None = None
    id_token_alg: str | None = None
    customer_id: CustomerId | None = None
    service_account_id: ServiceAccountId | None = None
    created_at: int = 0
    disabled_at: int | None = None
    environment: Environment = "production"
    consent_text: str | None = None
    ended_at: int | None = None
    backchannel_logout_uri: str | None = None
    backchannel_logout_session_required: bool = False

    @property
    def is_native(self) -> bool:
        return self.type in {"desktop", "mobile"}

    @property
    def is_third_party(self) -> bool:
        """People are asked for consent before it gets anything of theirs."""
        return self.consent != "implied"

    @property
    def is_confidential_type(self) -> bool:
        return self.type in {"web", "daemon"}

    def allowed(self, kind: ExceptionKind, now: int) -> LegacyException | None:
        """The exception that is in force now. None means that the flow is off for this application."""
        return next((e for e in self.exceptions if e.kind == kind and e.ends_at > now), None)


def client_row(
    id: str, name: str, type: str, redirect_uris: str, post_logout_redirect_uris: str, grants: str, response_types: str, scopes: str,
    exceptions: str, consent: str, access_token_alg: str | None, id_token_alg: str | None, customer_id: str | None,
    service_account_id: str | None, created_at: int, disabled_at: int | None, environment: str, consent_text: str | None,
    _name_key: str | None, ended_at: int | None, backchannel_logout_uri: str | None, backchannel_logout_session_required: int | None,
) -> Client:  # fmt: skip
    """Takes the columns in the order of the table."""
    return Client(
        ClientId(id), name, type, from_list(redirect_uris), from_list(post_logout_redirect_uris), from_list(grants),
        from_list(response_types), from_list(scopes), msgspec.json.decode(exceptions, type=tuple[LegacyException, ...]),
        consent, access_token_alg, id_token_alg, None if customer_id is None else CustomerId(customer_id),
        None if service_account_id is None else ServiceAccountId(service_account_id), created_at, disabled_at,
        # Any other value counts as production, so that an application is never in the sandbox, or out of it, by
        # mistake.
        "sandbox" if environment == "sandbox" else "production", consent_text, ended_at, backchannel_logout_uri,
        bool(backchannel_logout_session_required),
    )  # fmt: skip


def _columns(client: Client) -> dict[str, object]:
    return {
        "id": client.id, "name": client.name, "type": client.type, "redirect_uris": to_list(client.redirect_uris),
        "post_logout_redirect_uris": to_list(client.post_logout_redirect_uris), "grants": to_list(client.grants),
        "response_types": to_list(client.response_types), "scopes": to_list(client.scopes),
        "exceptions": to_json(client.exceptions), "consent": client.consent, "access_token_alg": client.access_token_alg,
        "id_token_alg": client.id_token_alg, "customer_id": client.customer_id,
        "service_account_id": client.service_account_id, "created_at": client.created_at, "disabled_at": client.disabled_at,
        "environment": client.environment, "consent_text": client.consent_text, "name_key": skeleton(client.name),
        "ended_at": client.ended_at, "backchannel_logout_uri": client.backchannel_logout_uri,
        "backchannel_logout_session_required": int(client.backchannel_logout_session_required),
    }  # fmt: skip


_C = CLIENTS.c
_INSERT = Statement(lambda: insert_all(CLIENTS), nothing)
_UPSERT = Statement(lambda: upsert(CLIENTS, keep=("created_at", "environment")), nothing)
_FIND = Statement(lambda: find_in(CLIENTS), client_row)
_LOCK = Statement(lambda: select(CLIENTS).where(_C.id == bindparam("id")).with_for_update(key_share=True), client_row)
_LIST = Statement(lambda: page_of(CLIENTS), client_row)
_OF_CUSTOMER = Statement(
    lambda: select(CLIENTS).where(_C.customer_id == bindparam("customer_id")).order_by(_C.id).limit(bindparam("most")),
    client_row,
)
_OPERATORS = Statement(
    lambda: select(CLIENTS).where(_C.customer_id.is_(None)).order_by(_C.id).limit(bindparam("most")), client_row
)
_DISABLE = Statement(lambda: switch_of(CLIENTS), nothing)
_CLEAR_URIS = Statement(lambda: delete(CLIENT_URIS).where(CLIENT_URIS.c.client_id == bindparam("client_id")), nothing)
_ADD_URI = Statement(lambda: insert_all(CLIENT_URIS, ignore=True), nothing)
_BY_URI = Statement(
    lambda: (
        select(CLIENT_URIS.c.client_id)
        .select_from(CLIENT_URIS.join(CLIENTS, _C.id == CLIENT_URIS.c.client_id))
        .where(CLIENT_URIS.c.uri == bindparam("uri"), CLIENT_URIS.c.kind == bindparam("kind"), _C.disabled_at.is_(None))
        # Applications in production come first.
        .order_by(_C.environment, _C.id)
        .limit(1)
    ),
    ClientId,
)


async def _index_uris(tx: Writer, client: Client, origins: frozenset[str]) -> None:
    await tx.run(_CLEAR_URIS, {"client_id": client.id})
    rows = [("origin", origin) for origin in sorted(origins)]
    rows += [("post_logout", uri) for uri in client.post_logout_redirect_uris]
    if rows:
        await tx.run_many(_ADD_URI, [{"client_id": client.id, "kind": kind, "uri": uri} for kind, uri in rows])


async def add_client(tx: Writer, client: Client, origins: frozenset[str] = frozenset()) -> None:
    """`origins` are the origins of its redirect URIs, whose pages may read answers (CORS). Raises Conflict where the id
    is taken."""
    await tx.run(_INSERT, _columns(client))
    await _index_uris(tx, client, origins)


async def put_client(tx: Writer, client: Client, origins: frozenset[str] = frozenset()) -> None:
    """Overwrites the row, except for the time of its creation and its environment."""
    await tx.run(_UPSERT, _columns(client))
    await _index_uris(tx, client, origins)


async def find_client(db: Reader, client_id: ClientId) -> Client | None:
    return await db.one(_FIND, {"id": client_id})


async def lock_client(tx: Writer, client_id: ClientId) -> Client | None:
    """Like `find_client`, and locks the row: other changes of it wait until this transaction ends."""
    return await tx.one(_LOCK, {"id": client_id})


async def list_clients(db: Reader, after: str = "", most: int = 100) -> list[Client]:
    return await db.all(_LIST, {"after": after, "most": most})


async def clients_of_customer(db: Reader, customer_id: CustomerId, most: int = 100) -> list[Client]:
    """Disabled ones included."""
    return await db.all(_OF_CUSTOMER, {"customer_id": customer_id, "most": most})


async def operators_clients(db: Reader, most: int = 100) -> list[Client]:
    """The applications that belong to no customer, which are the operator's own."""
    return await db.all(_OPERATORS, {"most": most})


async def set_client_disabled(tx: Writer, client_id: ClientId, at: int | None) -> bool:
    """Disabling ends its secrets, too: when it is enabled again, it must not be open to somebody who has the secret
    because of which it was disabled."""
    if at is not None:
        await end_secrets(tx, client_id, at)
    return await tx.run(_DISABLE, {"b_id": client_id, "at": at}) == 1


async def find_client_by_uri(db: Reader, uri: str, kind: Literal["origin", "post_logout"]) -> ClientId | None:
    """Finds an enabled application that registered this origin or sign-out URI; one in production is preferred."""
    return await db.one(_BY_URI, {"uri": uri, "kind": kind})
