"""Who acts in a change: an operator at the console, or a program of theirs."""

from collections.abc import Awaitable, Callable

from msgspec import Struct

from hoistway.accounts.erasing import Eraser
from hoistway.protocol.ids import UserId
from hoistway.store.db import Writer

Record = Callable[..., Awaitable[None]]


class Hand(Struct, frozen=True):
    """Who acts, and in which transaction. `record` writes to the audit trail in their name; `two` is True where two
    must approve; `eraser` erases a person."""

    tx: Writer
    by: UserId
    two: bool
    now: int
    record: Record
    eraser: Eraser
