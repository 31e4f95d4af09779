"""Removes entries that are old enough and sealed, and notes up to where, so that only the beginning may be missing."""

from collections.abc import Sequence
from typing import Final

from hoistway.chain.links import cut_mac
from hoistway.chain.sealing import id_at
from hoistway.store.audit import due_entries, remove_entries
from hoistway.store.audit_chain import lock_chain, put_cut, remove_rewritten
from hoistway.store.audit_seals import first_kept, last_seal, remove_seals
from hoistway.store.db import Reader, Writer

NOTHING: Final = ""


async def removable_up_to(db: Reader, before: int) -> str:
    """No entry behind this id is removed: it is sealed, and was made before. The id says when an entry was made; what the entry
    itself says could have been altered, so that a young one is removed and the mark excuses all that are missing before it."""
    last = await last_seal(db)
    return NOTHING if last is None else min(last.up_to, id_at(before))


async def cut(tx: Writer, key: bytes, ids: Sequence[str], *, archived: bool) -> None:
    """Removes these entries, which are the oldest. With `archived` their seals stay, because the archive is verified by
    them."""
    chain = await lock_chain(tx)
    await remove_entries(tx, ids)
    cut_id = max(chain.cut_id, *ids)
    kept, last = await first_kept(tx, cut_id), await last_seal(tx)
    # The last seal stays, even if all of its entries are gone: the next one continues it.
    cut_number = max(chain.cut_number, (kept or (last.number if last else 1)) - 1)
    if not archived:
        await remove_seals(tx, cut_number)
        await remove_rewritten(tx, cut_id)
        # What is archived stays provable only as long as its seals do.
    else:
        cut_number = chain.cut_number
    await put_cut(tx, cut_id, cut_number, cut_mac(key, cut_id, cut_number))


async def prune_sealed(tx: Writer, key: bytes, before: int, most: int) -> int:
    """Removes at most so many that are older; returns how many."""
    up_to = await removable_up_to(tx, before)
    ids = [one for one in await due_entries(tx, before, most) if one <= up_to]
    if ids:
        await cut(tx, key, ids, archived=False)
    return len(ids)
