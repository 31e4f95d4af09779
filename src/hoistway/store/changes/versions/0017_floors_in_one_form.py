"""Floors in one form: ids and markings as text, levels as whole numbers. What a file said stays in `floors`, beside it.

`floors` held whatever list a file had, and the API handed it on; `floor_list` holds what the API describes. An older program on
this schema goes on with `floors`. What does not fit into the form is in `floors` alone."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BATCH = 1000
_UNITS = sa.table("units", sa.column("id"), sa.column("floors"), sa.column("floor_list"))


def _text(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    # JSON may name half a character, which no text holds.
    return text.encode("utf-8", "replace").decode() or None


def _level(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e7 <= value <= 1e7:
        return None
    return round(value)


def _floor(place: int, found: Any) -> dict[str, Any] | None:
    """None where nothing in it is known to be a floor's."""
    if not isinstance(found, dict):
        return None
    floor_id, marking, level = _text(found.get("id")), _text(found.get("marking")), _level(found.get("level"))
    if floor_id is None and marking is None and level is None:
        return None
    return {"id": floor_id or str(place), "marking": marking or floor_id or str(place), "level": level}


def in_one_form(text: str) -> str:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return "[]"
    floors = [_floor(place, one) for place, one in enumerate(found, 1)] if isinstance(found, list) else []
    return json.dumps([one for one in floors if one is not None], ensure_ascii=False, separators=(",", ":"))


def upgrade() -> None:
    op.add_column("units", sa.Column("floor_list", sa.Text(), nullable=True))
    connection, units = op.get_bind(), _UNITS.c
    connection.execute(sa.update(_UNITS).where(units.floors == "[]").values(floor_list="[]"))
    page = (
        sa.select(units.id, units.floors)
        .where(units.id > sa.bindparam("after"), units.floor_list.is_(None))
        .order_by(units.id)
        .limit(BATCH)
    )
    change = sa.update(_UNITS).where(units.id == sa.bindparam("unit")).values(floor_list=sa.bindparam("found"))
    after = ""
    while rows := connection.execute(page, {"after": after}).all():
        connection.execute(change, [{"unit": row.id, "found": in_one_form(row.floors)} for row in rows])
        after = rows[-1].id
