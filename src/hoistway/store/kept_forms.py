"""What a person typed into a form that could not be carried out. It is stored sealed: the last form of each browser,
for a few browsers of a person.
"""

from typing import Final

from sqlalchemy import Column, Index, Select, Table, Text, bindparam, column, delete, select

from hoistway.protocol.ids import UserId
from hoistway.store.columns import at, reference, text, upsert
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

MOST: Final = 3

KEPT_FORMS = Table(
    "kept_forms", METADATA, reference("user_id", "users.id", primary_key=True), Column("browser", Text, primary_key=True),
    text("body"), at("kept_at"), Index("ix_kept_forms_kept_at", "kept_at"),
)  # fmt: skip

_K = KEPT_FORMS.c
_THIS = (_K.user_id == bindparam("b_user"), _K.browser == bindparam("b_browser"))
_PUT = Statement(lambda: upsert(KEPT_FORMS), nothing)
_FIND = Statement(lambda: select(_K.body).where(*_THIS), str)
_REMOVE = Statement(lambda: delete(KEPT_FORMS).where(*_THIS), nothing)
_NEWEST: Select[tuple[str]] = select(column("browser")).select_from(
    select(_K.browser)
    .where(_K.user_id == bindparam("b_user"))
    .order_by(_K.kept_at.desc(), _K.browser)
    .limit(MOST)
    .subquery()
)
_BOUND = Statement(
    lambda: delete(KEPT_FORMS).where(_K.user_id == bindparam("b_user"), _K.browser.not_in(_NEWEST)), nothing
)
_PRUNE = Statement(lambda: delete(KEPT_FORMS).where(_K.kept_at < bindparam("before")), nothing)


async def put_kept_form(tx: Writer, user_id: UserId, browser: str, body: str, now: int) -> None:
    """Replaces the form that this browser had before; a person's oldest ones are deleted."""
    await tx.run(_PUT, {"user_id": user_id, "browser": browser, "body": body, "kept_at": now})
    await tx.run(_BOUND, {"b_user": user_id})


async def find_kept_form(db: Reader, user_id: UserId, browser: str) -> str | None:
    return await db.one(_FIND, {"b_user": user_id, "b_browser": browser})


async def remove_kept_form(tx: Writer, user_id: UserId, browser: str) -> None:
    await tx.run(_REMOVE, {"b_user": user_id, "b_browser": browser})


async def prune_kept_forms(tx: Writer, before: int) -> int:
    return await tx.run(_PRUNE, {"before": before})
