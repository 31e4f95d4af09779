"""Row 40, for accounts that came from another system with its digests: an unknown name costs what they cost."""

from functools import partial

import bcrypt
import pytest
from sqlalchemy import Table, update
from sqlalchemy.sql.expression import Executable

from hoistway.authn import decoys
from hoistway.authn.foreign.reading import keep, read_foreign
from hoistway.authn.passwords import COST, Passwords, random_digest, shape_of
from hoistway.store.db import Database, Reader, Statement, Writer, nothing
from hoistway.store.service_accounts import SERVICE_ACCOUNTS
from hoistway.store.users import USERS
from tests.attacks.asking import password
from tests.attacks.test_accounts import guess, own_served
from tests.server import Served, change
from tests.store.test_schema import on
from tests.world import API_URI, NOW, PASSWORD

__all__ = ["own_served"]

BCRYPT = keep(read_foreign(bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(9)).decode()))
SALTED = keep(read_foreign("{SSHA}" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="))
KINDS = {"bcrypt": BCRYPT, "salted SHA": SALTED}


def stored(table: Table, digest: str) -> Executable:
    return update(table).values(password_digest=digest)


def bring(served: Served, digest: str) -> None:
    async def work(tx: Writer) -> None:
        for table in (USERS, SERVICE_ACCOUNTS):
            await tx.run(Statement(partial(stored, table, digest), nothing), {})

    change(served.database, work)


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    seen: list[str] = []
    verify = Passwords._verify

    def see(self: Passwords, digest: str, word: str) -> bool:
        seen.append(digest)
        return verify(self, digest, word)

    monkeypatch.setattr(Passwords, "_verify", see)
    return seen


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_name_costs_what_foreign_digests_cost(own_served: Served, looked_at: list[str], kind: str) -> None:
    """Row 40: the same kind, the same numbers, salt and tag as long; and it is of nobody's password."""
    bring(own_served, KINDS[kind])
    answers = {
        (
            guess(own_served, name, PASSWORD + "x").status_code,
            password(own_served, daemon, PASSWORD + "x", scope=API_URI).status_code,
        )
        for name, daemon in (("ann@example.com", "daemon-a"), ("nobody@example.com", "daemon-x"))
    }
    assert answers == {(400, 400)}
    assert len(looked_at) == 4
    assert {shape_of(digest) for digest in looked_at} == {shape_of(KINDS[kind])}
    assert {len(digest) for digest in looked_at} == {len(KINDS[kind])}
    assert looked_at[0] == looked_at[1] != looked_at[2]
    assert guess(own_served, "nobody@example.com", PASSWORD).status_code == 400


def test_a_share_of_unknown_names_costs_as_much(migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row 40: as large as that of the accounts, and each name always the same while people's digests are renewed."""
    spots = [number / 100 for number in range(100)]

    async def kinds(db: Database, brought: int) -> dict[float, str]:
        async def digests(_db: Reader, _most: int) -> list[str]:
            return [BCRYPT] * brought + [random_digest()] * (10 - brought)

        monkeypatch.setitem(decoys._DIGESTS, "user", digests)
        made = decoys.Decoys(db)
        return {spot: shape_of(await made.digest("user", spot, NOW)) for spot in spots}

    async def work(db: Database) -> None:
        before: dict[float, str] = {}
        for brought in (10, 6, 1, 0):
            found = await kinds(db, brought)
            assert list(found.values()).count(shape_of(BCRYPT)) == 10 * brought
            assert all(found[spot] == kind for spot, kind in before.items() if kind == shape_of(COST + "a$b"))
            before = found

    on(migrated_url, work)
