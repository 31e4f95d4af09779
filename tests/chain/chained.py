"""A trail that is sealed, and hands that change it behind the server's back."""

import time
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import text

from hoistway.chain.filed import verify_archive
from hoistway.chain.links import chain_key
from hoistway.chain.report import Report
from hoistway.chain.sealing import SETTLED, id_at, seal, seal_late
from hoistway.chain.verifying import Verifier
from hoistway.store.audit import Entry, add_entry
from hoistway.store.db import Database, Statement, Writer, nothing
from hoistway.tokens.keyring import shared_secret
from hoistway.tokens.vault import Vault
from tests.server import MASTER_KEY, change
from tests.store.test_schema import on

KEY = b"the chain's key"
AT = 1_700_006_400
"""The beginning of a day."""


def id_of(number: int) -> str:
    return f"{id_at(AT + number)}-7000-8000-{number:012x}"


def write(url: str, numbers: Iterable[int]) -> None:
    """One a second; the world's people did it in turn."""

    async def work(tx: Writer) -> None:
        for number in numbers:
            detail = {"id": f"u-{number % 3}", "reason": f'Jürgen "J" {number}', "n": [number, None, 1e16]}
            entry = Entry(id_of(number), AT + number, "user.changed", f"u-{number % 5}", None, "c-a", "k", detail)
            await add_entry(tx, entry)

    change(url, work)


def seal_up_to(url: str, number: int, key: bytes = KEY) -> int:
    """As if all of these were settled; returns how many were sealed."""
    return on(url, lambda db: seal(db, key, AT + number + SETTLED + 1))


def seal_late_at(url: str, number: int) -> int:
    return on(url, lambda db: seal_late(db, KEY, AT + number + SETTLED + 1))


def seal_now(url: str) -> None:
    """With the key of the server on it, whatever its entries are."""

    async def work(db: Database) -> int:
        key = chain_key(await shared_secret(db, Vault(MASTER_KEY), "refresh"))
        return await seal(db, key, int(time.time()) + SETTLED + 1)

    on(url, work)


def sealed(url: str, entries: int, of_seal: int = 10) -> None:
    """So many entries in seals of that many."""
    for first in range(0, entries, of_seal):
        write(url, range(first, min(first + of_seal, entries)))
        seal_up_to(url, entries)


def sql(url: str, *statements: str) -> None:
    """Whoever may write to the database."""

    async def work(tx: Writer) -> None:
        for one in statements:
            await tx.run(Statement(lambda one=one: text(one), nothing), {})  # type: ignore[misc]

    change(url, work)


def verify(url: str, folder: Path | None = None, key: bytes = KEY, *, allow_late: bool = False) -> Report:
    async def work(db: Database) -> Report:
        verifier = Verifier(db, key, allow_late=allow_late)
        await verifier.database()
        await verify_archive(db, verifier, folder)
        return verifier.report

    return on(url, work)


def told(report: Report) -> list[tuple[str, str | None]]:
    return [(one.kind, one.entry) for one in report.findings]
