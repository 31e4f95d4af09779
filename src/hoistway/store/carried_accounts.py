"""Accounts whose password lies in an older system until it is proven there once (docs/adr/0041-carried-passwords.md).

There is one row for each; nobody's digest stands with the account until then.
"""

from collections.abc import Sequence
from typing import Final, Literal

from msgspec import Struct
from sqlalchemy import Index, Table, bindparam, delete, func, literal_column, or_, select, update

from hoistway.store.columns import (
    from_list,
    insert_all,
    key,
    optional_at,
    optional_text,
    reference,
    text,
    to_list,
)
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA
from hoistway.store.service_accounts import SERVICE_ACCOUNTS
from hoistway.store.users import USERS

CARRIED_ACCOUNTS = Table(
    "carried_accounts",
    METADATA,
    key("kind"),
    key("account_id"),
    reference("tenant_id", "tenants.id"),
    text("sent_name"),
    text("state"),
    text("asked"),
    text("refused"),
    optional_text("asking"),
    optional_at("asking_since"),
    optional_at("last_asked_at"),
    optional_at("changed_at"),
    Index("ix_carried_accounts_tenant", "tenant_id", "state"),
)
Kind = Literal["user", "service_account"]
State = Literal["waiting", "failing", "carried", "reset"]
STATES: Final[tuple[State, ...]] = ("waiting", "failing", "carried", "reset")
ASKING_FOR: Final = 8
"""Seconds after which a question is taken for lost, because its process ended."""


class ToCarry(Struct, frozen=True):
    """For an importer: an account that was made with nobody's digest. `sent_name` is the name that the older system knows it
    by; the rest is the same for all."""

    kind: Kind
    account_id: str
    tenant_id: str
    sent_name: str
    state: State = "waiting"
    asked: str = "[]"
    refused: str = "[]"
    asking: str | None = None
    asking_since: int | None = None
    last_asked_at: int | None = None
    changed_at: int | None = None


class Carried(Struct, frozen=True):
    """`state` is "waiting" until the first password, "failing" after one that was refused, "carried" once a password was proven
    there, and "reset" where the account got another one here first. `refused` are keyed digests of passwords that were wrong,
    `asked` of those without a verdict; `asking` is one that is under way since `asking_since`."""

    kind: str
    account_id: str
    tenant_id: str
    sent_name: str
    state: str
    asked: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    asking: str | None = None
    asking_since: int | None = None
    last_asked_at: int | None = None
    changed_at: int | None = None

    @property
    def waits(self) -> bool:
        return self.state in {"waiting", "failing"}

    def is_asking(self, now: int) -> bool:
        return self.asking is not None and (self.asking_since or 0) > now - ASKING_FOR


class Unproven(Struct, frozen=True):
    """An account whose password nobody has proven yet. `sent_name` is its name at the older system, `last_asked_at` when that was
    asked about a password of it."""

    kind: Kind
    account_id: str
    sent_name: str
    state: State
    last_asked_at: int | None


class Counted(Struct, frozen=True):
    tenant_id: str
    state: str
    accounts: int


def _read(
    kind: str, account_id: str, tenant_id: str, sent_name: str, state: str, asked: str, refused: str,
    asking: str | None, asking_since: int | None, last_asked_at: int | None, changed_at: int | None,
) -> Carried:  # fmt: skip
    return Carried(
        kind, account_id, tenant_id, sent_name, state, from_list(asked), from_list(refused), asking, asking_since,
        last_asked_at, changed_at,
    )  # fmt: skip


