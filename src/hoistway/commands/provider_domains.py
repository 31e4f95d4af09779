"""hoistway provider domain: e-mail domains that lead people to their company's provider."""

from typing import Annotated

import typer

from hoistway import clock
from hoistway.commands.context import USAGE, AsJson, fail, in_transaction, note, read_settings, show_one, with_database
from hoistway.commands.nouns import noun, verb
from hoistway.commands.providers import Name, found_provider, locked_provider
from hoistway.commands.tables import show
from hoistway.federation.connecting import Wrong, look_for_proof, name_domain, settle_proof
from hoistway.federation.proofs import record_of
from hoistway.outbound.names import look_up
from hoistway.protocol.email_domain import read_domain
from hoistway.protocol.numbers import read_whole
from hoistway.store.db import Database, Writer
from hoistway.store.provider_domains import ProviderDomain, domains_of, find_domain, remove_domain

DOMAIN = noun("E-mail domains of a provider: each is proved by a TXT record.")
Domain = Annotated[str, typer.Argument(metavar="DOMAIN", help="What stands behind the @.")]
COLUMNS = ("domain", "proved_at", "record", "proof")


def _row(one: ProviderDomain) -> dict[str, object]:
    return {"domain": one.domain, "proved_at": one.proved_at, "record": record_of(one.domain), "proof": one.proof}


@verb(DOMAIN, "add", "Name a domain; the TXT record that proves it is shown.")
def add(provider: Name, domain: Domain, as_json: AsJson = False) -> None:
    async def work(tx: Writer) -> ProviderDomain:
        row = await locked_provider(tx, provider)
        named = await name_domain(tx, row, domain, clock.now())
        await note(tx, "provider.domain_added", id=row.id, domain=named.domain)
        return named

    try:
        show_one(_row(in_transaction(work)), as_json)
    except Wrong as error:
        fail(str(error), USAGE)


@verb(DOMAIN, "list", "List the domains of a provider.")
def list_all(provider: Name, as_json: AsJson = False) -> None:
    async def work(db: Database) -> list[ProviderDomain]:
        return await domains_of(db, (await found_provider(db, provider)).id)

    show([_row(one) for one in with_database(work)], as_json, COLUMNS)


@verb(DOMAIN, "prove", "Look the TXT record up; from then on people of the domain sign in with the provider.")
def prove(
    provider: Name,
    domain: Domain,
    server: Annotated[
        str | None, typer.Option(help="Address of a name server to ask, instead of this machine's.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    read_settings()
    host, _, port = (server or "").partition("#")

    async def read(db: Database) -> ProviderDomain:
        row = await found_provider(db, provider)
        named = await find_domain(db, row.id, read_domain(domain) or "")
        if named is None:
            fail(f"the provider has no domain {domain}: `hoistway provider domain add` names it")
        await look_for_proof(look_up([host] if host else (), read_whole(port or "53", 1, 65_535) or 53), named)
        return named

    async def work(tx: Writer) -> None:
        row = await locked_provider(tx, provider)
        await settle_proof(tx, named, clock.now())
        await note(tx, "provider.domain_proved", id=row.id, domain=named.domain)

    try:
        named = with_database(read)
        in_transaction(work)
    except Wrong as error:
        fail(str(error))
    show_one({"domain": named.domain, "proved": True}, as_json)


@verb(DOMAIN, "remove", "Remove a domain: nobody is led to the provider by it any more.")
def remove(provider: Name, domain: Domain, as_json: AsJson = False) -> None:
    async def work(tx: Writer) -> None:
        row = await locked_provider(tx, provider)
        if not await remove_domain(tx, row.id, read_domain(domain) or ""):
            fail(f"the provider has no domain {domain}")
        await note(tx, "provider.domain_removed", id=row.id, domain=domain)

    in_transaction(work)
    show_one({"removed": domain}, as_json)
