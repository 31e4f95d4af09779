"""What a person began in browser sessions, by the public ids of these: refresh token families and codes."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, select

from hoistway.protocol.ids import FamilyId, UserId
from hoistway.store.codes import CODES, end_code, read_code
from hoistway.store.columns import to_json
from hoistway.store.db import Statement, Writer
from hoistway.store.families import FAMILIES, revoking

SESSION_IDS: Final = 20
"""How many sessions are looked for at once."""
_SLOTS = [f"session_{slot}" for slot in range(SESSION_IDS)]
_REVOKE = Statement(lambda: revoking(FAMILIES.c.session_id.in_([bindparam(slot) for slot in _SLOTS])), FamilyId)
# Not every engine can read this text as JSON, so rows that look alike are read and compared in Python.
_CODES = Statement(
    lambda: select(CODES).where(CODES.c.terms.like(bindparam("like"))).order_by(CODES.c.code_digest).with_for_update(),
    read_code,
)


async def revoke_families_begun_in(
    tx: Writer, user_id: UserId, session_ids: Sequence[str], now: int, because: str
) -> list[FamilyId]:
    """At most SESSION_IDS sessions. Returns the families that were not revoked before."""
    slots = {slot: session_ids[place % len(session_ids)] for place, slot in enumerate(_SLOTS)}
    return await tx.all(_REVOKE, {"b_id": user_id, "b_kind": "user", "now": now, "because": because, **slots})


async def end_codes_begun_in(tx: Writer, user_id: UserId, session_ids: Sequence[str], now: int) -> list[FamilyId]:
    """Uses up the codes that the person got there. Returns the families of those that were redeemed, because their access
    tokens may still be valid."""
    found = await tx.all(_CODES, {"like": f"%{to_json(user_id)}%"})
    codes = [one for one in found if one.terms.user_id == user_id and one.terms.session_id in session_ids]
    for code in codes:
        await end_code(tx, code.code_digest, now)
    return [code.grant_id for code in codes if code.gave]
