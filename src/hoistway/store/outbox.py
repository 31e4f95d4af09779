"""Mail that waits to be sent. It is written in the same transaction as the change that it reports, so that both exist or neither."""

from typing import Final

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Column, Index, LargeBinary, Select, Table, bindparam, delete, func, select, update

from hoistway.store.columns import at, find_in, insert_all, key, number, text
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

OUTBOX = Table(
    "outbox",
    METADATA,
    key(),
    text("recipient"),
    text("subject"),
    text("plain"),
    text("html"),
    at("created_at"),
    at("next_at"),
    number("attempts"),
    Column("sealed", LargeBinary, nullable=True),
    Index("ix_outbox_next_at", "next_at"),
)


class Mail(Struct, frozen=True):
    """`next_at` is the time of the next attempt, `attempts` the number of failed ones. `sealed` is the secret of a
    single-use link, in whose place both texts have the mail's id."""

    id: str
    recipient: str
    subject: str
    plain: str
    html: str
    created_at: int
    next_at: int
    attempts: int = 0
    sealed: bytes | None = None


_O = OUTBOX.c
KEPT: Final = 200
"""Mails that a demonstration without a mail server keeps."""


def _newest_ids() -> Select[tuple[str]]:
    newest = select(_O.id).order_by(_O.id.desc()).limit(bindparam("most")).subquery()
    return select(newest.c.id)


_INSERT = Statement(lambda: insert_all(OUTBOX), nothing)
_DUE = Statement(
    lambda: select(_O.id).where(_O.next_at <= bindparam("now")).order_by(_O.next_at, _O.id).limit(bindparam("most")),
    str,
)
_TAKE = Statement(
    lambda: (
        update(OUTBOX)
        .where(_O.id == bindparam("b_id"), _O.next_at <= bindparam("now"))
        .values(next_at=bindparam("until"))
        .returning(*OUTBOX.columns)
    ),
    Mail,
)
_LATER = Statement(
    lambda: update(OUTBOX).where(_O.id == bindparam("b_id")).values(next_at=bindparam("at"), attempts=_O.attempts + 1),
    nothing,
)
_REMOVE = Statement(lambda: delete(OUTBOX).where(_O.id == bindparam("id")), nothing)
_NEWEST = Statement(lambda: select(OUTBOX).order_by(_O.id.desc()).limit(bindparam("most")), Mail)
_ONE = Statement(lambda: find_in(OUTBOX), Mail)
_KEEP = Statement(lambda: delete(OUTBOX).where(_O.id.not_in(_newest_ids())), nothing)
_COUNT = Statement(lambda: select(func.count()).select_from(OUTBOX), int)


async def add_mail(tx: Writer, mail: Mail) -> None:
    await tx.run(_INSERT, asdict(mail))


async def due_mails(db: Reader, now: int, most: int) -> list[str]:
    """Ids; the ones that have been due longest come first."""
    return await db.all(_DUE, {"now": now, "most": most})


async def take_mail(tx: Writer, mail_id: str, now: int, until: int) -> Mail | None:
    """Reserves the mail for one process until the given time; returns None where another process has it. If the process
    dies, the mail is free again at that time."""
    return await tx.one(_TAKE, {"b_id": mail_id, "now": now, "until": until})


async def put_mail_off(tx: Writer, mail_id: str, at: int) -> None:
    await tx.run(_LATER, {"b_id": mail_id, "at": at})


async def remove_mail(tx: Writer, mail_id: str) -> None:
    """Called when it was sent, or given up."""
    await tx.run(_REMOVE, {"id": mail_id})


async def newest_mails(db: Reader, most: int) -> list[Mail]:
    """The newest first."""
    return await db.all(_NEWEST, {"most": most})


async def find_mail(db: Reader, mail_id: str) -> Mail | None:
    return await db.one(_ONE, {"id": mail_id})


async def keep_newest(tx: Writer, most: int) -> None:
    """Removes all others."""
    await tx.run(_KEEP, {"most": most})


async def count_mails(db: Reader) -> int:
    return await db.one(_COUNT, {}) or 0
