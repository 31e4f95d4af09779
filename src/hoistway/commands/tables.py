"""Shows rows to people or to programs (https://rich.readthedocs.io/en/stable/tables.html)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from hoistway.commands.context import for_people, plain


def show(rows: Sequence[Mapping[str, Any]], as_json: bool, columns: Sequence[str] = ()) -> None:
    """A JSON array, or a table of `columns`."""
    if as_json:
        typer.echo(json.dumps(list(rows), default=plain))
        return
    table = Table(box=None, pad_edge=False)
    names = list(columns) or (list(rows[0]) if rows else [])
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(for_people(name, row.get(name)) for name in names))
    Console().print(table if rows else "none")
