"""A copy of what is stored about a person, for that person: JSON with the members that docs/people.md lists."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from msgspec.structs import asdict

from hoistway.accounts.erasing import addresses_of
from hoistway.store.audit import first_entries
from hoistway.store.db import Busy, Database
from hoistway.store.personal import params_of
from hoistway.store.personal_export import MEMBERS, MOST, Row, entries_about, rows_of
from hoistway.store.personal_texts import STEP
from hoistway.store.users import User

VERSION: Final = 1
SHARE: Final = "exports"
"""Of the statements that may scan: copies have their own, so that they leave room for operators and customers."""
_LISTS: Final = frozenset({"emails", "flags", "redirect_uris", "before", "after"})
"""Columns that hold JSON."""
_KEPT: Final = frozenset({"address", "failures_today", "before", "after", "changed", "role", "reach", "refresh_tokens"})
"""Members of an entry's detail that tell of the person alone, where the entry is about nobody else."""


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, int) and (name.endswith(("_at", "_until")) or name in {"at", "auth_time"}):
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else None
    return json.loads(value) if name in _LISTS and isinstance(value, str) else value


def _row(row: Mapping[str, Any]) -> Row:
    return {name: _plain(name, value) for name, value in row.items()}


def _entry(person: str, row: Mapping[str, Any]) -> Row | None:
    """None where the person is only mentioned beside somebody else. Who else acted, and on what, is left out."""
    detail: dict[str, Any] = json.loads(row["detail"])
    about = person in (detail.get("id"), detail.get("user"), detail.get("subject"))
    if row["actor"] != person and not about:
        return None
    alone = about or not {"id", "user", "subject"} & detail.keys()
    kept = {name: value for name, value in detail.items() if alone and name in _KEPT}
    told = {name: row[name] for name in ("at", "event", "client_id", "customer_id")}
    return {**_row(told), "detail": kept}


async def held_about(db: Database, person: User, account: str, now: int, *, whole: bool = False) -> Row:
    """`account` is the digest under which failed sign-ins are counted. The newest entries of the audit trail about the
    person are read within a few seconds, and `audit` is None where the trail is too large for that. With `whole` the
    trail is read to its end."""
    params = params_of(person.id, "", await addresses_of(db, person), account)
    held: Row = {"version": VERSION, "made_at": _plain("made_at", now)}
    for member in MEMBERS:
        rows = [_row(row) for row in await rows_of(db, member, params)]
        held[member.name] = rows[0] if member.name == "account" and rows else rows
    try:
        found = await _whole_trail(db, person.id) if whole else await db.slow(*entries_about(person.id, MOST), SHARE)
    except Busy:
        return {**held, "audit": None}
    entries = [_entry(person.id, row) for row in found]
    return {**held, "audit": [one for one in entries if one is not None]}


async def _whole_trail(db: Database, person: str) -> list[Row]:
    """The newest first."""
    found: list[Row] = []
    after, quoted = "", json.dumps(person, ensure_ascii=False)
    while rows := await first_entries(db, after, STEP):
        found += [asdict(row) for row in rows if row.actor == person or quoted in row.detail]
        after = rows[-1].id
    return found[::-1]


def written(held: Row) -> str:
    return json.dumps(held, ensure_ascii=False, indent=2) + "\n"
