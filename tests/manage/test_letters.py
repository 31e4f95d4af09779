"""A person whom a program makes gets in by a link that is mailed; no password is in any answer."""

from contextlib import closing

import pytest

from hoistway.store.db import Writer
from hoistway.store.outbox import OUTBOX
from tests.attacks.overtaken import everything
from tests.engines import EngineName, drop_database, fresh_database
from tests.manage.program import Program, daemon, hire
from tests.server import change, populate, serving


def test_a_person_gets_a_link(engine_name: EngineName, monkeypatch: pytest.MonkeyPatch) -> None:
    url = fresh_database(engine_name, populate)
    with serving(url, demonstration=True) as served:
        hire(url, daemon())
        program = Program(served)
        with closing(program.http):
            made = program.ask(
                "POST", "/users", 201, {"username": "kim@example.com", "name": "Kim", "customer_id": "c-a"}
            )
            assert "password" not in made.text
            program.ask("POST", f"/users/{made.json()['id']}/link?dry_run=true", 204)
            assert letters(url) == 0
            program.ask("POST", f"/users/{made.json()['id']}/link", 204)
            assert letters(url) == 1
    drop_database(url)


def letters(url: str) -> int:
    found: list[int] = []

    async def work(tx: Writer) -> None:
        found.append(len((await everything(tx))[OUTBOX.name]))

    change(url, work)
    return found[0]
