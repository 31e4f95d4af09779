"""The password grant again and again: what is remembered spares the hash, and nothing else that a password goes through."""

import secrets
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import pytest
from msgspec.structs import replace
from sqlalchemy import update

from hoistway.authn.passwords import Passwords
from hoistway.grants.new_password import replace_password
from hoistway.protocol.ids import ClientId, CustomerId, ServiceAccountId
from hoistway.store.account_passwords import rehash_service_account
from hoistway.store.clients import LegacyException, find_client, put_client, set_client_disabled
from hoistway.store.customers import set_customer_disabled
from hoistway.store.db import Database, Statement, Writer, nothing
from hoistway.store.flow_uses import flow_uses_of
from hoistway.store.legacy_uses import legacy_uses_of
from hoistway.store.service_accounts import (
    SERVICE_ACCOUNTS,
    find_service_account,
    set_service_account_disabled,
)
from tests.attacks.asking import at_once, bearer, password, refresh, refusal
from tests.engines import EngineName, drop_database, fresh_database
from tests.server import Clock, Served, change, populate, serving
from tests.store.test_schema import on
from tests.world import API_URI, NOW, PASSWORD

ACCOUNT = ServiceAccountId("sa-a")
NEW = "another-" + PASSWORD
OFFLINE = f"{API_URI} offline_access"


@dataclass
class House:
    """A server whose clock is turned; `hashed` are the passwords that argon2 compared."""

    served: Served
    clock: Clock
    hashed: list[str] = field(default_factory=list)

    def ask(self, word: str = PASSWORD, name: str = "daemon-a", scope: str = API_URI, **more: str) -> int:
        self.hashed.clear()
        return password(self.served, name, word, scope=scope, **more).status_code

    def is_hashed(self, word: str = PASSWORD, **more: str) -> bool:
        assert self.ask(word, **more) == 200
        return bool(self.hashed)

    def change(self, work: Callable[[Writer], Awaitable[object]]) -> None:
        async def run(tx: Writer) -> None:
            await work(tx)

        change(self.served.database, run)


