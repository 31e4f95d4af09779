"""docs/scale.md: its arithmetic is computed again from its own constants, and its tables are the schema's."""

import re
from collections.abc import Callable, Iterator, Mapping
from math import ceil
from pathlib import Path

from sqlalchemy import Table, UniqueConstraint

from hoistway.server.trail import MOST_BATCHES, ROWS_OF_BATCH
from hoistway.settings import DAY, HOUR, Settings
from hoistway.store.tables import TABLES
from hoistway.usage.flush import ANSWERED_KEPT, FAILED_KEPT

DOCUMENT = (Path(__file__).parent.parent.parent / "docs" / "scale.md").read_text(encoding="utf-8")
SIZES = (1_000, 100_000, 10_000_000)
# Those that a replica, a copy on each node, or a disk has to hold whatever is kept how long.
MASTER = ("units", "unit_access", "sites", "users", "memberships")


def section(title: str) -> str:
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def rows_of(title: str) -> list[list[str]]:
    """The cells of the section's tables, without their heads."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    rules = [set(line) <= set("|-") for line in [*lines, ""]]
    bodies = [
        line for place, line in enumerate(lines) if not rules[place] and not (lines[place + 1 :] and rules[place + 1])
    ]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in bodies]


def number(text: str) -> float:
    return float(text.replace(",", ""))


BYTES = {row[0].strip("`"): number(row[1]) for row in rows_of("Bytes a row")}
SQLITE_BYTES = {row[0].strip("`"): number(row[2]) for row in rows_of("Bytes a row")}
RATES = {row[0]: number(row[1]) for row in rows_of("Requests a second and core")}
ASSUMED = {row[0]: number(row[1]) for row in rows_of("What is assumed")}


def rows(n: int) -> dict[str, float]:
    """Of each table that grows, for n units and n people."""
    a = ASSUMED
    customers = n / a["units of a customer"]
    kinds = customers * a["kinds of calls of a customer in an hour"]
    active = n * a["share of the people who sign in on a day"]
    entries = active + n * a["other entries of the audit trail, a person and day"]
    return {
        "units": n,
        "unit_access": n * a["customers who see a unit"],
        "sites": n / a["units of a site"],
        "users": n,
        "memberships": n,
        "grants": n,
        "sessions": active,
        "audit": entries * a["days of the audit trail"],
        "usage_hours": kinds * 24 * a["days of use by the hour"],
        "usage_days": kinds * a["days of use by the day"],
        "recent_requests": customers * (FAILED_KEPT + ANSWERED_KEPT),
    }  # fmt: skip


def requests(n: int) -> dict[str, float]:
    """A second, at the peak."""
    a = ASSUMED
    customers, day = n / a["units of a customer"], a["busy hours of a day"] * HOUR
    active = n * a["share of the people who sign in on a day"]
    polled = n / a["units of a page"] / a["seconds between two reads of a unit by a program"]
    on_average = {
        "units": polled + active * a["pages of units that a person reads on a day"] / day,
        "refresh": active * a["refreshed tokens of a person on a day"] / day,
        "client credentials": customers / HOUR,
        "sign-in": active / day,
    }  # fmt: skip
    return {name: found * a["peak over the average"] for name, found in on_average.items()}


def cores(n: int) -> dict[str, float]:
    """Of the workers, half of them free."""
    return {name: found / RATES[name] / ASSUMED["share of a core that is used"] for name, found in requests(n).items()}


def size(found: float) -> str:
    """1.2 GB: two digits, as the document writes them."""
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if found >= factor:
            return f"{float(f'{found / factor:.2g}'):g} {unit}"
    return f"{float(f'{found / 1e3:.2g}'):g} kB"


def count(found: float) -> str:
    if found < 0.01:
        return "< 0.01"
    return f"{float(f'{found:.2g}'):,.0f}" if found >= 10 else f"{float(f'{found:.2g}'):g}"


def told(what: Callable[[int], Mapping[str, float]], name: str, write: Callable[[float], str]) -> list[str]:
    return [write(what(n)[name]) for n in SIZES]


def all_bytes(n: int, each: Mapping[str, float]) -> float:
    return sum(found * each[name] for name, found in rows(n).items())


def test_rows_are_what_the_assumptions_say() -> None:
    table = {row[0].strip("`"): row[1:] for row in rows_of("Rows")}
    assert table == {name: told(rows, name, count) for name in rows(1)}


def test_bytes_are_rows_times_what_was_measured() -> None:
    assert set(BYTES) == set(rows(1))
    assert {row[0]: row[1:] for row in rows_of("Bytes")} == {
        "all, PostgreSQL": [size(all_bytes(n, BYTES)) for n in SIZES],
        "of it the audit trail": [size(rows(n)["audit"] * BYTES["audit"]) for n in SIZES],
        "of it counted use": [
            size(rows(n)["usage_hours"] * BYTES["usage_hours"] + rows(n)["usage_days"] * BYTES["usage_days"]) for n in SIZES
        ],
        "of it units, sites, people and who sees what": [size(sum(rows(n)[name] * BYTES[name] for name in MASTER)) for n in SIZES],
        "all, SQLite": [size(all_bytes(n, SQLITE_BYTES)) for n in SIZES],
    }  # fmt: skip


def test_requests_and_cores_follow() -> None:
    table = {row[0]: row[1:] for row in rows_of("Requests")}
    expected = {f"{name}, a second": told(requests, name, count) for name in requests(1)}
    expected |= {f"{name}, cores": told(cores, name, count) for name in cores(1)}
    expected["all, cores"] = [count(sum(cores(n).values())) for n in SIZES]
    expected["workers"] = [str(max(2, ceil(sum(cores(n).values())))) for n in SIZES]
    commits = {n: requests(n)["refresh"] + requests(n)["sign-in"] * ASSUMED["commits of a sign-in"] for n in SIZES}
    expected["commits a second"] = [count(commits[n]) for n in SIZES]
    expected["share of one PostgreSQL's commits"] = [f"{count(100 * commits[n] / RATES['commits'])} %" for n in SIZES]
    assert table == expected


def test_the_assumptions_are_what_the_settings_say() -> None:
    settings = Settings("https://id.example.com", "sqlite:///none.db", b"x" * 32)
    assert ASSUMED["days of the audit trail"] * DAY == settings.keep_audit
    assert ASSUMED["days of use by the hour"] * DAY == settings.keep_hourly_use
    assert ASSUMED["days of use by the day"] * DAY == settings.keep_daily_use


def test_removing_in_steps_keeps_up_as_said() -> None:
    """The longest round is 75 s."""
    most = MOST_BATCHES * ROWS_OF_BATCH * DAY // 75
    assert f"{most / 1e6:.0f} million rows a day" in section("Partitions by day")
    entries = {n: rows(n)["audit"] / ASSUMED["days of the audit trail"] for n in SIZES}
    use = rows(SIZES[-1])["usage_hours"] / ASSUMED["days of use by the hour"]
    assert f"{count(entries[SIZES[-1]])} entries and {count(use)} rows of use" in section("Partitions by day")
    assert entries[SIZES[-1]] < use < most


# Citus


def placed() -> dict[str, tuple[str, frozenset[str]]]:
    """By table: the column that distributes it, "" for a reference table; and what is said to stand in the way."""
    found = {}
    for name, where, obstacles, *_ in rows_of("Citus"):
        assert where == "reference" or re.fullmatch(r"by `\w+`", where), where
        column = "" if where == "reference" else where.removeprefix("by `").removesuffix("`")
        found[name.strip("`")] = column, frozenset(re.findall(r"`([^`]+)`", obstacles))
    return found


def obstacles(table: Table, places: Mapping[str, tuple[str, frozenset[str]]]) -> Iterator[str]:
    """Keys that do not hold the distributing column, and references to what lies elsewhere."""
    by = places[table.name][0]
    unique = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
    indexes = [one for one in table.indexes if one.unique]
    keys = [[column.name for column in one.columns] for one in unique] + [
        [one.name for one in table.primary_key.columns]
    ]
    keys += [[str(column.name) for column in one.columns] for one in indexes]
    for names in keys:
        if by and by not in names:
            yield f"key ({', '.join(names)})"
    for key in table.foreign_keys:
        other, column = key.target_fullname.split(".")
        there = places[other][0]
        if there and not (key.parent.name == by and column == there):
            yield f"reference to {other}"


def test_citus_every_table_has_a_place_and_every_obstacle_is_named() -> None:
    places = placed()
    assert places.keys() ^ {table.name for table in TABLES} == set(), "each table has a row in docs/scale.md, Citus"
    assert {table.name: places[table.name][1] for table in TABLES} == {
        table.name: frozenset(obstacles(table, places)) for table in TABLES
    }
    columns = {table.name: {column.name for column in table.columns} for table in TABLES}
    assert [name for name, (by, _) in places.items() if by and by not in columns[name]] == []


def test_citus_what_each_node_holds_is_said() -> None:
    reference = sum(
        rows(SIZES[-1])[name] * BYTES[name] for name, (by, _) in placed().items() if not by and name in BYTES
    )
    assert f"{size(reference)} on each node" in section("Citus")
