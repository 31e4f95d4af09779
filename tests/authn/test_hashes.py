"""Hashing costs what it must, digests of other parameters are renewed, and names that do not exist cost what accounts do."""

import asyncio
from functools import partial
from itertools import pairwise

import pytest
from argon2 import Parameters, PasswordHasher, Type, extract_parameters
from sqlalchemy import Table, update
from sqlalchemy.sql.expression import Executable

from hoistway.authn import decoys
from hoistway.authn.passwords import COST, Passwords, random_digest
from hoistway.protocol.ids import ServiceAccountId, UserId
from hoistway.store.account_passwords import set_service_account_password
from hoistway.store.db import Database, Reader, Statement, Writer, nothing
from hoistway.store.service_accounts import SERVICE_ACCOUNTS, find_service_account
from hoistway.store.users import USERS, find_user, set_user_password
from tests.attacks.asking import password
from tests.attacks.test_accounts import guess, own_served
from tests.server import Served, change
from tests.store.test_schema import on
from tests.world import API_URI, NOW, PASSWORD

__all__ = ["own_served"]

OLD = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1)
PEOPLES = PasswordHasher(time_cost=1, memory_cost=9 * 1024, parallelism=1)
WAYS = ("sign in", "grant")
NAMES = {"sign in": ("ann@example.com", "nobody@example.com"), "grant": ("daemon-a", "daemon-x")}


async def test_a_password_is_the_same_however_its_letters_are_composed() -> None:
    """SP 800-63B-4 section 3.1.1.2. One that was hashed as it was typed stays right, too."""
    composed, apart = "m\u00fche am fahrstuhl", "mu\u0308he am fahrstuhl"
    passwords = Passwords(1)
    for digest in (passwords.hash_now(composed), passwords.hash_now(apart), OLD.hash(composed)):
        assert await passwords.matches(digest, composed)
        assert await passwords.matches(digest, apart)
        assert not await passwords.matches(digest, "muhe am fahrstuhl")
    typed = OLD.hash(apart)
    assert await passwords.matches(typed, apart)
    passwords.close()


def test_what_a_hash_costs() -> None:
    """At least as much as OWASP asks of argon2id (m = 19 MiB, t = 2, p = 1); a change here is a change of operating.md."""
    made = extract_parameters(Passwords(1).hash_now(PASSWORD))
    assert made == Parameters(Type.ID, 19, 16, 32, time_cost=2, memory_cost=19 * 1024, parallelism=1)
    assert extract_parameters(random_digest()) == made
    assert not Passwords(1).is_outdated(random_digest())
    assert Passwords(1).is_outdated(OLD.hash("x"))
    assert not Passwords(1).is_outdated("none")


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The digests that passwords were compared with."""
    seen: list[str] = []
    verify = Passwords._verify

    def see(self: Passwords, digest: str, word: str) -> bool:
        seen.append(digest)
        return verify(self, digest, word)

    monkeypatch.setattr(Passwords, "_verify", see)
    return seen


def ask(served: Served, way: str, name: str, word: str) -> int:
    if way == "sign in":
        return guess(served, name, word).status_code
    return password(served, name, word, scope=API_URI).status_code


def costs(digests: list[str]) -> list[str]:
    return [digest[: digest.index("$", len("$argon2id$v=19$"))] for digest in digests]


def hashed(table: Table, hasher: PasswordHasher) -> Executable:
    return update(table).values(password_digest=hasher.hash(PASSWORD))


def outdate(served: Served) -> None:
    """As after a change of the parameters: people have one of the older costs, technical accounts another."""

    async def work(tx: Writer) -> None:
        for table, hasher in ((USERS, PEOPLES), (SERVICE_ACCOUNTS, OLD)):
            await tx.run(Statement(partial(hashed, table, hasher), nothing), {})

    change(served.database, work)


@pytest.mark.parametrize("way", WAYS)
def test_an_unknown_name_costs_what_an_account_of_that_kind_costs(
    own_served: Served, looked_at: list[str], way: str
) -> None:
    """Also while accounts have digests of older parameters."""
    outdate(own_served)
    for name in NAMES[way]:
        assert ask(own_served, way, name, "wrong") == 400
    known, unknown = costs(looked_at)
    assert known == unknown
    assert known == costs([(PEOPLES if way == "sign in" else OLD).hash("x")])[0]
    assert known != costs([COST + "x"])[0]


def test_a_share_of_unknown_names_has_the_older_cost(migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As large as that of the accounts; a name always the same, and never the older one after the newer one."""
    old, spots = COST.replace("t=2", "t=1"), [number / 100 for number in range(100)]

    async def share(db: Database, olds: int) -> set[float]:
        async def digests(_db: Reader, _most: int) -> list[str]:
            return [random_digest()] * (10 - olds) + [random_digest(old)] * olds + ["none"]

        monkeypatch.setitem(decoys._DIGESTS, "user", digests)
        made = decoys.Decoys(db)
        return {spot for spot in spots if (await made.digest("user", spot, NOW)).startswith(old)}

    async def work(db: Database) -> None:
        shares = [await share(db, olds) for olds in (10, 7, 2, 0)]
        assert [len(one) for one in shares] == [100, 70, 20, 0]
        assert all(later < earlier for earlier, later in pairwise(shares))

    on(migrated_url, work)


@pytest.mark.parametrize("way", WAYS)
def test_a_right_password_is_hashed_anew(own_served: Served, looked_at: list[str], way: str) -> None:
    """Once; then it has the parameters of today, and the account is the same otherwise."""
    outdate(own_served)
    name = NAMES[way][0]
    before = account(own_served, way)
    assert ask(own_served, way, name, "wrong") == 400
    assert account(own_served, way) == before
    for _ in range(2):
        assert ask(own_served, way, name, PASSWORD) in {200, 303}
    digest, changed_at = account(own_served, way)
    assert digest.startswith(COST)
    assert changed_at == before[1]
    assert [seen.startswith(COST) for seen in looked_at] == [False, False, True]


def account(served: Served, way: str) -> tuple[str, int]:
    async def read(db: Database) -> tuple[str, int]:
        row = (
            await find_user(db, UserId("u-ann"))
            if way == "sign in"
            else await find_service_account(db, ServiceAccountId("sa-a"))
        )
        assert row is not None
        return row.password_digest, row.password_changed_at

    return on(served.database, read)


@pytest.mark.parametrize("way", WAYS)
def test_a_new_password_is_not_overwritten(own_served: Served, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """It was set while the old one was hashed anew."""
    outdate(own_served)
    new = Passwords(1).hash_now("another-" + PASSWORD)
    hash_it = Passwords.hash

    async def reset_meanwhile(self: Passwords, word: str, *, caller: str = "", account: str = "") -> str:
        renewed = await hash_it(self, word, caller=caller, account=account)

        async def work(tx: Writer) -> None:
            if way == "sign in":
                await set_user_password(tx, UserId("u-ann"), new, NOW)
            else:
                await set_service_account_password(tx, ServiceAccountId("sa-a"), new, NOW)

        await asyncio.to_thread(change, own_served.database, work)
        return renewed

    monkeypatch.setattr(Passwords, "hash", reset_meanwhile)
    assert ask(own_served, way, NAMES[way][0], PASSWORD) in {200, 303}
    assert account(own_served, way)[0] == new
