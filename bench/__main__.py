"""Measures and prints a table: `python -m bench [NAMES] [--seconds N] [--database sqlite|postgresql|both] [--full]`."""

import argparse
import os
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from bench import ceilings
from bench.cases import CASES, Case, Run
from bench.chain import run_chain
from bench.load import INSTALL, LoadFailed, has_wrk
from bench.server import started
from bench.world import make_world
from tests.engines import ENGINES, ON_DISK, EngineName, administer, clean_up, drop_database, fresh_database

CONSOLE = Console(highlight=False)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m bench", description="Measures the real server beside the machine's own limits."
    )
    parser.add_argument("names", nargs="*", help=f"of: {', '.join(case.name for case in CASES)}")
    parser.add_argument("--seconds", type=int, default=10, help="of each measurement")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--database", choices=[*ENGINES, "both"], default="sqlite")
    parser.add_argument("--units", type=int, default=100_000, help="in the table; 10,000 belong to the customer")
    parser.add_argument("--usage-rows", type=int, default=1_000_000, help="counted by the day, for portal-pages")
    parser.add_argument(
        "--people", type=int, default=100_000, help="each with a place, for accounts; a tenth as many invitations"
    )
    parser.add_argument("--full", action="store_true", help="1,000,000 units and people, 10,000,000 rows of usage")
    arguments = parser.parse_args()
    known = {case.name for case in CASES}
    unknown = [name for name in arguments.names if name not in known]
    if "accounts" in arguments.names:
        arguments.names.append("accounts-many")
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    return arguments


def make_durable() -> None:
    """Test databases do not wait for the disk; measured ones must, with a log as long as usual."""
    for setting in ("fsync = on", "full_page_writes = on", "max_wal_size = '1GB'"):
        administer(f"ALTER SYSTEM SET {setting}")
    administer("SELECT pg_reload_conf()")


def machine(arguments: argparse.Namespace) -> dict[str, float]:
    seconds = min(arguments.seconds, 3)
    found = {f"{alg} signatures": rate for alg, rate in ceilings.signatures(seconds, arguments.workers).items()}
    found["argon2id"] = ceilings.passwords(seconds, arguments.workers)
    found["bare ASGI"] = ceilings.bare_asgi(seconds, arguments.workers, arguments.connections)
    return found


def measure(case: Case, run: Run) -> float | str:
    try:
        return case.measure(run)
    except (LoadFailed, OSError, RuntimeError) as error:
        return f"failed: {error}"


def table_of(title: str, rows: Sequence[tuple[Case, float | str]], limits: dict[str, float]) -> Table:
    table = Table("benchmark", title=title)
    for name in ("measured", "ceiling", "of ceiling", "goal"):
        table.add_column(name, justify="right", overflow="fold")
    for case, value in rows:
        if isinstance(value, str):
            table.add_row(case.name, value)
            continue
        limit = limits[case.ceiling] if case.ceiling else None
        table.add_row(
            case.name,
            f"{value:,.2f} {case.unit}" if value < 10 else f"{value:,.0f} {case.unit}",
            "" if limit is None else f"{limit:,.0f} {case.ceiling}",
            "" if limit is None else f"{value / limit:.2f}",
            "" if case.goal is None else f"{case.goal:.2f}",
        )
    return table


def run_engine(engine: EngineName, arguments: argparse.Namespace, limits: dict[str, float]) -> bool:
    """True where every benchmark ran."""
    units = 1_000_000 if arguments.full else arguments.units
    database = fresh_database(engine)
    if engine == "postgresql":
        make_durable()
    try:
        make_world(database, units)
        own = limits | ceilings.database(database, min(arguments.seconds, 3))
        wanted = [case for case in CASES if not arguments.names or case.name in arguments.names]
        with started("bench.server", database, str(arguments.workers), ready="/readyz") as server:
            own["the chain generator"] = run_chain(server.port, min(arguments.seconds, 3), "-", [])
            rows = 10_000_000 if arguments.full else arguments.usage_rows
            people = 1_000_000 if arguments.full else arguments.people
            run = Run(
                server, arguments.seconds, arguments.connections, units, database, arguments.workers, rows, people
            )
            results = [(case, measure(case, run)) for case in wanted]
    finally:
        drop_database(database)
    CONSOLE.print(table_of(f"{engine}, {units:,} units, {arguments.workers} workers", results, own))
    CONSOLE.print(
        f"Refresh is sent by a generator that gets {own['the chain generator']:,.0f} answers a second from /healthz.\n"
    )
    return not any(isinstance(value, str) for _case, value in results)


def main() -> int:
    arguments = read_arguments()
    os.environ[ON_DISK] = "1"
    if not has_wrk():
        print(INSTALL, file=sys.stderr)
        return 1
    before = os.getloadavg()[0]
    CONSOLE.print(
        f"{os.cpu_count()} processors, load before: {before:.2f}. Above 0.3, figures are rough: compare ratios."
    )
    engines = ENGINES if arguments.database == "both" else (arguments.database,)
    try:
        limits = machine(arguments)
        complete = [run_engine(engine, arguments, limits) for engine in engines]
    finally:
        clean_up()
    return 0 if all(complete) else 1


if __name__ == "__main__":
    sys.exit(main())
