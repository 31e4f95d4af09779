"""Digests that are guessed fast are hashed once more, by argon2id, before they are written: no copy of the database holds one
(docs/adr/0029-passwords.md)."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

from msgspec.structs import replace

from hoistway.authn.argon2id import SALT_BYTES, TODAYS
from hoistway.authn.foreign.costs import is_weak
from hoistway.authn.foreign.deriving import wrap
from hoistway.authn.foreign.kept import Kept, read_kept
from hoistway.imports.accounts import Account
from hoistway.imports.carrying import Item


def _weak(account: Account) -> Kept | None:
    digest = None if account.digest is None else read_kept(account.digest)
    return digest if digest is not None and is_weak(digest) else None


def _wrapped(account: Account, digest: Kept) -> str:
    """The same whenever it is made. Nothing of the tag is in the salt, which lies open beside it: who has that could try passwords
    without argon2id."""
    salt = sha256(account.id.encode() + b"\x00" + digest.salt).digest()[:SALT_BYTES]
    return wrap(digest, TODAYS, salt).text


async def strengthen(batch: list[Item]) -> list[Item]:
    """In as many threads as there are processors, while the batch before is written."""
    weak = {
        place: digest
        for place, item in enumerate(batch)
        if isinstance(item.value, Account) and (digest := _weak(item.value)) is not None
    }
    if not weak:
        return batch
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        made = await asyncio.gather(
            *(loop.run_in_executor(pool, _wrapped, batch[place].value, digest) for place, digest in weak.items())
        )
    for place, text in zip(weak, made, strict=True):
        batch[place] = replace(batch[place], value=replace(batch[place].value, digest=text))
    return batch
