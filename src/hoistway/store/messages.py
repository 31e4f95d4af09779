"""The conversation about a request between customer and operators, and what was decided, in the order of time."""

from typing import Literal

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Index, Table, and_, bindparam, func, or_, select

from hoistway.protocol.ids import RequestId, UserId
from hoistway.store.columns import at, insert_all, key, reference, text
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA
from hoistway.store.users import USERS

MESSAGES = Table(
    "messages",
    METADATA,
    key(),
    reference("request_id", "requests.id"),
    at("at"),
    text("author"),
    text("side"),
    text("event"),
    text("text"),
    Index("ix_messages_request", "request_id", "at", "id"),
)

Side = Literal["customer", "operator"]


class Message(Struct, frozen=True):
    """`event` is what its author did: "said", "asked", "approved_first", "approved", "rejected", "withdrawn". `id`
    sorts by time."""

    id: str
    request_id: RequestId
    at: int
    author: UserId
    side: Side
    event: str
    text: str


class SignedMessage(Struct, frozen=True):
    message: Message
    name: str | None


def _signed(*columns: object) -> SignedMessage:
    *row, name = columns
    return SignedMessage(Message(*row), None if name is None else str(name))  # type: ignore[arg-type]


_M = MESSAGES.c
_INSERT = Statement(lambda: insert_all(MESSAGES), nothing)
_OF = Statement(
    lambda: (
        select(*MESSAGES.columns, USERS.c.name)
        .select_from(MESSAGES.outerjoin(USERS, USERS.c.id == _M.author))
        .where(
            _M.request_id == bindparam("request_id"),
            or_(_M.at < bindparam("at"), and_(_M.at == bindparam("at"), _M.id < bindparam("id"))),
        )
        .order_by(_M.at.desc(), _M.id.desc())
        .limit(bindparam("most"))
    ),
    _signed,
)


_COUNT = Statement(
    lambda: (
        select(func.count())
        .select_from(MESSAGES)
        .where(_M.request_id == bindparam("request_id"), _M.side == bindparam("side"))
    ),
    int,
)


async def add_message(tx: Writer, message: Message) -> None:
    await tx.run(_INSERT, asdict(message))


async def count_messages(db: Reader, request_id: RequestId, side: Side) -> int:
    return await db.one(_COUNT, {"request_id": request_id, "side": side}) or 0


async def messages_before(db: Reader, request_id: RequestId, before: tuple[int, str], most: int) -> list[SignedMessage]:
    """The last messages before this time and id, the newest first. The caller has found the request itself, so it may
    see them."""
    return await db.all(_OF, {"request_id": request_id, "at": before[0], "id": before[1], "most": most})
