"""Adds entries to the conversation about a request, in the transaction that changes the request."""

from hoistway.engine import Engine, time_ordered_id
from hoistway.protocol.ids import RequestId, UserId
from hoistway.store.db import Writer
from hoistway.store.messages import Message, Side, add_message, count_messages

LONGEST_MESSAGE, MOST_MESSAGES = 4000, 100


class TooManyMessages(Exception):
    """This side has written as many messages about the request as it may; nothing was written."""


async def say_about(
    engine: Engine, tx: Writer, request_id: RequestId, author: UserId, side: Side, event: str, text: str
) -> None:
    await add_message(tx, Message(time_ordered_id(), request_id, engine.now(), author, side, event, text))


async def check_room(tx: Writer, request_id: RequestId, side: Side) -> None:
    """Call it while the request is locked. Raises TooManyMessages."""
    if await count_messages(tx, request_id, side) >= MOST_MESSAGES:
        raise TooManyMessages
