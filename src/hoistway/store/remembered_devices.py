"""Browsers that need no second factor for 30 days: digests of cookies, each of one person, until the password changes."""

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Column, Index, LargeBinary, Table, bindparam, delete, select, update

from hoistway.protocol.ids import UserId
from hoistway.store.columns import at, insert_all, newest_of, reference, text
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

REMEMBERED_DEVICES = Table(
    "remembered_devices",
    METADATA,
    Column("device_digest", LargeBinary, primary_key=True),
    text("id"),
    reference("user_id", "users.id"),
    text("agent"),
    at("password_changed_at"),
    at("created_at"),
    at("last_used_at"),
    at("expires_at"),
    Column("browser_digest", LargeBinary, nullable=True),
    Index("ix_remembered_devices_user_id", "user_id"),
    Index("ix_remembered_devices_expires_at", "expires_at"),
)


class Device(Struct, frozen=True):
    """`id` names it on pages; knowing it opens nothing. `agent` is the browser in words. `browser_digest` is explained in
    store/known_browsers; None for a row of the version before."""

    device_digest: bytes
    id: str
    user_id: UserId
    agent: str
    password_changed_at: int
    created_at: int
    last_used_at: int
    expires_at: int
    browser_digest: bytes | None = None


_D = REMEMBERED_DEVICES.c
_ADD = Statement(lambda: insert_all(REMEMBERED_DEVICES), nothing)
_OF = Statement(
    lambda: (
        select(REMEMBERED_DEVICES)
        .where(_D.user_id == bindparam("user_id"), _D.expires_at > bindparam("now"))
        .order_by(_D.created_at.desc(), _D.id)
    ),
    Device,
)
_USE = Statement(
    lambda: (
        update(REMEMBERED_DEVICES)
        .where(_D.device_digest == bindparam("b_digest"))
        .values(last_used_at=bindparam("now"), browser_digest=bindparam("browser"))
    ),
    nothing,
)
_REMOVE = Statement(
    lambda: delete(REMEMBERED_DEVICES).where(_D.id == bindparam("b_id"), _D.user_id == bindparam("b_user")), nothing
)
_REMOVE_ALL = Statement(lambda: delete(REMEMBERED_DEVICES).where(_D.user_id == bindparam("b_user")), nothing)
_REMOVE_OF_BROWSER = Statement(
    lambda: delete(REMEMBERED_DEVICES).where(
        _D.user_id == bindparam("b_user"), _D.browser_digest == bindparam("b_digest")
    ),
    nothing,
)
_PRUNE = Statement(lambda: delete(REMEMBERED_DEVICES).where(_D.expires_at < bindparam("now")), nothing)
_BOUND = Statement(
    lambda: delete(REMEMBERED_DEVICES).where(
        _D.user_id == bindparam("b_user"),
        _D.device_digest.not_in(newest_of(_D.device_digest, _D.user_id, _D.created_at.desc(), _D.device_digest)),
    ),
    nothing,
)


async def add_device(tx: Writer, row: Device, most: int) -> None:
    """The oldest of a person are forgotten where there are more than `most`."""
    await tx.run(_ADD, asdict(row))
    await tx.run(_BOUND, {"b_user": row.user_id, "most": most})


async def devices_of(db: Reader, user_id: UserId, now: int) -> list[Device]:
    """The newest first."""
    return await db.all(_OF, {"user_id": user_id, "now": now})


async def use_device(tx: Writer, digest: bytes, browser: bytes, now: int) -> None:
    """`browser` is the digest under which the browser is known today: it changes where others sign in there."""
    await tx.run(_USE, {"b_digest": digest, "browser": browser, "now": now})


async def remove_device(tx: Writer, user_id: UserId, device_id: str) -> bool:
    return await tx.run(_REMOVE, {"b_id": device_id, "b_user": user_id}) == 1


async def remove_device_of_browser(tx: Writer, user_id: UserId, browser_digest: bytes) -> None:
    await tx.run(_REMOVE_OF_BROWSER, {"b_user": user_id, "b_digest": browser_digest})


async def remove_devices(tx: Writer, user_id: UserId) -> int:
    return await tx.run(_REMOVE_ALL, {"b_user": user_id})


async def prune_devices(tx: Writer, now: int) -> int:
    return await tx.run(_PRUNE, {"now": now})
