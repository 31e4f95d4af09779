"""What the page of the audit trail says of its hash chain: how far it goes, and when somebody verified it."""

import json
from typing import Any

from msgspec import Struct

from hoistway.protocol.numbers import read_whole
from hoistway.store.audit import latest_entries
from hoistway.store.audit_seals import SealedSoFar, find_standing
from hoistway.store.db import Reader


class Verified(Struct, frozen=True):
    """`seal` is the last one that was verified; None where there was none."""

    at: int
    holds: bool
    seal: int | None


class ChainState(Struct, frozen=True):
    standing: SealedSoFar | None
    verified: Verified | None


async def chain_state(db: Reader) -> ChainState:
    """By the last entry that `hoistway audit verify` wrote."""
    standing, told = await find_standing(db), await latest_entries(db, "audit.verified", 1)
    return ChainState(standing, _read(told[0].at, json.loads(told[0].detail)) if told else None)


def _read(at: int, detail: dict[str, Any]) -> Verified:
    number, _, _head = str(detail.get("head") or "").partition(":")
    return Verified(at, detail.get("outcome") == "holds", read_whole(number, 1, 2**53))
