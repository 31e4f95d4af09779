"""Lawful rewriting of sealed entries, when a person is erased: what the chain still proves afterwards is put down in the
same transaction."""

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from hoistway.chain.covering import Covering
from hoistway.chain.links import Leaf, body_digest, is_rewriting_genuine, make_rewritten, pack
from hoistway.store.audit import WrittenEntry
from hoistway.store.audit_chain import Rewritten, find_chain, note_rewriting, put_rewritten, rewritten_of
from hoistway.store.audit_seals import put_leaves
from hoistway.store.db import Writer

Rewrite = Callable[[WrittenEntry], WrittenEntry | None]
"""Returns None where the entry stays as it is."""


async def begin_rewriting(tx: Writer) -> None:
    """Before the entries are read that will be rewritten: until this transaction ends nobody seals or removes any."""
    await note_rewriting(tx)


async def note_rewritten(tx: Writer, key: bytes, changes: Sequence[tuple[WrittenEntry, WrittenEntry]]) -> int:
    """`changes` are entries before and after. Returns how many were sealed before; for others there is nothing to do."""
    if not changes:
        return 0
    pairs = {before.id: (before, after) for before, after in changes}
    ids, covering, rows, done = sorted(pairs), Covering(tx), list[Rewritten](), 0
    known = await rewritten_of(tx, ids)
    async for number, leaves in covering.all_of(ids):
        mine = [leaf for leaf in leaves.values() if leaf.id in pairs]
        rows += [row for leaf in mine if (row := _rewritten(key, leaf, known, *pairs[leaf.id])) is not None]
        done += len(mine)
        if any(leaf.salt for leaf in mine):
            await put_leaves(tx, number, pack([_emptied(leaf, pairs) for leaf in leaves.values()]))
    await put_rewritten(tx, rows)
    return done


async def carry_rewritten(tx: Writer, key: bytes, rows: Sequence[Rewritten]) -> int:
    """Into a restored database: what was rewritten in the archive since the backup. Returns how many were taken over;
    entries that are in the database are rewritten there instead."""
    await note_rewriting(tx)
    cut_id, covering, done = (await find_chain(tx)).cut_id, Covering(tx), 0
    mine = {row.id: row for row in rows if row.id <= cut_id and is_rewriting_genuine(key, row)}
    async for number, leaves in covering.all_of(sorted(mine)):
        await put_leaves(tx, number, pack([_emptied(leaf, mine) for leaf in leaves.values()]))
        done += sum(one in mine for one in leaves)
    await put_rewritten(tx, list(mine.values()))
    return done


def _emptied(leaf: Leaf, pairs: Mapping[str, object]) -> Leaf:
    return replace(leaf, salt=b"") if leaf.id in pairs else leaf


def _rewritten(
    key: bytes, leaf: Leaf, known: Mapping[str, Rewritten], before: WrittenEntry, after: WrittenEntry
) -> Rewritten | None:
    """None where the row that is there stays: it says this already, or the entry is not what it says, and must not
    become right by being rewritten."""
    if leaf.salt:
        return make_rewritten(key, body_digest(leaf.salt, before), after)
    row = known.get(before.id)
    if row is None or not is_rewriting_genuine(key, row):
        return None
    said = {body_digest(row.salt, entry) == row.body for entry in (before, after)}
    if said == {False} or body_digest(row.salt, after) == row.body:
        return None
    return make_rewritten(key, row.original, after)
