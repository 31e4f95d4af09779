"""Seals again, under the newest master key, what the database holds under an older one."""

from hoistway.store.db import Writer
from hoistway.store.keys import all_keys, reseal_key
from hoistway.store.secrets import all_sealed, reseal
from hoistway.tokens.vault import Vault


async def reseal_all(tx: Writer, vault: Vault) -> int:
    """Returns how many signing keys and shared secrets were sealed again. Raises WrongMasterKey."""
    done = 0
    for row in await all_keys(tx):
        if not vault.is_newest(row.id, row.sealed):
            done += await reseal_key(tx, row.id, row.sealed, vault.seal(row.id, vault.open(row.id, row.sealed)))
    for name, sealed in await all_sealed(tx):
        if not vault.is_newest(name, sealed):
            done += await reseal(tx, name, sealed, vault.seal(name, vault.open(name, sealed)))
    return done
