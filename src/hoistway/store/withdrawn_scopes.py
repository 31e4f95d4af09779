"""Scopes that were taken away from an API, or with it, until what was given under their names is removed
(docs/adr/0013-consent.md).
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Select, Table, and_, bindparam, delete, select, tuple_, update

from hoistway.protocol.ids import ApiId, FamilyId
from hoistway.store.columns import at, from_list, key, text, to_list, upsert
from hoistway.store.consents import CONSENTED_SCOPES
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.families import FAMILIES
from hoistway.store.schema import METADATA

WITHDRAWN_SCOPES = Table("withdrawn_scopes", METADATA, key("api_id"), key("scope"), at("withdrawn_at"), text("behind"))
WHOLE: Final = ""
"""In the place of a scope: the API itself was removed, with all of its scopes."""
MOST: Final = 100
"""That are dealt with in one round."""


class Withdrawn(Struct, frozen=True):
    """`behind` is the family of refresh tokens up to which they have been looked through."""

    api_id: ApiId
    scope: str
    withdrawn_at: int
    behind: str = ""

    def left_of(self, granted: tuple[str, ...]) -> tuple[str, ...]:
        """What remains of an API and its scopes, as families store them."""
        if granted[:1] != (self.api_id,):
            return granted
        if self.scope == WHOLE:
            return granted[:1]
        return (granted[0], *(name for name in granted[1:] if name != self.scope))


class GrantedFamily(Struct, frozen=True):
    """A family of refresh tokens, and what it was granted."""

    id: FamilyId
    granted: str | None


_W, _C, _F = WITHDRAWN_SCOPES.c, CONSENTED_SCOPES.c, FAMILIES.c
_THIS = and_(
    _W.api_id == bindparam("b_api"), _W.scope == bindparam("b_scope"), _W.withdrawn_at == bindparam("b_withdrawn")
)
_KEY: Final = list(CONSENTED_SCOPES.primary_key.columns)
_ADD = Statement(lambda: upsert(WITHDRAWN_SCOPES), nothing)
_OLDEST = Statement(
    lambda: select(WITHDRAWN_SCOPES).order_by(_W.withdrawn_at, _W.api_id, _W.scope).limit(MOST), Withdrawn
)
_OF_API = Statement(lambda: select(_W.scope).where(_W.api_id == bindparam("api_id")), str)
_DONE = Statement(lambda: delete(WITHDRAWN_SCOPES).where(_THIS), nothing)
_PLACE = Statement(lambda: update(WITHDRAWN_SCOPES).where(_THIS).values(behind=bindparam("place")), nothing)


def _consents(of_scope: bool) -> Select[tuple[str, ...]]:
    found = select(*_KEY).where(_C.api_id == bindparam("api_id")).limit(bindparam("most"))
    return found.where(_C.scope == bindparam("scope")) if of_scope else found


def _forget(of_scope: bool) -> Statement[None]:
    return Statement(lambda: delete(CONSENTED_SCOPES).where(tuple_(*_KEY).in_(_consents(of_scope))), nothing)


_FORGET_SCOPE, _FORGET_API = _forget(True), _forget(False)
_FAMILIES = Statement(
    lambda: select(_F.id, _F.granted).where(_F.id > bindparam("behind")).order_by(_F.id).limit(bindparam("most")),
    GrantedFamily,
)
_LEAVE = Statement(
    lambda: (
        update(FAMILIES)
        .where(_F.id == bindparam("b_id"), _F.granted == bindparam("b_granted"))
        .values(granted=bindparam("left"))
    ),
    nothing,
)


async def add_withdrawn(tx: Writer, api_id: ApiId, scope: str, now: int) -> None:
    await tx.run(_ADD, asdict(Withdrawn(api_id, scope, now)))


async def oldest_withdrawn(db: Reader) -> list[Withdrawn]:
    return await db.all(_OLDEST, {})


async def withdrawn_of(db: Reader, api_id: ApiId) -> frozenset[str]:
    """The names of which something may be left; WHOLE where the API was removed."""
    return frozenset(await db.all(_OF_API, {"api_id": api_id}))


async def forget_consents(tx: Writer, one: Withdrawn, most: int) -> int:
    """Up to so many; returns how many."""
    if one.scope == WHOLE:
        return await tx.run(_FORGET_API, {"api_id": one.api_id, "most": most})
    return await tx.run(_FORGET_SCOPE, {"api_id": one.api_id, "scope": one.scope, "most": most})


async def families_behind(db: Reader, one: Withdrawn, most: int) -> list[GrantedFamily]:
    return await db.all(_FAMILIES, {"behind": one.behind, "most": most})


async def strip_families(tx: Writer, one: Withdrawn, found: Iterable[GrantedFamily]) -> None:
    """Leaves what else they were granted."""
    for family in found:
        if family.granted is not None:
            granted = from_list(family.granted)
            left = one.left_of(granted)
            if left != granted:
                await tx.run(_LEAVE, {"b_id": family.id, "b_granted": family.granted, "left": to_list(left)})


def _this(one: Withdrawn) -> dict[str, object]:
    return {"b_api": one.api_id, "b_scope": one.scope, "b_withdrawn": one.withdrawn_at}


async def note_place(tx: Writer, one: Withdrawn, behind: str) -> None:
    await tx.run(_PLACE, {**_this(one), "place": behind})


async def forget_withdrawn(tx: Writer, one: Withdrawn) -> None:
    """Nothing is left."""
    await tx.run(_DONE, _this(one))
