"""Connects a thing with a customer, or ends that: the same for a page of the console and for a program.

Call each function in the transaction in which whoever asks was judged, with customer and thing locked.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from hoistway.accounts.hand import Hand
from hoistway.protocol.ids import CustomerId, FamilyId
from hoistway.things.making import Linking


async def give_link(hand: Hand, linking: Linking, row_id: str, values: Mapping[str, Any]) -> None:
    """Makes or changes it; `values` were checked by the entries of the linking. Raises Unfit."""
    await linking.give(hand.tx, row_id, values, hand.now)
    facts = {linking.fact: row_id, "role": values["role"]}
    await hand.record(linking.events[0], customer_id=values["customer"], **facts)


async def end_link(hand: Hand, linking: Linking, row_id: str, customer_id: CustomerId) -> Sequence[FamilyId]:
    """Returns the refresh token families that ended with it, whose access tokens are to be revoked after the transaction.
    Raises Unfit."""
    ended = await linking.end(hand.tx, row_id, customer_id, hand.now)
    await hand.record(linking.events[1], customer_id=customer_id, **{linking.fact: row_id})
    return ended
