"""Names, ids and user names that stand here already are composed (NFC), as new ones are when they are stored.

Nothing is merged: where two ids or user names come to be the same, the one that was not composed stays as it is, and an entry
of the audit trail names both. docs/adr/0018-text.md."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

from hoistway.protocol.text import cleaned, composed, username_key

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TEXTS = {
    "users": ("username", "name", "emails"),
    "service_accounts": ("username", "name"),
    "customers": ("name",),
    "sites": ("name", "street", "postal_code", "city"),
    "units": ("controller_number", "controller_type", "controller_description", "car_type", "serial_number"),
    "unit_access": ("customer_equipment_number",),
    "clients": ("name", "consent_text"),
    "apis": ("name",),
    "products": ("name", "description", "terms"),
    "subscriptions": ("name",),
    "requests": ("name", "purpose", "reason"),
}
# Columns that hold the id of a row, whether or not they are foreign keys.
HOLDS = {"customers": ("customer_id", "home_customer_id"), "sites": ("site_id",), "units": ("unit_id",)}


def _beyond_ascii(column: sa.Column[str]) -> sa.ColumnElement[bool]:
    if op.get_bind().dialect.name == "postgresql":
        return sa.func.octet_length(column) != sa.func.char_length(column)
    return sa.func.length(sa.cast(column, sa.LargeBinary)) != sa.func.length(column)


def _odd(column: sa.Column[str], even: Callable[[str], str]) -> list[tuple[str, Any]]:
    """(the new value, the row: its primary key, then `odd`) of those that change. A row in a million does."""
    rows = sa.select(*column.table.primary_key.columns, column.label("odd")).where(_beyond_ascii(column))
    with op.get_bind().execute(rows, execution_options={"yield_per": 1000}) as found:
        odd = [(even(row.odd), row) for row in found if even(row.odd) != row.odd]
    if op.get_bind().dialect.name == "postgresql":
        # The driver leaves its cursor open until the transaction ends, and no later change could alter the table.
        op.get_bind().exec_driver_sql("CLOSE ALL")
    return odd


def _row(table: sa.Table, row: sa.Row[Any]) -> sa.ColumnElement[bool]:
    keys = zip(table.primary_key.columns, row, strict=False)
    return sa.and_(*(column == value for column, value in keys))


def _taken(column: sa.Column[str], value: str) -> bool:
    return op.get_bind().execute(sa.select(column).where(column == value)).first() is not None


def _tell(audit: sa.Table, **detail: str) -> None:
    milliseconds = int(time.time() * 1000)
    entry = uuid.UUID(f"{milliseconds:012x}7{uuid.uuid4().hex[13:16]}8{uuid.uuid4().hex[17:]}")
    values = {"id": str(entry), "at": milliseconds // 1000, "event": "text.not_composed", "detail": json.dumps(detail)}
    op.get_bind().execute(audit.insert().values(values))


def _compose_texts(tables: sa.MetaData) -> None:
    for name, columns in TEXTS.items():
        table = tables.tables[name]
        for column in (table.c[one] for one in columns):
            for text, row in _odd(column, composed if column.name == "emails" else cleaned):
                op.get_bind().execute(table.update().where(_row(table, row)).values({column.name: text}))


def _compose_user_names(tables: sa.MetaData) -> None:
    for name in ("users", "service_accounts"):
        table = tables.tables[name]
        key = table.c.username_key
        for text, row in _odd(key, username_key):
            if _taken(key, text):
                _tell(tables.tables["audit"], kind=name, id=row.id, taken=text)
            else:
                op.get_bind().execute(table.update().where(_row(table, row)).values(username_key=text))


def _compose_ids(tables: sa.MetaData, name: str) -> None:
    """A row is copied under its new id, what holds the old id follows, and the old one goes."""
    table, bind = tables.tables[name], op.get_bind()
    others = [column for column in table.columns if column.name != "id"]
    holders = [one.c[column] for one in tables.tables.values() for column in HOLDS[name] if column in one.c]
    for text, row in _odd(table.c.id, composed):
        if _taken(table.c.id, text):
            _tell(tables.tables["audit"], kind=name, id=row.odd, taken=text)
            continue
        copy = sa.select(sa.literal(text), *others).where(table.c.id == row.odd)
        bind.execute(table.insert().from_select(["id", *(column.name for column in others)], copy))
        for column in holders:
            bind.execute(column.table.update().where(column == row.odd).values({column.name: text}))
        bind.execute(table.delete().where(table.c.id == row.odd))


def upgrade() -> None:
    tables = sa.MetaData()
    tables.reflect(op.get_bind())
    _compose_texts(tables)
    _compose_user_names(tables)
    for name in HOLDS:
        _compose_ids(tables, name)
