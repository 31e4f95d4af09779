"""How many bytes a row takes with its share of the indexes, on both engines: `python -m bench.rows` (docs/scale.md)."""

import asyncio
import os
import random
import sqlite3
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import asyncpg
from sqlalchemy import Integer, LargeBinary, Table, Text
from sqlalchemy.types import TypeEngine

from hoistway.engine import time_ordered_id
from hoistway.store.columns import insert_all
from hoistway.store.db import Statement, nothing
from hoistway.store.floors import Floor, write_floors
from hoistway.store.migrate import migrate
from hoistway.store.open import sqlite_path
from hoistway.store.schema import METADATA
from tests.engines import clean_up, drop_database, fresh_database

ROWS, STEP = 100_000, 10_000
AT = 1_780_000_000
DIGEST = "$argon2id$v=19$m=19456,t=2,p=1$" + "c2FsdHNhbHRzYWx0c2FsdA$" + "d" * 43
FLOORS = write_floors(Floor(str(level), str(level), level * 3200) for level in range(-1, 6))
Row = Mapping[str, Any]


def _random() -> str:
    return str(uuid.uuid4())


def _customer(number: int) -> str:
    return f"customer-{number // 100:06}"


def _unit(number: int) -> Row:
    return {
        "id": f"US-{number:08}", "site_id": f"site-{number // 4:08}", "equipment_type": "elevator", "updated_at": AT,
        "controller_number": f"C{number:09}", "controller_type": "TAC32", "controller_description": "Controller of the car",
        "car_type": "Passenger", "capacity_kg": 630, "contract_speed_mps": 1.6, "serial_number": f"SN-{number:09}",
        "floors": FLOORS, "floor_list": FLOORS,
    }  # fmt: skip


def _site(number: int) -> Row:
    return {
        "id": f"site-{number:08}", "name": f"House {number}", "street": f"Long Street {number % 300}", "postal_code": f"{number:05}"[:5],
        "city": f"Town {number % 900}", "country": "DE", "created_at": AT,
    }  # fmt: skip


def _access(number: int) -> Row:
    return {
        "customer_id": _customer(number), "unit_id": f"US-{number:08}", "role": "owner", "site_id": f"site-{number // 4:08}",
        "equipment_type": "elevator", "customer_equipment_number": f"LIFT-{number}",
    }  # fmt: skip


def _user(number: int) -> Row:
    name = f"person.number.{number}@example.com"
    return {
        "id": _random(), "username": name, "username_key": name, "name": f"Person Number {number}", "emails": f'["{name}"]',
        "flags": "[]", "password_digest": DIGEST, "home_customer_id": _customer(number), "created_at": AT, "password_changed_at": AT,
    }  # fmt: skip


def _membership(number: int) -> Row:
    return {
        "user_id": _random(), "customer_id": _customer(number), "role": "member", "reach": "all", "created_at": AT,
        "person_name": f"Person Number {number}",
    }  # fmt: skip


def _family(number: int) -> Row:
    return {
        "id": _random(), "client_id": f"client-{number % 500}", "subject_kind": "user", "subject_id": _random(),
        "customer_id": _customer(number), "scope": "openid offline_access units.read", "auth_time": AT, "session_id": _random(),
        "generation": 20, "created_at": AT, "rotated_at": AT, "idle_expires_at": AT + number, "expires_at": AT + 10**6,
        "granted": '["customer-api","units.read"]', "policy": "", "rotated_from": "0" * 22, "acting": 0,
    }  # fmt: skip


def _session(number: int) -> Row:
    return {
        "session_digest": os.urandom(32), "public_id": _random(), "user_id": _random(), "customer_id": _customer(number),
        "auth_time": AT, "created_at": AT, "expires_at": AT + number,
    }  # fmt: skip


def _entry(number: int) -> Row:
    return {
        "id": time_ordered_id(), "at": AT + number, "event": "sign_in.succeeded", "actor": _random(), "client_id": f"client-{number % 500}",
        "customer_id": _customer(number), "correlation_id": _random(), "detail": '{"ip":"203.0.113.7","username":"person@example.com"}',
    }  # fmt: skip


def _use(number: int) -> Row:
    """One customer's kinds of calls of one application, hour after hour."""
    return {
        "at": AT + number // 1000 * 3600, "customer_id": f"customer-{number % 1000 // 4:06}", "client_id": f"client-{number % 500}",
        "surface": "api", "operation": f"operation{number % 4}", "status": 200, "calls": 100, "b03": 40, "b04": 30, "b05": 20, "b08": 10,
    }  # fmt: skip


def _request(number: int) -> Row:
    return {
        "id": time_ordered_id(), "at": AT + number, "customer_id": _customer(number), "client_id": f"client-{number % 500}",
        "surface": "api", "operation": "listUnits", "status": 200, "took_ms": 1.5, "correlation_id": _random(),
    }  # fmt: skip


MADE: Mapping[str, Callable[[int], Row]] = {
    "units": _unit, "sites": _site, "unit_access": _access, "users": _user, "memberships": _membership, "grants": _family,
    "sessions": _session, "audit": _entry, "usage_hours": _use, "usage_days": _use, "recent_requests": _request,
}  # fmt: skip

# What grows with time comes in order; customers, people and units come as they come.
GROW = frozenset({"grants", "sessions", "audit", "usage_hours", "usage_days", "recent_requests"})


def _nothing_in(kind: TypeEngine[Any]) -> object:
    if isinstance(kind, LargeBinary):
        return b""
    return "" if isinstance(kind, Text) else 0 if isinstance(kind, Integer) else 0.0


def _whole(table: Table, given: Row) -> Row:
    """With every column that `given` leaves out."""
    missing = {one.name: None if one.nullable else _nothing_in(one.type) for one in table.columns}
    return {**missing, **given}


def _steps(name: str, engine: str) -> Iterator[tuple[str, list[Any]]]:
    """The statement, and the values of some rows."""
    table, numbers = METADATA.tables[name], list(range(ROWS))
    insert = Statement(lambda: insert_all(table, ignore=True), nothing).for_engine(engine)
    if name not in GROW:
        random.Random(1).shuffle(numbers)
    for start in range(0, ROWS, STEP):
        rows = [_whole(table, MADE[name](number)) for number in numbers[start : start + STEP]]
        yield insert.text, [insert.positional(row) for row in rows]


def _on_sqlite(url: str) -> dict[str, float]:
    """By what the file grows."""
    path, found = sqlite_path(url), {}
    if path is None:
        raise ValueError("no file")
    connection = sqlite3.connect(path)
    for name in MADE:
        before = path.stat().st_size
        for text, values in _steps(name, "sqlite"):
            connection.executemany(text, values)
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        found[name] = (path.stat().st_size - before) / ROWS
    connection.close()
    return found


async def _on_postgresql(url: str) -> dict[str, float]:
    connection, found = await asyncpg.connect(url), {}
    # Nothing they refer to is there.
    await connection.execute("SET session_replication_role = replica")
    for name in MADE:
        for text, values in _steps(name, "postgresql"):
            await connection.executemany(text, values)
        found[name] = await connection.fetchval(f"SELECT pg_total_relation_size('{name}')") / ROWS
    await connection.close()
    return found


def main() -> None:
    postgresql, sqlite = fresh_database("postgresql", migrate), fresh_database("sqlite", migrate)
    there, here = asyncio.run(_on_postgresql(postgresql)), _on_sqlite(sqlite)
    for name in MADE:
        print(f"{name:16} PostgreSQL {there[name]:6.0f}   SQLite {here[name]:6.0f}")
    drop_database(postgresql)
    clean_up()


if __name__ == "__main__":
    main()
