"""gzip for answers that are long and hold no secret (https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1.3).

Only an endpoint asks for it, and only for lists and public documents. An answer that holds a secret beside what a request brought is
never compressed: its length would tell letter by letter what they have in common (https://www.breachattack.com)."""

import asyncio
import gzip
import re
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response

from hoistway.web.replies import Reply, header

LEAST, MOST = 1400, 4 * 1024 * 1024
"""Bytes: less fits into one packet, and more costs the server more than it saves the client."""
LONG = 32 * 1024
_NOUGHT = re.compile(r"q=0(\.0{0,3})?")
VARY = (b"vary", b"Accept-Encoding")


class Packable(Reply):
    """Leaves as gzip: its head says so already."""


def wants_gzip(request: Request, body: bytes) -> bool:
    """Whether this answer will be gzip: the client asks, and it is worth it (section 12.5.3)."""
    if not LEAST <= len(body) <= MOST:
        return False
    sent = header(request, b"accept-encoding")
    return sent is not None and _takes_gzip(sent)


@lru_cache(128)
def _takes_gzip(sent: str) -> bool:
    """Few programs say few different things."""
    weights = {name.strip(): rest.strip() for name, _, rest in (one.partition(";") for one in sent.lower().split(","))}
    weight = weights.get("gzip", weights.get("x-gzip", weights.get("*", "q=0")))
    return _NOUGHT.fullmatch(weight.replace(" ", "")) is None


def _compress(body: bytes) -> bytes:
    # The first level: a third longer than the usual one, at a quarter of its time.
    return gzip.compress(body, compresslevel=1, mtime=0)


async def packed(reply: Response) -> Response:
    """The answer as it leaves; a long one is compressed beside the event loop, so that nobody waits for it."""
    if not isinstance(reply, Packable):
        return reply
    body = bytes(reply.body)
    small = _compress(body) if len(body) <= LONG else await asyncio.to_thread(_compress, body)
    return Reply(small, reply.status_code, (one for one in reply.raw_headers if one[0] != b"content-length"))
