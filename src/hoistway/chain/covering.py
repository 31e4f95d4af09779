"""Which seal covers an entry; the last ones that were read are remembered, because entries are mostly asked for in order."""

from collections.abc import AsyncIterator, Mapping, Sequence

from hoistway.chain.links import Leaf, unpack
from hoistway.store.audit_seals import find_seal, seals_around
from hoistway.store.db import Reader

MOST = 8


class Covering:
    def __init__(self, db: Reader) -> None:
        self._db = db
        self._read: dict[int, dict[str, Leaf]] = {}

    async def find(self, entry_id: str) -> int | None:
        """The number of the seal that covers it."""
        for number, leaves in self._read.items():
            if entry_id in leaves:
                return number
        for number in await seals_around(self._db, entry_id, entry_id):
            if entry_id in await self.leaves(number):
                return number
        return None

    async def leaves(self, number: int) -> Mapping[str, Leaf]:
        """Empty where they can't be read."""
        if number not in self._read:
            seal = await find_seal(self._db, number)
            try:
                leaves = {} if seal is None else unpack(seal.leaves)
            except ValueError:
                leaves = {}
            self._read[number] = leaves
            if len(self._read) > MOST:
                del self._read[next(iter(self._read))]
        return self._read[number]

    async def all_of(self, ids: Sequence[str]) -> AsyncIterator[tuple[int, Mapping[str, Leaf]]]:
        """Each seal that covers one of these, once."""
        told: set[int] = set()
        for one in ids:
            number = await self.find(one)
            if number is not None and number not in told:
                told.add(number)
                yield number, await self.leaves(number)
