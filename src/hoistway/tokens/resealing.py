"""Seals again, under the newest master key, what the database holds under an older one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Final

from msgspec import Struct

from hoistway.store.db import Database, Reader, Writer
from hoistway.store.erasures import put_rest, sealed_erasures
from hoistway.store.keys import keys_behind, reseal_key
from hoistway.store.one_time_codes import reseal_codes, sealed_codes
from hoistway.store.providers import providers_behind, reseal_provider
from hoistway.store.secrets import reseal, sealed_behind
from hoistway.tokens.vault import Vault

AT_ONCE: Final = 500
"""Rows of one transaction."""
Sealed = tuple[str, bytes]
"""The key of its row, and what is stored."""
_Put = Callable[[Writer, str, bytes, bytes], Awaitable[bool]]


class _Kind(Struct, frozen=True):
    """`page` gives rows in the order of their keys, behind one; `put` puts another text in the place of one, and returns False where
    somebody else was faster. The name to which a text is bound is the key behind `prefix`."""

    page: Callable[[Reader, str, int], Awaitable[Sequence[Sealed]]]
    put: _Put
    prefix: str = ""


async def _keys(db: Reader, behind: str, most: int) -> list[Sealed]:
    return [(row.id, row.sealed) for row in await keys_behind(db, behind, most)]


async def _providers(db: Reader, behind: str, most: int) -> list[Sealed]:
    return [(row.id, row.sealed) for row in await providers_behind(db, behind, most)]


async def _codes(db: Reader, behind: str, most: int) -> list[Sealed]:
    return [(row.user_id, row.sealed) for row in await sealed_codes(db, behind, most)]


async def _erasures(db: Reader, behind: str, most: int) -> list[Sealed]:
    return [(row.digest, row.rest or b"") for row in await sealed_erasures(db, behind, most)]


# Whatever lies in the database under the master key, for a key that is forgotten opens nothing any more.
_KINDS: Final = (
    _Kind(_keys, reseal_key),  # type: ignore[arg-type]  # a KeyId is text
    _Kind(sealed_behind, reseal),
    _Kind(_providers, reseal_provider),  # type: ignore[arg-type]  # so is a ProviderId
    _Kind(_erasures, put_rest),
    # As authn/factors.secret_name says, which this room does not import.
    _Kind(_codes, reseal_codes, "one-time-code "),  # type: ignore[arg-type]  # and a UserId
)


async def _pages(db: Reader) -> AsyncIterator[tuple[_Kind, Sequence[Sealed]]]:
    for kind in _KINDS:
        behind = ""
        while rows := await kind.page(db, behind, AT_ONCE):
            yield kind, rows
            behind = rows[-1][0]


async def count_sealed(db: Reader, vault: Vault) -> tuple[int, int]:
    """(how many of them are sealed under an older key, how many there are). Raises WrongMasterKey."""
    older = every = 0
    async for kind, rows in _pages(db):
        for key, sealed in rows:
            vault.open(kind.prefix + key, sealed)
            older += not vault.is_newest(kind.prefix + key, sealed)
        every += len(rows)
    return older, every


async def reseal_all(db: Database, vault: Vault) -> int:
    """Returns how many were sealed again, in short transactions: whoever changes one of the rows meanwhile waits for one page, and
    what a process that was killed has done stays done. Raises WrongMasterKey."""
    done = 0
    async for kind, rows in _pages(db):
        due = [(key, sealed) for key, sealed in rows if not vault.is_newest(kind.prefix + key, sealed)]
        anew = [(key, sealed, _anew(vault, kind.prefix + key, sealed)) for key, sealed in due]
        if anew:
            async with db.write() as tx:
                done += sum([await kind.put(tx, *one) for one in anew])
            await asyncio.sleep(0)
    return done


def _anew(vault: Vault, name: str, sealed: bytes) -> bytes:
    return vault.seal(name, vault.open(name, sealed))
