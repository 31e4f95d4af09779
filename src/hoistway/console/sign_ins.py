"""How a person or a technical account signs in: the last time, failures, and whether it is locked; and unlocking it."""

from typing import Any

from msgspec import Struct
from starlette.responses import Response

from hoistway.authn.standing import Standing, find_standing, unlock
from hoistway.engine import Engine
from hoistway.portal.changing import Moved, operating
from hoistway.portal.visit import NotFound, Visit, see_other
from hoistway.store.change_row import lock_row
from hoistway.store.sign_ins import last_sign_in_of
from hoistway.store.users import User
from hoistway.things.thing import Thing

KINDS = {"users": "user", "accounts": "service_account"}


class SignIns(Struct, frozen=True):
    standing: Standing
    last_at: int | None


async def sign_ins_of(engine: Engine, thing: Thing, row: Any) -> SignIns | None:
    """None for things that can't sign in."""
    kind = KINDS.get(thing.word)
    if kind is None:
        return None
    standing = await find_standing(engine.db, engine.lockout, row.username, engine.now())
    return SignIns(standing, await last_sign_in_of(engine.db, kind, row.id))


async def unlock_account(engine: Engine, visit: Visit, operator: User, thing: Thing, row: Any) -> Response:
    """POST /console/users/{id} or /console/accounts/{id} with `do` unlock."""
    kind = KINDS.get(thing.word)
    if kind is None:
        raise NotFound
    async with operating(engine, visit, operator) as change:
        await lock_row(change.tx, thing.word, row.id)
        if await thing.find(change.tx, row.id) != row:
            raise Moved(log=f"{thing.word} changed")
        before = await find_standing(change.tx, engine.lockout, row.username, engine.now())
        await unlock(change.tx, engine.lockout, row.username)
        await change.record(f"{kind}.unlocked", id=row.id, failures=before.failures, locked_until=before.locked_until)
    return see_other(visit.path, "notice_unlocked")
