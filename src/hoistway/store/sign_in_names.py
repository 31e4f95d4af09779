"""Further names under which an account signs in, beside its user name (docs/adr/0040-moving-in.md)."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import ColumnElement, Index, ScalarSelect, Table, bindparam, delete, literal_column, select

from hoistway.protocol.text import username_key
from hoistway.store.columns import insert_all, key, text
from hoistway.store.db import Conflict, Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

SIGN_IN_NAMES = Table(
    "sign_in_names",
    METADATA,
    key("name_key"),
    text("kind"),
    text("owner_id"),
    text("name"),
    Index("ix_sign_in_names_owner", "owner_id", "kind"),
)
MOST = 10
"""Of an account: what an import takes."""


class SignInName(Struct, frozen=True):
    """`kind` is "user" or "service_account". `name_key` is the name as user names are compared."""

    name_key: str
    kind: str
    owner_id: str
    name: str


_N = SIGN_IN_NAMES.c
_INSERT = Statement(lambda: insert_all(SIGN_IN_NAMES), nothing)
_FIND = Statement(lambda: select(SIGN_IN_NAMES).where(_N.name_key == bindparam("name_key")), SignInName)
_OF = Statement(
    lambda: (
        select(_N.name)
        .where(_N.owner_id == bindparam("owner_id"), _N.kind == bindparam("kind"))
        .order_by(_N.name_key)
        .limit(MOST)
    ),
    str,
)
_OWN = (_N.kind == bindparam("kind"), _N.owner_id == bindparam("owner_id"))
_DROP = Statement(lambda: delete(SIGN_IN_NAMES).where(_N.name_key == bindparam("name_key"), *_OWN), nothing)
_REMOVE = Statement(lambda: delete(SIGN_IN_NAMES).where(*_OWN), nothing)


def owner_of(name_key: ColumnElement[str], kind: str) -> ScalarSelect[str]:
    """The id of the account of this kind that has this further name, as a part of another statement."""
    return select(_N.owner_id).where(_N.name_key == name_key, _N.kind == literal_column(f"'{kind}'")).scalar_subquery()


async def add_sign_in_name(tx: Writer, row: SignInName) -> None:
    """Raises Conflict where the name is taken as a further one."""
    await tx.run(_INSERT, asdict(row))


async def find_sign_in_name(db: Reader, name: str) -> SignInName | None:
    return await db.one(_FIND, {"name_key": username_key(name)})


async def sign_in_names_of(db: Reader, kind: str, owner_id: str) -> Sequence[str]:
    return await db.all(_OF, {"kind": kind, "owner_id": owner_id})


async def check_free(tx: Reader, name: str, kind: str, owner_id: str) -> None:
    """Raises Conflict where another account of this kind signs in under this name."""
    found = await find_sign_in_name(tx, name)
    if found is not None and found.kind == kind and found.owner_id != owner_id:
        raise Conflict("UNIQUE constraint failed: sign_in_names.name_key")


async def drop_name(tx: Writer, name: str, kind: str, owner_id: str) -> None:
    """After it became the user name of the account; an account of another kind may have it, too."""
    await tx.run(_DROP, {"name_key": username_key(name), "kind": kind, "owner_id": owner_id})


async def remove_sign_in_names(tx: Writer, kind: str, owner_id: str) -> None:
    """All of an account that is deleted."""
    await tx.run(_REMOVE, {"kind": kind, "owner_id": owner_id})


def name_keys(username: str) -> tuple[str, ...]:
    """The keys by which a user name may be found, the preferred one first. Two accounts can have names that became
    equal when names were normalised; these kept their old keys, and are found by their names letter for letter."""
    before, key = username.strip().casefold(), username_key(username)
    return (key,) if before == key else (before, key)
