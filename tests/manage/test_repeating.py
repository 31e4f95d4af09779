"""A creation that is sent again is carried out once, answered alike, and bound to its application, request and day."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from hoistway.store import idempotency_keys
from hoistway.store.db import Writer
from hoistway.store.idempotency_keys import IDEMPOTENCY_KEYS, KEPT, prune_answered_keys
from tests.attacks.overtaken import everything
from tests.manage.program import Program, daemon, hire
from tests.portal.house import House
from tests.server import change

NEW = {"id": "c-once", "name": "Once"}


@contextmanager
def programs(house: House) -> Iterator[tuple[Program, Program]]:
    hire(house.served.database, daemon(), daemon("other"))
    first, other = Program(house.served), Program(house.served, "other")
    with closing(first.http), closing(other.http):
        yield first, other


def rows(house: House) -> int:
    counted: list[int] = []

    async def work(tx: Writer) -> None:
        counted.append(len((await everything(tx))[IDEMPOTENCY_KEYS.name]))

    change(house.served.database, work)
    return counted[0]


def test_sent_again_it_is_answered_alike(house: House) -> None:
    with programs(house) as (program, other):
        first = program.ask("POST", "/customers", 201, NEW, idempotency_key="k-1")
        again = program.ask("POST", "/customers", 201, NEW, idempotency_key="k-1")
        assert (again.content, again.headers["etag"], again.headers["location"]) == (
            first.content, first.headers["etag"], first.headers["location"],
        )  # fmt: skip
        program.ask("POST", "/customers", 409, NEW, idempotency_key="k-2")
        assert (
            program.ask("POST", "/customers", 422, {**NEW, "name": "X"}, idempotency_key="k-1")
            .json()["type"]
            .endswith("#key-reused")
        )
        program.ask("POST", "/sites", 422, {"id": "c-once", "name": "Once"}, idempotency_key="k-1")
        # What was refused is judged anew.
        program.ask("DELETE", "/customers/c-once", 204, if_match="*")
        program.ask("POST", "/customers", 201, NEW, idempotency_key="k-2")
        assert rows(house) == 2
        other.ask("POST", "/customers", 409, NEW, idempotency_key="k-1")


def test_after_a_day_it_is_a_new_one(house: House) -> None:
    with programs(house) as (program, _other):
        program.ask("POST", "/customers", 201, NEW, idempotency_key="k-1")
        house.clock.turn(KEPT + 1)
        later = Program(house.served)
        with closing(later.http):
            later.ask("POST", "/customers", 409, NEW, idempotency_key="k-1")
            later.ask("POST", "/customers", 201, {**NEW, "id": "c-twice"}, idempotency_key="k-1")
        house.clock.turn(KEPT + 1)

        async def clear(tx: Writer) -> None:
            await prune_answered_keys(tx, house.clock() - KEPT)

        change(house.served.database, clear)
        assert rows(house) == 0


def test_the_query_is_part_of_the_request(house: House) -> None:
    product = {"id": "p-1", "name": "One", "description": "One.", "apis": ["customer-api"], "key_use": "optional"}
    with programs(house) as (program, _other):
        program.ask("POST", "/products", 201, product, idempotency_key="k-1")
        program.ask("POST", "/products?at_once=true", 422, product, idempotency_key="k-1")


@pytest.mark.parametrize("key", ["", "two words", "x" * 201])
def test_what_is_no_key(house: House, key: str) -> None:
    with programs(house) as (program, _other):
        program.ask("POST", "/customers", 400, NEW, idempotency_key=key)


def test_a_dry_run_uses_no_key_up(house: House) -> None:
    with programs(house) as (program, _other):
        program.ask("POST", "/customers?dry_run=true", 201, NEW, idempotency_key="k-1")
        assert rows(house) == 0
        program.ask("POST", "/customers", 201, NEW, idempotency_key="k-1")


def test_of_many_at_once_one_makes_it(house: House) -> None:
    with programs(house) as (program, _other):
        found: list[int] = []

        def send() -> None:
            found.append(
                program.http.post("/manage/v1/customers", json=NEW, headers={"idempotency-key": "k"}).status_code
            )

        threads = [threading.Thread(target=send) for _ in range(6)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert found == [201] * 6
        assert rows(house) == 1


@pytest.mark.parametrize("bound", ["MOST_OF_ONE", "MOST"])
def test_keys_have_a_bound(house: House, bound: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("hoistway.manage.repeating", "hoistway.store.idempotency_keys"):
        monkeypatch.setattr(f"{module}.{bound}", 2)
    assert getattr(idempotency_keys, bound) == 2
    with programs(house) as (program, other):
        for number in (1, 2):
            program.ask("POST", "/customers", 201, {**NEW, "id": f"c-{number}"}, idempotency_key=str(number))
        full = program.ask("POST", "/customers", 429, NEW, idempotency_key="3")
        assert int(full.headers["retry-after"]) > 0
        program.ask("POST", "/customers", 201, {**NEW, "id": "c-1"}, idempotency_key="1")
        program.ask("POST", "/customers", 201, NEW)
        other.ask(
            "POST", "/customers", 201 if bound == "MOST_OF_ONE" else 429, {**NEW, "id": "c-4"}, idempotency_key="3"
        )


def test_an_answer_that_is_kept_can_be_read_by_nobody(house: House) -> None:
    with programs(house) as (program, _other):
        program.ask("POST", "/customers", 201, NEW, idempotency_key="k-1")

        async def work(tx: Writer) -> None:
            assert "Once" not in str((await everything(tx))[IDEMPOTENCY_KEYS.name])

        change(house.served.database, work)
