"""What a sign-in asks about a person's second factors, in one statement; and the end of all of them."""

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, bindparam, exists, or_, select
from sqlalchemy.sql.expression import Executable

from hoistway.protocol.ids import UserId
from hoistway.store.customers import CUSTOMERS
from hoistway.store.db import Reader, Statement, Writer
from hoistway.store.handed_over import HANDED_OVER
from hoistway.store.memberships import MEMBERSHIPS
from hoistway.store.one_time_codes import ONE_TIME_CODES, OneTimeCodes, find_one_time_codes, remove_one_time_codes
from hoistway.store.passkeys import PASSKEYS, Passkey, passkeys_of, remove_passkeys, remove_passkeys_since
from hoistway.store.recovery_codes import recovery_codes_left, remove_recovery_codes, remove_recovery_codes_since
from hoistway.store.remembered_devices import REMEMBERED_DEVICES, remove_devices


class HeldFactors(Struct, frozen=True):
    """What a reset takes away."""

    codes: OneTimeCodes | None
    passkeys: list[Passkey]
    recovery: int


class Factors(Struct, frozen=True):
    """`demanded` where one of the person's customers requires a factor of them, `remembered` where the browser holds a
    device of theirs, `handed_over` where somebody else made their password."""

    codes: bool
    passkeys: bool
    remembered: bool
    demanded: bool
    handed_over: bool = False

    @property
    def has_any(self) -> bool:
        return self.codes or self.passkeys


def _standing() -> Executable:
    user = bindparam("user_id", type_=MEMBERSHIPS.c.user_id.type)
    device, place, customer = REMEMBERED_DEVICES.c, MEMBERSHIPS.c, CUSTOMERS.c
    known: ColumnElement[bool] = and_(
        device.device_digest == bindparam("device"), device.user_id == user,
        device.password_changed_at == bindparam("password_changed_at"), device.expires_at > bindparam("now"),
    )  # fmt: skip
    demands = or_(
        customer.second_factor == "all",
        and_(customer.second_factor == "administrators", place.role == "administrator"),
    )
    of_customer = and_(place.user_id == user, place.customer_id == customer.id, customer.disabled_at.is_(None), demands)
    return select(
        exists().where(ONE_TIME_CODES.c.user_id == user).label("codes"),
        exists().where(PASSKEYS.c.user_id == user).label("passkeys"),
        exists().where(known).label("remembered"),
        exists().where(of_customer).label("demanded"),
        exists().where(HANDED_OVER.c.user_id == user).label("handed_over"),
    )


_FIND = Statement(_standing, lambda *found: Factors(*map(bool, found)))


async def standing_of(db: Reader, user_id: UserId, device: bytes, password_changed_at: int, now: int) -> Factors:
    """`device` is the digest of the cookie of a remembered device, b"" where there is none."""
    asked = {"user_id": user_id, "device": device, "password_changed_at": password_changed_at, "now": now}
    found = await db.one(_FIND, asked)
    assert found is not None  # noqa: S101  a select without a table gives one row
    return found


async def factors_of(db: Reader, user_id: UserId) -> HeldFactors:
    return HeldFactors(
        await find_one_time_codes(db, user_id), await passkeys_of(db, user_id), await recovery_codes_left(db, user_id)
    )


async def remove_factors(tx: Writer, user_id: UserId) -> dict[str, int]:
    """All second factors of a person, and their remembered devices. Returns how many of each there were."""
    return {
        "one_time_codes": int(await remove_one_time_codes(tx, user_id)),
        "passkeys": await remove_passkeys(tx, user_id),
        "recovery_codes": await remove_recovery_codes(tx, user_id),
        "devices": await remove_devices(tx, user_id),
    }


async def remove_factors_since(tx: Writer, user_id: UserId, since: int) -> int:
    """Those that were added from that time on; returns how many. Recovery codes stand for a factor: without any they go, too."""
    codes = await find_one_time_codes(tx, user_id)
    fresh = codes is not None and codes.created_at >= since
    removed = int(fresh and await remove_one_time_codes(tx, user_id)) + await remove_passkeys_since(tx, user_id, since)
    await remove_recovery_codes_since(tx, user_id, since)
    if (codes is None or fresh) and not await passkeys_of(tx, user_id):
        await remove_recovery_codes(tx, user_id)
    return removed
