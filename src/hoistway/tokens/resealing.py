"""Seals again, under the newest master key, what the database holds under an older one."""

from hoistway.store.db import Writer
from hoistway.store.erasures import put_rest, sealed_erasures
from hoistway.store.keys import all_keys, reseal_key
from hoistway.store.one_time_codes import reseal_codes, sealed_codes
from hoistway.store.providers import all_providers, reseal_provider
from hoistway.store.secrets import all_sealed, reseal
from hoistway.tokens.vault import Vault

AT_ONCE = 500


async def count_sealed(tx: Writer, vault: Vault) -> tuple[int, int]:
    """(how many of them are sealed under an older key, how many there are). Raises WrongMasterKey."""
    sealed: list[tuple[str, bytes]] = [(row.id, row.sealed) for row in await all_keys(tx)]
    sealed += await all_sealed(tx)
    sealed += [(row.digest, row.rest) for row in await sealed_erasures(tx) if row.rest is not None]
    for name, text in sealed:
        vault.open(name, text)
    return sum(not vault.is_newest(name, text) for name, text in sealed), len(sealed)


async def reseal_all(tx: Writer, vault: Vault) -> int:
    """Returns how many signing keys, shared secrets, secrets for providers and of one-time codes, and unfinished erasures
    were sealed again. Raises WrongMasterKey."""
    done = 0
    for row in await all_keys(tx):
        if not vault.is_newest(row.id, row.sealed):
            done += await reseal_key(tx, row.id, row.sealed, vault.seal(row.id, vault.open(row.id, row.sealed)))
    for name, sealed in await all_sealed(tx):
        if not vault.is_newest(name, sealed):
            done += await reseal(tx, name, sealed, vault.seal(name, vault.open(name, sealed)))
    for provider in await all_providers(tx):
        if not vault.is_newest(provider.id, provider.sealed):
            after = vault.seal(provider.id, vault.open(provider.id, provider.sealed))
            done += await reseal_provider(tx, provider.id, provider.sealed, after)
    for one in await sealed_erasures(tx):
        if one.rest is not None and not vault.is_newest(one.digest, one.rest):
            done += await put_rest(tx, one.digest, one.rest, vault.seal(one.digest, vault.open(one.digest, one.rest)))
    return done + await _reseal_codes(tx, vault)


async def _reseal_codes(tx: Writer, vault: Vault) -> int:
    done, behind = 0, ""
    while rows := await sealed_codes(tx, behind, AT_ONCE):
        behind = rows[-1].user_id
        for code in rows:
            # As authn/factors.secret_name says, which this room does not import.
            name = f"one-time-code {code.user_id}"
            if not vault.is_newest(name, code.sealed):
                again = vault.seal(name, vault.open(name, code.sealed))
                done += await reseal_codes(tx, code.user_id, code.sealed, again)
    return done
