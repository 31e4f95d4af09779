"""hoistway provider: companies' own sign-in (docs/adr/0032-providers.md)."""

import sys
from typing import Annotated, Any

import typer

from hoistway import clock
from hoistway.commands.context import USAGE, AsJson, fail, in_transaction, note, read_settings, show_one, with_database
from hoistway.commands.nouns import noun, verb
from hoistway.commands.tables import show
from hoistway.environment import open_vault
from hoistway.federation.checking import check_provider
from hoistway.federation.connecting import (
    AUTHS,
    Given,
    Wrong,
    add_new,
    changed,
    check_given,
    check_room,
    new_provider,
    public_key_of,
    switch_provider,
    take_provider_away,
)
from hoistway.outbound.fetcher import Fetcher
from hoistway.outbound.openid import Providers
from hoistway.protocol.ids import CustomerId, ProviderId
from hoistway.store.customers import lock_customer
from hoistway.store.db import Database, Reader, Writer
from hoistway.store.provider_domains import ProviderDomain, domains_of
from hoistway.store.providers import (
    Provider,
    all_providers,
    change_provider,
    find_provider,
    lock_provider,
)
from hoistway.tokens.vault import Vault

PROVIDER = noun("Companies' own OpenID providers, with which their people sign in.")
Name = Annotated[str, typer.Argument(metavar="PROVIDER_ID", help="The provider's id, from `provider list`.")]
FromStdin = Annotated[bool, typer.Option("--secret-stdin", help="Read the client secret from standard input.")]
COLUMNS = ("id", "customer_id", "name", "issuer", "client_id", "auth", "disabled_at")


def shown(row: Provider, base_url: str, vault: Vault | None = None) -> dict[str, Any]:
    """Without the secret; with what must be entered at the provider."""
    found = {name: getattr(row, name) for name in row.__struct_fields__ if name not in row.hidden}
    found["redirect_uri"] = f"{base_url}/sign-in/provider/{row.id}/callback"
    found["backchannel_logout_uri"] = f"{base_url}/sign-in/provider/{row.id}/logout"
    if row.sign_out == "there":
        found["post_logout_redirect_uri"] = f"{base_url}/sign-in/provider/signed-out"
    key = None if vault is None else public_key_of(row, vault)
    return found if key is None else found | {"public_key": key}


def read_secret() -> str:
    secret = sys.stdin.readline().rstrip("\r\n")
    if not secret:
        fail("--secret-stdin: standard input holds no line", USAGE)
    return secret


async def found_provider(db: Reader, provider_id: str) -> Provider:
    row = await find_provider(db, ProviderId(provider_id))
    if row is None:
        fail(f"there is no provider {provider_id}: `hoistway provider list` shows them")
    return row


async def locked_provider(tx: Writer, provider_id: str) -> Provider:
    """The customer is locked first, as everywhere."""
    row = await found_provider(tx, provider_id)
    await lock_customer(tx, row.customer_id)
    return await lock_provider(tx, row.id) or await found_provider(tx, provider_id)


@verb(PROVIDER, "add", "Connect a company's provider; the redirect URI that it must know is shown.")
def add(
    customer: Annotated[str, typer.Option(help="Id of the customer whose people sign in there.")],
    name: Annotated[str, typer.Option(help="As people of the company call it.")],
    issuer: Annotated[str, typer.Option(help="Its issuer, letter by letter as its description names it.")],
    client_id: Annotated[str, typer.Option("--client-id", help="The id that it gave us.")],
    auth: Annotated[str, typer.Option(help=f"How we prove ourselves: {', '.join(AUTHS)}.")] = "client_secret_basic",
    secret_stdin: FromStdin = False,
    trust_addresses: Annotated[
        bool,
        typer.Option(
            "--trust-addresses", help="Its addresses of proved domains count without email_verified (Entra ID)."
        ),
    ] = False,
    role_claim: Annotated[str | None, typer.Option(help="Claim with values for roles, such as groups.")] = None,
    administrator: Annotated[
        list[str] | None, typer.Option(help="Value that makes an administrator; may be given again.")
    ] = None,
    member: Annotated[
        list[str] | None, typer.Option(help="Value that makes a member; nobody else gets in then.")
    ] = None,
    sign_out_there: Annotated[bool, typer.Option("--sign-out-there", help="Signing out leads there, too.")] = False,
    as_json: AsJson = False,
) -> None:
    settings = read_settings()
    vault = open_vault(settings)
    given = Given(
        name, issuer, client_id, auth, read_secret() if secret_stdin else None,  # type: ignore[arg-type]  # checked below
        "trusted" if trust_addresses else "verified", role_claim, tuple(administrator or ()), tuple(member or ()),
        "there" if sign_out_there else "here",
    )  # fmt: skip

    async def work(tx: Writer) -> None:
        if await lock_customer(tx, CustomerId(customer)) is None:
            fail(f"there is no customer {customer}")
        await add_new(tx, row)
        await note(tx, "provider.added", id=row.id, customer=customer, issuer=issuer)

    try:
        check_given(given, loopback=settings.outbound_loopback)
        with_database(lambda db: check_room(db, CustomerId(customer)))
        row = new_provider(vault, CustomerId(customer), given, clock.now())
        in_transaction(work)
    except Wrong as error:
        fail(str(error), USAGE)
    show_one(shown(row, settings.base_url, vault), as_json)


