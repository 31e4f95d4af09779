"""Jobs of many lines: handed in, awaited, their report."""

import json
import time
from typing import Any

from tests.manage.program import Program

NDJSON = {"content_type": "application/x-ndjson"}


def lines_of(*lines: Any) -> bytes:
    return b"\n".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in lines) + b"\n"


def hand_in(program: Program, *lines: Any, status: int = 202, query: str = "", **headers: str) -> Any:
    return program.ask("POST", f"/bulk{query}", status, lines_of(*lines), **NDJSON, **headers).json()


def ended(program: Program, job: Any, state: str = "done") -> Any:
    """Asks until it has."""
    deadline = time.monotonic() + 60
    while True:
        found = program.ask("GET", f"/bulk/{job['id']}").json()
        if found["state"] != "open":
            assert found["state"] == state, found
            return found
        assert time.monotonic() < deadline, found


def report(program: Program, job: Any, limit: int = 1000) -> list[Any]:
    rows, path = [], f"/bulk/{job['id']}/lines?limit={limit}"
    while path:
        page = program.ask("GET", path)
        rows += page.json()["items"]
        path = page.links["next"]["url"].partition("/manage/v1")[2] if "next" in page.links else ""
    return rows
