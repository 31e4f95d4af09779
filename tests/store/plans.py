"""What PostgreSQL would read for statements that were recorded, by its own plans."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
from sqlalchemy import Table, UniqueConstraint

from hoistway import store
from hoistway.store.db import Statement
from hoistway.store.schema import METADATA

SCANS = {"Seq Scan", "Parallel Seq Scan", "Sample Scan"}
_EQUAL = re.compile(r"(?:^|[(. ])(\w+) = (?!ALL)")
_CONDITIONS = ("Index Cond", "Recheck Cond", "Filter")


class Ran(NamedTuple):
    text: str
    values: tuple[Any, ...]


class Read(NamedTuple):
    """Of one node of a plan: the table, and the columns that have to equal something."""

    table: str
    kind: str
    equal: frozenset[str]


def _within(value: object, name: str) -> Iterator[tuple[str, Statement[Any]]]:
    """Each statement by its name, and those for many at once."""
    if isinstance(value, Statement):
        yield name, value
        yield from _within(value.together, f"{name}.together")
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _within(one, f"{name}[{key}]")
    elif isinstance(value, list | tuple):
        for place, one in enumerate(value):
            yield from _within(one, f"{name}[{place}]")


def statements() -> dict[str, tuple[str, Statement[Any]]]:
    """By its text: where it stands, and itself."""
    files = [file.stem for file in sorted(Path(store.__file__).parent.glob("*.py")) if file.stem != "__init__"]
    things = [
        (f"{file}.{name}", one) for file in files for name, one in vars(import_module(f"hoistway.store.{file}")).items()
    ]
    found = [pair for name, one in things for pair in _within(one, name)]
    return {one.for_engine("postgresql").text: (name, one) for name, one in found}


def for_many(alone: Mapping[str, Ran], known: Mapping[str, tuple[str, Statement[Any]]]) -> dict[str, Ran]:
    """What many requests of one moment run instead: the same values twice."""
    found = {}
    for text, ran in alone.items():
        statement = known[text][1] if text in known else None
        if statement is not None and statement.together is not None:
            one, together = statement.for_engine("postgresql"), statement.together.for_engine("postgresql")
            params = zip(one.names, ran.values, strict=True)
            lists = together.positional({name: [value] * 2 for name, value in params if name not in one.constants})
            found[together.text] = Ran(together.text, tuple(lists))
    return found


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", []) for node in _nodes(child))]


def _reads(plan: dict[str, Any]) -> list[Read]:
    nodes = [node for node in _nodes(plan) if "Relation Name" in node and node["Node Type"] != "ModifyTable"]
    conditions = [" ".join(str(node.get(name, "")) for name in _CONDITIONS) for node in nodes]
    return [
        Read(node["Relation Name"], node["Node Type"], frozenset(_EQUAL.findall(condition)))
        for node, condition in zip(nodes, conditions, strict=True)
    ]


def _unique(table: Table) -> list[frozenset[str]]:
    constraints = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
    indexes = [one for one in table.indexes if one.unique]
    keys = [frozenset(column.name for column in one.columns) for one in constraints]
    keys += [frozenset(column.name for column in one.columns) for one in indexes]
    return [frozenset(column.name for column in table.primary_key.columns), *keys]


def is_keyed(read: Read) -> bool:
    """By the customer, or by the whole of a key."""
    own = {"customer_id"} if read.table != "customers" else {"id"}
    return own <= read.equal or any(key <= read.equal for key in _unique(METADATA.tables[read.table]))


async def reads_of(url: str, statements: Sequence[Ran]) -> dict[str, list[Read]]:
    connection = await asyncpg.connect(url)
    await connection.execute("SET plan_cache_mode = force_generic_plan")
    found = {}
    for one in statements:
        plan = json.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) {one.text}", *one.values))
        found[one.text] = _reads(plan[0]["Plan"])
    await connection.close()
    return found