@verb(PROVIDER, "list", "List the providers of all customers.")
def list_all(as_json: AsJson = False) -> None:
    rows = with_database(all_providers)
    show([{name: getattr(row, name) for name in COLUMNS} for row in rows], as_json, COLUMNS)


@verb(PROVIDER, "show", "Show one provider, what it must know of us, and its domains.")
def show_provider(provider: Name, as_json: AsJson = False) -> None:
    settings = read_settings()

    async def work(db: Database) -> tuple[Provider, list[ProviderDomain]]:
        row = await found_provider(db, provider)
        return row, await domains_of(db, row.id)

    row, domains = with_database(work)
    named = [one.domain if one.proved_at else f"{one.domain} (not proved)" for one in domains]
    show_one(shown(row, settings.base_url, open_vault(settings)) | {"domains": named}, as_json)


@verb(PROVIDER, "secret", "Give the provider's new client secret, read from standard input.")
def secret(provider: Name, as_json: AsJson = False) -> None:
    vault, value = open_vault(read_settings()), read_secret()

    async def work(tx: Writer) -> None:
        row = await locked_provider(tx, provider)
        await change_provider(tx, changed(row, vault, value))
        await note(tx, "provider.changed", id=row.id, what="secret")

    try:
        in_transaction(work)
    except Wrong as error:
        fail(str(error), USAGE)
    show_one({"id": provider, "changed": "secret"}, as_json)


@verb(
    PROVIDER,
    "check",
    "Read the provider's description and keys, and say what is wrong. Ends with 1 where nobody could sign in.",
)
def check(provider: Name, as_json: AsJson = False) -> None:
    settings = read_settings()

    async def work(db: Database) -> list[Any]:
        row = await found_provider(db, provider)
        fetcher = Fetcher(loopback=settings.outbound_loopback)
        return list(await check_provider(Providers(fetcher), row, await domains_of(db, row.id), clock.now()))

    findings = with_database(work)
    show([{"level": one.level, "text": one.say("en")} for one in findings], as_json, ("level", "text"))
    if any(one.level == "wrong" for one in findings):
        raise typer.Exit(1)


def _switched(provider: str, at: int | None, as_json: bool) -> None:
    async def work(tx: Writer) -> int:
        row = await locked_provider(tx, provider)
        ended = await switch_provider(tx, row, at)
        if at is None:
            await note(tx, "provider.enabled", id=row.id)
        else:
            await note(tx, "provider.disabled", id=row.id, sessions=ended)
        return ended

    ended = in_transaction(work)
    show_one({"id": provider, "disabled_at": at, "sessions_ended": ended}, as_json)


@verb(PROVIDER, "disable", "Disable a provider: its sessions end, nobody is led there, and passwords count again.")
def disable(provider: Name, as_json: AsJson = False) -> None:
    _switched(provider, clock.now(), as_json)


@verb(PROVIDER, "enable", "Enable a provider again.")
def enable(provider: Name, as_json: AsJson = False) -> None:
    _switched(provider, None, as_json)


@verb(
    PROVIDER, "remove", "Remove a provider with its domains; accounts that it made stay, and are known to it no more."
)
def remove(provider: Name, as_json: AsJson = False) -> None:
    async def work(tx: Writer) -> int:
        row = await locked_provider(tx, provider)
        ended = await take_provider_away(tx, row)
        await note(tx, "provider.removed", id=row.id, customer=row.customer_id, issuer=row.issuer, sessions=ended)
        return ended

    show_one({"removed": provider, "sessions_ended": in_transaction(work)}, as_json)
