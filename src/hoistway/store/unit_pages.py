"""Encoded pages of units, kept while nothing changes for their customer (docs/adr/0025-remembered.md).

Whoever changes what a page shows takes the next revision in the same transaction, and writes it to the rows of every
customer that sees the change. So a page that was made under the newest revision is what would be read now, whichever
process wrote.
"""

from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Text, bindparam, func, select
from sqlalchemy.sql.expression import ColumnElement

from hoistway.protocol.ids import CustomerId
from hoistway.store.columns import lists_of
from hoistway.store.db import Database, Statement
from hoistway.store.unit_access import UNIT_ACCESS
from hoistway.store.unit_removals import UNIT_REMOVALS
from hoistway.store.unit_revisions import CURRENT, revision_shared

MOST_BYTES: Final = 16 * 1024 * 1024
SHARE: Final = 8
"""Of all of it, one customer has an eighth at the most."""
LARGEST: Final = 256 * 1024
KEPT: Final = 60.0
MOST_ASKED: Final = 4_000
OVERHEAD: Final = 1_000
"""Bytes that a page takes beside its body."""

Asked = tuple[tuple[str, str], ...]
"""The parameters of the query, as they were read."""


class Page(Struct):
    """`cursor` is where the next page begins; `packed` is the body as gzip, made when the first client accepts it."""

    body: bytes
    etag: str
    cursor: str | None
    packed: bytes | None = None

    def keep(self, packed: bytes) -> None:
        self.packed = packed


class _Kept(Struct):
    """`checked` is the revision of all units under which the page was found to be current, `own` that of the customer."""

    page: Page
    checked: int
    own: int
    until: float


class Newest(Struct, frozen=True):
    """`revision` is that of all units; the other one is the newest under which something of the customer changed."""

    revision: int
    own: int


def _newest(place: int, revision: int, access: int | None, removals: int | None) -> tuple[int, Newest]:
    return place, Newest(revision, max(access or 0, removals or 0))


def _one(revision: int, access: int | None, removals: int | None) -> Newest:
    return _newest(0, revision, access, removals)[1]


def _ends(customer: Any) -> tuple[ColumnElement[Any], ...]:
    """The last entries of two indexes."""
    of_customer = (
        select(func.max(table.c.revision)).where(table.c.customer_id == customer).scalar_subquery().label(name)
        for name, table in (("access", UNIT_ACCESS), ("removals", UNIT_REMOVALS))
    )
    return (CURRENT.label("revision"), *of_customer)


_CUSTOMERS = lists_of({"customer_id": Text()})
NEWEST: Final = Statement(
    lambda: select(*_ends(bindparam("customer_id", type_=Text()))),
    _one,
    Statement(lambda: select(_CUSTOMERS.c.place, *_ends(_CUSTOMERS.c.customer_id)), _newest),
)


class UnitPages:
    """A page is kept when it is asked for a second time. When there is no room, the customer with the most bytes gives
    up its oldest page. `asked_for` counts pages, `hits` those that were sent from memory."""

    def __init__(self, most_bytes: int = MOST_BYTES, now: Callable[[], float] = monotonic) -> None:
        self.asked_for = self.hits = 0
        self._most = most_bytes
        self._now = now
        self._kept: dict[CustomerId, dict[Asked, _Kept]] = {}
        self._bytes: dict[CustomerId, int] = {}
        self._sum = 0
        self._asked: dict[tuple[CustomerId, Asked], float] = {}

    @property
    def held(self) -> int:
        """In bytes."""
        return self._sum

    async def get(
        self, db: Database, customer_id: CustomerId, asked: Asked, make: Callable[[], Awaitable[Page]]
    ) -> Page:
        """`make` reads and encodes the page."""
        self.asked_for += 1
        now = self._now()
        kept = self._kept.get(customer_id, {}).get(asked)
        if kept is not None and kept.until <= now:
            self._drop(customer_id, asked)
            kept = None
        if kept is None and not self._was_asked((customer_id, asked), now):
            return await make()
        if kept is not None and kept.checked == await revision_shared(db):
            self.hits += 1
            return kept.page
        # Read before the rows, so a page can only be newer than its label.
        newest = await db.one_of_many(NEWEST, {"customer_id": customer_id})
        if newest is None:
            return await make()
        # Another request may have read it again meanwhile.
        kept = self._kept.get(customer_id, {}).get(asked)
        if kept is not None and kept.own == newest.own:
            kept.checked = max(kept.checked, newest.revision)
            self.hits += 1
            return kept.page
        page = await make()
        self._keep(customer_id, asked, _Kept(page, newest.revision, newest.own, now + KEPT))
        return page

    def _was_asked(self, key: tuple[CustomerId, Asked], now: float) -> bool:
        """True where it was asked for within the last minute. A client that goes through a list asks for each page
        once."""
        before = self._asked.pop(key, None)
        if len(self._asked) >= MOST_ASKED:
            self._asked.pop(next(iter(self._asked)))
        self._asked[key] = now
        return before is not None and before > now - KEPT

    def _keep(self, customer_id: CustomerId, asked: Asked, kept: _Kept) -> None:
        self._drop(customer_id, asked)
        size = _size(kept.page)
        if size > LARGEST:
            return
        while self._bytes.get(customer_id, 0) + size > self._most // SHARE:
            self._drop_oldest(customer_id)
        while self._sum + size > self._most:
            self._drop_oldest(max(self._bytes, key=self._bytes.__getitem__))
        self._kept.setdefault(customer_id, {})[asked] = kept
        self._bytes[customer_id] = self._bytes.get(customer_id, 0) + size
        self._sum += size

    def _drop_oldest(self, customer_id: CustomerId) -> None:
        self._drop(customer_id, next(iter(self._kept[customer_id])))

    def _drop(self, customer_id: CustomerId, asked: Asked) -> None:
        pages = self._kept.get(customer_id)
        kept = None if pages is None else pages.pop(asked, None)
        if pages is None or kept is None:
            return
        size = _size(kept.page)
        self._sum -= size
        self._bytes[customer_id] -= size
        if not pages:
            del self._kept[customer_id], self._bytes[customer_id]


def _size(page: Page) -> int:
    """Reserves half of the body for gzip, which is never longer than that, so that the size does not change later."""
    return len(page.body) * 3 // 2 + OVERHEAD