_C = CARRIED_ACCOUNTS.c
_IS = (_C.kind == bindparam("b_kind"), _C.account_id == bindparam("b_id"))
_WAITS = or_(_C.state == literal_column("'waiting'"), _C.state == literal_column("'failing'"))
_ADD = Statement(lambda: insert_all(CARRIED_ACCOUNTS, ignore=True), nothing)
_FIND = Statement(lambda: select(CARRIED_ACCOUNTS).where(*_IS), _read)
_LOCK = Statement(lambda: select(CARRIED_ACCOUNTS).where(*_IS).with_for_update(), _read)
_PUT = Statement(
    lambda: (
        update(CARRIED_ACCOUNTS)
        .where(*_IS)
        .values(
            {
                name: bindparam(f"new_{name}")
                for name in ("state", "asked", "refused", "asking", "asking_since", "last_asked_at", "changed_at")
            }
        )
    ),
    nothing,
)
_RESET = Statement(
    lambda: (
        update(CARRIED_ACCOUNTS)
        .where(*_IS, _WAITS)
        .values(state="reset", asked="[]", refused="[]", asking=None, asking_since=None, changed_at=bindparam("at"))
    ),
    nothing,
)
_REMOVE = Statement(lambda: delete(CARRIED_ACCOUNTS).where(*_IS), nothing)
_COUNTS = Statement(
    lambda: (
        select(_C.tenant_id, _C.state, func.count().label("accounts"))
        .group_by(_C.tenant_id, _C.state)
        .order_by(_C.tenant_id, _C.state)
    ),
    Counted,
)
_COUNTS_OF = Statement(
    lambda: (
        select(_C.tenant_id, _C.state, func.count().label("accounts"))
        .where(_C.tenant_id == bindparam("tenant_id"))
        .group_by(_C.tenant_id, _C.state)
        .order_by(_C.state)
    ),
    Counted,
)
_BEHIND = or_(_C.kind > bindparam("b_kind"), (_C.kind == bindparam("b_kind")) & (_C.account_id > bindparam("b_id")))
_LEFT = Statement(
    lambda: (
        select(_C.kind, _C.account_id, _C.sent_name, _C.state, _C.last_asked_at)
        .where(_C.tenant_id == bindparam("tenant_id"), _WAITS, _BEHIND)
        .order_by(_C.kind, _C.account_id)
        .limit(bindparam("most"))
    ),
    Unproven,
)


def _sampled(kind: str, table: Table) -> Statement[tuple[int, int]]:
    some = select(table.c.id).order_by(table.c.id).limit(bindparam("most")).subquery()
    waiting = (_C.kind == literal_column(f"'{kind}'")) & (_C.account_id == some.c.id) & _WAITS
    return Statement(
        lambda: select(func.count(some.c.id), func.count(_C.account_id)).select_from(
            some.outerjoin(CARRIED_ACCOUNTS, waiting)
        ),
        lambda *both: (both[0], both[1]),
    )


_SAMPLED = {"user": _sampled("user", USERS), "service_account": _sampled("service_account", SERVICE_ACCOUNTS)}


async def add_waiting(tx: Writer, rows: Sequence[ToCarry]) -> None:
    """For accounts that were made in this transaction or are known to have nobody's digest. A row that is there stays as it is,
    so an import can be repeated."""
    await tx.put_rows(_ADD, rows)


async def find_carried(db: Reader, kind: str, account_id: str) -> Carried | None:
    return await db.one(_FIND, {"b_kind": kind, "b_id": account_id})


async def lock_carried(tx: Writer, kind: str, account_id: str) -> Carried | None:
    return await tx.one(_LOCK, {"b_kind": kind, "b_id": account_id})


async def put_carried(tx: Writer, row: Carried) -> None:
    """The caller has locked it."""
    values = {
        "state": row.state, "asked": to_list(row.asked), "refused": to_list(row.refused), "asking": row.asking,
        "asking_since": row.asking_since, "last_asked_at": row.last_asked_at, "changed_at": row.changed_at,
    }  # fmt: skip
    params = {f"new_{name}": value for name, value in values.items()}
    await tx.run(_PUT, {"b_kind": row.kind, "b_id": row.account_id, **params})


async def note_reset(tx: Writer, kind: Kind, account_id: str, now: int) -> None:
    """The account got another password here, or lost it: nothing is asked any more."""
    await tx.run(_RESET, {"b_kind": kind, "b_id": account_id, "at": now})


async def remove_carried(tx: Writer, kind: Kind, account_id: str) -> None:
    await tx.run(_REMOVE, {"b_kind": kind, "b_id": account_id})


async def list_left(db: Reader, tenant_id: str, after: str, most: int) -> list[Unproven]:
    """Those that wait, also after wrong passwords: technical accounts, and behind them people, by id. `after` is the id of the last
    one of the page before, "" for the first page."""
    is_account = bool(after) and await find_carried(db, "service_account", after) is not None
    kind = "service_account" if is_account else "user" if after else ""
    return await db.all(_LEFT, {"tenant_id": tenant_id, "b_kind": kind, "b_id": after, "most": most})


async def count_carried(db: Reader) -> list[Counted]:
    """By tenant and state: reads an index entry of each account, so it is asked seldom."""
    return await db.all(_COUNTS, {})


async def count_carried_of(db: Reader, tenant_id: str) -> dict[str, int]:
    """By state."""
    counted = await db.all(_COUNTS_OF, {"tenant_id": tenant_id})
    return dict.fromkeys(STATES, 0) | {one.state: one.accounts for one in counted}


async def share_waiting(db: Reader, kind: str, most: int) -> tuple[int, int]:
    """Of the first `most` accounts by id: how many there are, and how many of them wait."""
    return await db.one(_SAMPLED[kind], {"most": most}) or (0, 0)
