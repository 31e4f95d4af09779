"""hoistway app."""

import uuid
from datetime import UTC, datetime
from typing import Annotated

import typer
from msgspec.structs import replace

from hoistway import clock
from hoistway.applications.apis import ScopeRefused, check_known_scopes, check_no_audience
from hoistway.applications.granting import origins_of
from hoistway.applications.logout_address import LogoutUriRefused, check_logout_uri
from hoistway.applications.managing import check_holder
from hoistway.approving.application_values import FLOWS, flow_of
from hoistway.authn.client_secret import new_secret
from hoistway.authn.managing import is_manager
from hoistway.commands.application_changes import add_flows, add_giving, flowing
from hoistway.commands.client_secrets import SECRET
from hoistway.commands.context import USAGE, AsJson, fail, in_transaction, note, read_settings, show_one
from hoistway.commands.named import account_called, add_list
from hoistway.commands.nouns import Id, add_showing, add_switching, noun, verb, visible
from hoistway.protocol.errors import InvalidRequest
from hoistway.protocol.ids import ClientId, CustomerId, ServiceAccountId
from hoistway.protocol.redirect_uri import check_registrable
from hoistway.store.client_secrets import add_secret
from hoistway.store.clients import (
    Client,
    LegacyException,
    add_client,
    find_client,
    lock_client,
    put_client,
    set_client_disabled,
)
from hoistway.store.db import Writer

APP = noun("Applications (OAuth clients).")
APP.add_typer(SECRET, name="secret")
add_list(APP, "application", "applications", ("id", "name", "type", "grants", "disabled_at"), find_client)
add_showing(APP, "application", find_client)
add_switching(
    APP, "application", set_client_disabled, "its tokens stop working within 5 seconds, and its secrets end for good"
)
add_flows(APP)
add_giving(APP)
TYPES = ("web", "desktop", "mobile", "single-page", "daemon")
Uris = Annotated[list[str] | None, typer.Option(help="Matched letter for letter; may be given again.")]


@verb(APP, "add", "Add an application; a secret, if it has one, is shown once.")
def add(
    name: Annotated[str, typer.Option(help="As people know it.")],
    kind: Annotated[str, typer.Option("--type", help=f"{', '.join(TYPES)}.")],
    redirect_uri: Uris = None,
    post_logout_uri: Uris = None,
    scope: Annotated[list[str] | None, typer.Option(help="A scope it may ask for; may be given again.")] = None,
    grant: Annotated[list[str] | None, typer.Option(help="A grant it may use; by default those of its type.")] = None,
    customer: Annotated[str | None, typer.Option(help="Id of the customer that owns it.")] = None,
    service_account: Annotated[
        str | None, typer.Option(help="Id or user name of a daemon's technical account.")
    ] = None,
    first_party: Annotated[
        bool, typer.Option("--first-party", help="The operator's own: people are not asked for consent.")
    ] = False,
    client_id: Annotated[str | None, typer.Option(help="Keep the id of an older system.")] = None,
    as_json: AsJson = False,
) -> None:
    if kind not in TYPES:
        fail(f"--type must be one of {', '.join(TYPES)}", USAGE)
    native = kind in {"desktop", "mobile"}
    try:
        uris = tuple(check_registrable(uri, native=native) for uri in redirect_uri or ())
        outs = tuple(check_registrable(uri, native=native) for uri in post_logout_uri or ())
    except InvalidRequest as error:
        fail(error.public, USAGE)
    default = ("client_credentials",) if kind == "daemon" else ("authorization_code", "refresh_token")
    client = flowing(
        Client(
            ClientId(client_id or str(uuid.uuid4())), name, kind, uris, outs, scopes=tuple(scope or ()),
            consent="implied" if first_party else "asked", customer_id=CustomerId(customer) if customer else None,
            created_at=clock.now(),
        ),
        tuple(grant or default),
    )  # fmt: skip
    secret, value = new_secret(client.id, clock.now())

    if service_account is None:
        _check_sees(client)

    async def work(tx: Writer) -> Client:
        try:
            await check_known_scopes(tx, client.scopes)
            await check_no_audience(tx, client.id)
        except ScopeRefused as error:
            fail(str(error))
        account = None if service_account is None else await _account_for(tx, client, service_account)
        row = _held(replace(client, service_account_id=account))
        await add_client(tx, row, origins_of(row))
        if client.is_confidential_type:
            await add_secret(tx, secret)
        await note(tx, "application.added", id=row.id)
        return row

    shown_once = {"client_secret": value} if client.is_confidential_type else {}
    show_one(visible(in_transaction(work)) | shown_once, as_json)


