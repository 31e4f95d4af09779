"""Writes what is said about a request into its conversation, within the transaction that changes the request."""

from hoistway.engine import Engine, time_ordered_id
from hoistway.protocol.ids import RequestId, UserId
from hoistway.store.db import Writer
from hoistway.store.messages import Message, Side, add_message, count_messages

LONGEST_MESSAGE, MOST_MESSAGES = 4000, 100


class TooManyMessages(Exception):
    """This side wrote as much about the request as one may; nothing was written."""


async def say_about(
    engine: Engine, tx: Writer, request_id: RequestId, author: UserId, side: Side, event: str, text: str
) -> None:
    await add_message(tx, Message(time_ordered_id(), request_id, engine.now(), author, side, event, text))


async def check_room(tx: Writer, request_id: RequestId, side: Side) -> None:
    """Under the lock of the request. Raises TooManyMessages."""
    if await count_messages(tx, request_id, side) >= MOST_MESSAGES:
        raise TooManyMessages
