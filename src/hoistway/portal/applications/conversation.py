"""The conversation about a request as pages show it: the newest messages, and a link to earlier ones."""

from typing import Final
from urllib.parse import urlencode

from msgspec import Struct

from hoistway.portal.applications.listed import NEWEST, place
from hoistway.protocol.ids import RequestId
from hoistway.store.db import Reader
from hoistway.store.messages import SignedMessage, messages_before

PAGE: Final = 100


class Thread(Struct, frozen=True):
    """`messages` are in the order of time. `earlier` is the address of the page with earlier ones, `newest` that of the
    last ones, when these are not shown. None where there are none."""

    messages: tuple[SignedMessage, ...]
    earlier: str | None = None
    newest: str | None = None


async def read_thread(db: Reader, request_id: RequestId, address: str, before: tuple[int, str] = NEWEST) -> Thread:
    """`address` is that of a page that reads `before` from its query. The caller has found the request, so the reader
    may see it."""
    rows = await messages_before(db, request_id, before, PAGE + 1)
    earlier = None
    if len(rows) > PAGE:
        oldest = rows[PAGE - 1].message
        earlier = f"{address}?{urlencode({'before': place(oldest.at, oldest.id)})}"
    return Thread(tuple(reversed(rows[:PAGE])), earlier, None if before == NEWEST else address)