def _check_sees(client: Client) -> None:
    """Without a technical account. Ends the command for a daemon that would see nothing."""
    if client.type == "daemon" and "client_credentials" in client.grants and not is_manager(client):
        fail("a daemon sees what its technical account sees: name one with --service-account", USAGE)


def _held(client: Client) -> Client:
    """Ends the command where it would hold scopes of the management API that it may not."""
    try:
        check_holder(client)
    except ScopeRefused as error:
        fail(str(error))
    return client


async def _account_for(tx: Writer, client: Client, word: str) -> ServiceAccountId:
    """The technical account with that id or user name; it must belong to the application's own customer."""
    account = await account_called(tx, word)
    if account is None:
        fail(f"there is no service account {word}: add it with `hoistway service-account add`")
    if client.customer_id is not None and account.customer_id != client.customer_id:
        fail(f"the service account {word} belongs to {account.customer_id}, the application to {client.customer_id}")
    return account.id


@verb(APP, "bind", "Let a daemon see what another technical account sees.")
def bind(
    client_id: Id,
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Id or user name of the technical account.")],
    as_json: AsJson = False,
) -> None:
    async def work(tx: Writer) -> Client:
        client = await lock_client(tx, ClientId(client_id))
        if client is None:
            fail(f"there is no application {client_id}")
        if client.type != "daemon":
            fail(f"the application {client_id} is no daemon: people sign in to it, so it has no account of its own")
        if client.environment == "sandbox":
            fail(f"the application {client_id} is of the sandbox: it sees simulated units alone")
        changed = _held(replace(client, service_account_id=await _account_for(tx, client, account)))
        await put_client(tx, changed, origins_of(changed))
        facts = {"account": changed.service_account_id, "before": client.service_account_id}
        await note(tx, "application.bound", id=client_id, **facts)
        return changed

    show_one(visible(in_transaction(work)), as_json)


@verb(APP, "logout", "Set where an application is told that a session ended (back-channel logout), or tell it no more.")
def logout(
    client_id: Id,
    uri: Annotated[str | None, typer.Argument(metavar="[URI]", help="https, with a full public name.")] = None,
    none: Annotated[bool, typer.Option("--none", help="It is told no more.")] = False,
    session_required: Annotated[
        bool, typer.Option("--session-required", help="It needs sid in logout tokens, where it always is.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    if (uri is None) != none:
        fail("give an address, or --none", USAGE)

    async def work(tx: Writer) -> Client:
        client = await lock_client(tx, ClientId(client_id))
        if client is None:
            fail(f"there is no application {client_id}")
        try:
            check_logout_uri(uri, client, loopback=read_settings().outbound_loopback)
        except LogoutUriRefused as error:
            fail(str(error), USAGE)
        changed = replace(
            client, backchannel_logout_uri=uri, backchannel_logout_session_required=session_required and not none
        )
        await put_client(tx, changed, origins_of(changed))
        await note(
            tx, "application.logout_changed", id=client_id, uri=uri, before=client.backchannel_logout_uri,
            session_required=changed.backchannel_logout_session_required,
        )  # fmt: skip
        return changed

    show_one(visible(in_transaction(work)), as_json)


@verb(APP, "allow", "Allow an application a legacy flow by name, with a reason and an end date.")
def allow(
    client_id: Id,
    kind: Annotated[
        str, typer.Argument(metavar="FLOW", help=" ".join(f"{kind}: {what}." for kind, what in FLOWS.items()))
    ],
    reason: Annotated[str, typer.Option(help="Why it can't do without yet; goes into the audit trail.")],
    ends: Annotated[datetime, typer.Option(help="It ends when this day begins (UTC).", formats=["%Y-%m-%d"])],
    as_json: AsJson = False,
) -> None:
    if kind not in FLOWS:
        fail(f"the flow must be one of {', '.join(FLOWS)}", USAGE)
    until, now = int(ends.replace(tzinfo=UTC).timestamp()), clock.now()
    if until <= now:
        fail("--ends must lie in the future", USAGE)

    async def work(tx: Writer) -> Client:
        client = await lock_client(tx, ClientId(client_id))
        if client is None:
            fail(f"there is no application {client_id}")
        entry = LegacyException(kind, reason, until, "cli", now)
        if kind == "no_pkce" and not client.is_confidential_type:
            fail(
                f"the application {client_id} has no secret, so PKCE is required of it whatever is allowed: turn it on there"
            )
        kept = (e for e in client.exceptions if e.kind != kind)
        changed = replace(client, exceptions=(*kept, entry), **flow_of(client, kind))
        await put_client(tx, changed, origins_of(changed))
        await note(tx, "application.exception_granted", id=client_id, kind=kind, reason=reason, ends_at=until)
        return changed

    show_one(visible(in_transaction(work)), as_json)
