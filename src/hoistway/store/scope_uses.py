"""Where a scope of an API was given: sign-ins that last, and consents."""

from typing import Final

from sqlalchemy import bindparam, delete, select

from hoistway.protocol.ids import ApiId
from hoistway.store.columns import from_list, to_json
from hoistway.store.consents import CONSENTED_SCOPES
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.families import FAMILIES

_F, _C = FAMILIES.c, CONSENTED_SCOPES.c
MOST: Final = 1_000
# There are as many different values as there are sets of scopes, so few are read however many families there are.
_LASTING = Statement(
    lambda: (
        select(_F.granted)
        .distinct()
        .where(
            _F.granted.contains(bindparam("quoted")),
            _F.revoked_at.is_(None),
            _F.idle_expires_at > bindparam("now"),
            _F.expires_at > bindparam("now"),
        )
        .limit(MOST)
    ),
    from_list,
)
_FORGET = Statement(
    lambda: delete(CONSENTED_SCOPES).where(_C.api_id == bindparam("api_id"), _C.scope == bindparam("scope")), nothing
)


async def lasts_somewhere(db: Reader, api_id: ApiId, name: str, now: int) -> bool:
    """True where a living sign-in was granted this scope."""
    found = await db.all(_LASTING, {"quoted": to_json(name), "now": now})
    return any(granted[:1] == (api_id,) and name in granted[1:] for granted in found)


async def forget_consents_of(tx: Writer, api_id: ApiId, name: str) -> None:
    """So that a later scope of this name is asked for anew."""
    await tx.run(_FORGET, {"api_id": api_id, "scope": name})