@pytest.fixture
def house(engine_name: EngineName, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """Where the password of daemon-a was proven a moment ago."""
    url, clock = fresh_database(engine_name, populate), Clock()
    with serving(url, now=clock) as served:
        made, verify = House(served, clock), Passwords._verify

        def see(self: Passwords, digest: str, word: str) -> bool:
            made.hashed.append(word)
            return verify(self, digest, word)

        monkeypatch.setattr(Passwords, "_verify", see)
        assert made.is_hashed()
        assert not made.is_hashed()
        yield made
    drop_database(url)


def test_it_is_hashed_again_when_the_time_is_over(house: House) -> None:
    house.clock.turn(299)
    assert not house.is_hashed()
    house.clock.turn(1)
    assert house.is_hashed()
    assert not house.is_hashed()


def test_it_is_hashed_again_where_the_clock_was_turned_back(house: House) -> None:
    house.clock.turn(-5)
    assert house.is_hashed()


def test_another_process_proves_it_anew(house: House) -> None:
    with serving(house.served.database, now=house.clock) as other:
        theirs = House(other, house.clock, house.hashed)
        assert theirs.is_hashed()
        assert not theirs.is_hashed()


def test_it_can_be_off(house: House) -> None:
    with serving(house.served.database, now=house.clock, remember_passwords=0) as other:
        theirs = House(other, house.clock, house.hashed)
        assert theirs.is_hashed()
        assert theirs.is_hashed()


def test_a_wrong_password_is_always_hashed_and_counted(house: House) -> None:
    for number in range(10):
        assert house.ask(f"wrong-{number}") == 400
        assert house.hashed == [f"wrong-{number}"]
    reply = password(house.served, "daemon-a", scope=API_URI)
    assert refusal(reply) == (400, "invalid_grant")
    assert int(reply.headers["retry-after"]) > 0
    assert house.hashed == ["wrong-9"]


def test_a_lock_ends_as_it_does_without(house: House) -> None:
    for number in range(10):
        house.ask(f"wrong-{number}")
    assert house.ask() == 400
    house.clock.turn(61)
    assert house.ask() == 200


def test_it_forgives_what_a_hashed_one_forgives(house: House) -> None:
    for turn in range(2):
        for number in range(9):
            reply = password(house.served, "daemon-a", f"wrong-{turn}-{number}", scope=API_URI)
            assert "retry-after" not in reply.headers
        assert not house.is_hashed()


def test_the_week_goes_on(house: House) -> None:
    """Fifty different wrong passwords in a week lock, whatever was right between them."""
    looked_at = 0
    while looked_at < 60:
        reply = password(house.served, "daemon-a", secrets.token_hex(4), scope=API_URI)
        if "retry-after" in reply.headers:
            break
        looked_at += 1
        if looked_at % 9 == 0:
            assert house.ask() == 200
            house.clock.turn(61)
    assert looked_at == 50


def test_another_password(house: House) -> None:
    digest = Passwords(1).hash_now(NEW)
    house.change(lambda tx: replace_password(tx, "service_account", ACCOUNT, digest, house.clock()))
    assert house.ask() == 400
    assert house.hashed == [PASSWORD]
    assert house.is_hashed(NEW)
    assert not house.is_hashed(NEW)
    assert house.ask() == 400


def test_the_same_password_hashed_anew(house: House) -> None:
    async def rehash(tx: Writer) -> None:
        row = await find_service_account(tx, ACCOUNT)
        assert row is not None
        await rehash_service_account(tx, ACCOUNT, row.password_digest, Passwords(1).hash_now(PASSWORD))

    house.change(rehash)
    assert house.is_hashed()


def test_another_account_with_the_same_password(house: House) -> None:
    assert house.is_hashed(name="daemon-b")
    assert house.ask(name="daemon-x") == 400


def test_a_disabled_account(house: House) -> None:
    """Also once it is enabled again it is proven anew."""
    house.change(lambda tx: set_service_account_disabled(tx, ACCOUNT, house.clock()))
    assert house.ask() == 400
    assert house.hashed == [PASSWORD], "refused as an unknown one is"
    house.change(lambda tx: set_service_account_disabled(tx, ACCOUNT, None))
    house.clock.turn(5)
    assert house.is_hashed()


def test_an_account_that_another_program_disabled(house: House) -> None:
    """One that wrote no end beside it."""
    disabled = Statement(lambda: update(SERVICE_ACCOUNTS).values(disabled_at=house.clock()), nothing)
    house.change(lambda tx: tx.run(disabled, {}))
    assert house.ask() == 400
    assert house.hashed == [PASSWORD]


def test_guesses_at_once_are_told_as_few_times(house: House) -> None:
    """Ten at the most, though the right password is remembered and among them; it is told before the lock or not at all."""
    words = [f"wrong-{number}" for number in range(40)]
    replies = at_once(40, lambda i: password(house.served, "daemon-a", words[i], scope=API_URI))
    assert {refusal(reply) for reply in replies} == {(400, "invalid_grant")}
    assert sum("retry-after" not in reply.headers for reply in replies) <= 10
    right = [password(house.served, "daemon-a", scope=API_URI) for _ in range(3)]
    assert {refusal(reply) for reply in right} == {(400, "invalid_grant")}
    assert all("retry-after" in reply.headers for reply in right)


def test_a_disabled_customer(house: House) -> None:
    """A right password of theirs counts as a failure, hashed or not."""
    house.change(lambda tx: set_customer_disabled(tx, CustomerId("c-a"), house.clock()))
    house.clock.turn(5)
    replies = [password(house.served, "daemon-a", scope=API_URI) for _ in range(31)]
    assert {refusal(reply) for reply in replies} == {(400, "invalid_grant")}
    assert ["retry-after" in reply.headers for reply in replies] == [False] * 30 + [True]


def test_a_disabled_customers_right_password_takes_as_long_as_a_wrong_one(house: House) -> None:
    """Both are refused in the same words: the time of one hash less would tell which was right."""
    house.change(lambda tx: set_customer_disabled(tx, CustomerId("c-a"), house.clock()))
    house.clock.turn(5)
    for word in ("wrong", PASSWORD, "another wrong", PASSWORD):
        assert house.ask(word) == 400
        assert house.hashed == [word]


def test_a_disabled_application(house: House) -> None:
    house.change(lambda tx: set_client_disabled(tx, ClientId("ropc"), house.clock()))
    house.clock.turn(5)
    assert house.ask() in {400, 401}
    assert house.hashed == []


def test_an_exception_that_ended(house: House) -> None:
    async def end(tx: Writer) -> None:
        row = await find_client(tx, ClientId("ropc"))
        assert row is not None
        ended = LegacyException("password", "a test", house.clock() + 10, "tests", NOW)
        await put_client(tx, replace(row, exceptions=(ended,)))

    house.change(end)
    house.clock.turn(5)
    assert not house.is_hashed()
    house.clock.turn(5)
    assert house.ask() == 400


def test_each_token_is_one_of_its_own(house: House) -> None:
    tokens = [password(house.served, "daemon-a", scope=API_URI).json()["access_token"] for _ in range(3)]
    assert len(set(tokens)) == 3
    assert all(bearer(house.served, token).status_code == 200 for token in tokens)


def test_another_customer_is_not_named(house: House) -> None:
    reply = password(house.served, "daemon-a", scope=API_URI, customer="c-b")
    assert refusal(reply) == (400, "invalid_target")


def test_a_refresh_token_begins_and_ends_with_the_password(house: House) -> None:
    first = password(house.served, "daemon-a", scope=OFFLINE).json()
    assert house.hashed == []
    renewed = refresh(house.served, first["refresh_token"], "ropc")
    assert renewed.status_code == 200, renewed.text
    digest = Passwords(1).hash_now(NEW)
    house.change(lambda tx: replace_password(tx, "service_account", ACCOUNT, digest, house.clock()))
    assert refusal(refresh(house.served, renewed.json()["refresh_token"], "ropc")) == (400, "invalid_grant")


def uses(house: House) -> tuple[int, int]:
    async def read(db: Database) -> tuple[int, int]:
        legacy = await legacy_uses_of(db, ClientId("ropc"))
        return sum(one.uses for one in legacy), await flow_uses_of(db, ACCOUNT, "password")

    return on(house.served.database, read)


def test_every_use_is_counted(engine_name: EngineName) -> None:
    """The first at once, the others when the process writes its counts, at its end for the last time."""
    url, clock = fresh_database(engine_name, populate), Clock()
    with serving(url, now=clock) as served:
        made = House(served, clock)
        for number in range(6):
            assert made.ask(scope=OFFLINE if number == 5 else API_URI) == 200
    assert uses(made) == (6, 6)
    drop_database(url)
