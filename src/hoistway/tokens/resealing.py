"""Seals again, under the newest master key, what the database holds under an older one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Final

from hoistway.store.db import Writer
from hoistway.store.erasures import put_rest, sealed_erasures
from hoistway.store.keys import all_keys, reseal_key
from hoistway.store.one_time_codes import reseal_codes, sealed_codes
from hoistway.store.providers import all_providers, reseal_provider
from hoistway.store.secrets import all_sealed, reseal
from hoistway.tokens.vault import Vault

AT_ONCE: Final = 500
Sealed = tuple[str, bytes, Callable[[bytes, bytes], Awaitable[bool]]]
"""Its name, what is stored, and what puts another text in its place, which returns False where somebody else was faster."""


async def _everything(tx: Writer) -> AsyncIterator[Sealed]:
    """Signing keys, shared secrets, secrets for providers and of one-time codes, and unfinished erasures: whatever lies in the
    database under the master key, for a key that is forgotten opens nothing any more."""
    for row in await all_keys(tx):
        yield row.id, row.sealed, partial(reseal_key, tx, row.id)
    for name, sealed in await all_sealed(tx):
        yield name, sealed, partial(reseal, tx, name)
    for provider in await all_providers(tx):
        yield provider.id, provider.sealed, partial(reseal_provider, tx, provider.id)
    for one in await sealed_erasures(tx):
        if one.rest is not None:
            yield one.digest, one.rest, partial(put_rest, tx, one.digest)
    behind = ""
    while codes := await sealed_codes(tx, behind, AT_ONCE):
        behind = codes[-1].user_id
        for code in codes:
            # As authn/factors.secret_name says, which this room does not import.
            yield f"one-time-code {code.user_id}", code.sealed, partial(reseal_codes, tx, code.user_id)


async def count_sealed(tx: Writer, vault: Vault) -> tuple[int, int]:
    """(how many of them are sealed under an older key, how many there are). Raises WrongMasterKey."""
    older = every = 0
    async for name, sealed, _put in _everything(tx):
        vault.open(name, sealed)
        older, every = older + (not vault.is_newest(name, sealed)), every + 1
    return older, every


async def reseal_all(tx: Writer, vault: Vault) -> int:
    """Returns how many were sealed again. Raises WrongMasterKey."""
    done = 0
    async for name, sealed, put in _everything(tx):
        if not vault.is_newest(name, sealed):
            done += await put(sealed, vault.seal(name, vault.open(name, sealed)))
    return done
