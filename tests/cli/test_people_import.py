"""People and technical accounts of another system, with the digests of their passwords, over the command line and HTTP."""

import json
from pathlib import Path
from typing import Any

import bcrypt

from hoistway.authn.passwords import COST
from hoistway.protocol.ids import UserId
from hoistway.store.db import Database
from hoistway.store.memberships import memberships_of
from hoistway.store.service_accounts import find_service_account_by_name
from hoistway.store.users import User, find_user_by_name
from tests.attacks.asking import password as grant
from tests.cli.conftest import Managed
from tests.cli.running import answer
from tests.flows.browser import Person
from tests.store.test_schema import on
from tests.world import API_URI

WORD = "an older system's password"


def digest_of(word: str, rounds: int = 10) -> str:
    return bcrypt.hashpw(word.encode(), bcrypt.gensalt(rounds)).decode()


def person(managed: Managed, username: str) -> User | None:
    async def read(db: Database) -> User | None:
        return await find_user_by_name(db, username)

    return on(managed.served.database, read)


def places(managed: Managed, user_id: UserId) -> list[tuple[str, str, str]]:
    async def read(db: Database) -> list[tuple[str, str, str]]:
        return [(str(one.customer_id), one.role, one.reach) for one in await memberships_of(db, user_id)]

    return on(managed.served.database, read)


def written(folder: Path, *rows: dict[str, Any]) -> str:
    file = folder / "people.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(file)


def signs_in(managed: Managed, username: str, word: str) -> bool:
    visitor = Person(managed.served)
    return visitor.sign_in(visitor.get("/sign-in"), username.partition("@")[0], word).status_code == 200


def test_a_person_signs_in_with_the_old_password_and_the_digest_is_ours_then(managed: Managed, tmp_path: Path) -> None:
    file = written(
        tmp_path,
        {"username": "old@example.com", "name": "Olga", "customer_id": "c-a", "password_digest": digest_of(WORD)},
    )
    made = answer("user", "import", file)
    assert (made["added"], made["with_password"], made["places"]) == (1, 1, 1)
    before = person(managed, "old@example.com")
    assert before is not None
    assert before.password_digest.startswith("$bcrypt$r=10$")
    assert not signs_in(managed, "old@example.com", WORD + "x")
    assert person(managed, "old@example.com") == before
    assert signs_in(managed, "old@example.com", WORD)
    after = person(managed, "old@example.com")
    assert after is not None
    assert after.password_digest.startswith(COST)
    assert after.password_changed_at == before.password_changed_at
    assert signs_in(managed, "old@example.com", WORD)
    assert places(managed, after.id) == [("c-a", "member", "all")]


def test_a_technical_account_keeps_its_password(managed: Managed, tmp_path: Path) -> None:
    file = written(tmp_path, {"username": "svc-old", "customer_id": "c-a", "password_digest": digest_of(WORD, 4)})
    assert answer("service-account", "import", file)["added"] == 1
    assert grant(managed.served, "svc-old", "wrong", scope=API_URI).status_code == 400
    assert grant(managed.served, "svc-old", WORD, scope=API_URI).status_code == 200

    async def read(db: Database) -> str:
        found = await find_service_account_by_name(db, "svc-old")
        assert found is not None
        return found.password_digest

    assert on(managed.served.database, read).startswith(COST)
