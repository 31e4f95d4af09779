"""The demo's directory: the customer's e-mail domain, and the SCIM token in demo.json (docs/adr/0033-scim.md)."""

from collections.abc import Callable
from typing import Any, Final

from hoistway.accounts.directory_tokens import add_token
from hoistway.authn.client import secret_digest
from hoistway.authn.scim_token import new_token
from hoistway.demo.world import FIRST
from hoistway.engine import time_ordered_id
from hoistway.federation.proofs import new_proof
from hoistway.protocol.ids import ProviderId
from hoistway.store.audit import Entry
from hoistway.store.audit_owners import write_entry
from hoistway.store.customers import lock_customer
from hoistway.store.db import Database, Writer
from hoistway.store.provider_domains import ProviderDomain, add_domain
from hoistway.store.providers import Provider, add_provider
from hoistway.store.scim_tokens import (
    MOST,
    find_scim_token,
    scim_tokens_of,
)
from hoistway.tokens.vault import Vault

DOMAIN: Final = "harbour-street.example"
"""People with addresses here get accounts when the directory pushes them."""
_DAYS: Final = 730
_PROVIDER: Final = ProviderId("demo-company-sign-in")


async def write_company_sign_in(tx: Writer, vault: Vault, now: int) -> None:
    """Switched off, because nothing answers at its issuer; its domain is proved, as SCIM needs it."""
    await add_provider(
        tx,
        Provider(
            _PROVIDER, FIRST, "Harbour Street", f"https://login.{DOMAIN}", "hoistway", "client_secret_basic",
            vault.seal(_PROVIDER, b"the demo's provider does not exist"), "verified", None, (), (), "here", now, now,
        ),
    )  # fmt: skip
    await add_domain(tx, ProviderDomain(_PROVIDER, DOMAIN, new_proof(), now, now))


async def keep_directory(
    db: Database, described: dict[str, Any], now: int, put: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """What demo.json says, with the `scim` of before while its token lives, and a new one otherwise, unless people made as
    many as a customer may have. `put` writes the file: before the token, so that a crash in between leaves no token
    that nobody knows."""
    base_url = f"{described['base_url']}/scim/v2/{FIRST}"
    before = described.get("scim")
    if before is not None:
        row = await find_scim_token(db, secret_digest(before["token"]))
        if row is not None and row.expires_at > now:
            return (
                described if before["base_url"] == base_url else _put(put, described, {**before, "base_url": base_url})
            )
    if sum(row.expires_at > now for row in await scim_tokens_of(db, FIRST)) >= MOST:
        return described
    row, value = new_token(FIRST, now, _DAYS)
    described = _put(put, described, {"base_url": base_url, "token": value, "customer_id": FIRST})
    async with db.write() as tx:
        await lock_customer(tx, FIRST)
        await add_token(tx, row)
        detail = {"id": row.id, "customer": FIRST}
        await write_entry(tx, Entry(time_ordered_id(), now, "scim.token_added", "server", detail=detail))
    return described


def _put(put: Callable[[dict[str, Any]], None], described: dict[str, Any], scim: dict[str, str]) -> dict[str, Any]:
    after = {**described, "scim": scim}
    put(after)
    return after
