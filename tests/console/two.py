"""What tests of two operators share: a server that wants two, a change that one proposes, and what stands in the trail."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from hoistway.protocol.ids import ProductId, UserId
from hoistway.store.audit_search import search_audit
from hoistway.store.db import Database, Writer
from hoistway.store.products import Product, add_product, find_product
from hoistway.store.users import User, add_user, find_user
from tests.engines import EngineName, drop_database, fresh_database
from tests.limits.selling import product
from tests.portal.signing_in import Visitor
from tests.server import Served, change, populate, serving
from tests.store.test_schema import on
from tests.world import A, user


async def _more(tx: Writer) -> None:
    await add_user(tx, user("otto", None, "employee", "operator"))
    await add_user(tx, user("opal", None, "operator"))
    await add_user(tx, user("puppet", A))
    await add_product(tx, product("asked", approval="asked"))


@contextmanager
def careful_server(engine: EngineName, *, two: bool = True, **more: Any) -> Iterator[Served]:
    """olga, otto and opal operate; puppet is an account that one of them made."""
    url = fresh_database(engine, populate)
    change(url, _more)
    with serving(url, four_eyes=two, **more) as server:
        yield server
    drop_database(url)


def choose_role(one: Visitor, name: str, role: str, *, employee: bool = False) -> httpx2.Response:
    path = f"/console/users/u-{name}/role"
    one.get(path)
    more = {"employed_employee": "yes"} if employee else {}
    return one.post(path, role=role, confirm=name.title(), **more)


def proposed(reply: httpx2.Response) -> str:
    """The id of what waits now."""
    assert reply.status_code == 303, reply.text
    found = re.fullmatch(r"/console/changes/([0-9a-f-]{36})\?notice=notice_two_proposed", reply.headers["location"])
    assert found is not None, reply.headers["location"]
    return found[1]


def decide_on(one: Visitor, proposal: str, verb: str) -> str:
    """The notice that it leads to, or "" where it is refused."""
    one.get(f"/console/changes/{proposal}")
    reply = one.post(f"/console/changes/{proposal}", do=verb)
    return reply.headers["location"].rpartition("notice_two_")[2] if reply.status_code == 303 else ""


def person(served: Served, name: str) -> User:
    async def work(db: Database) -> User | None:
        return await find_user(db, UserId(f"u-{name}"))

    row = on(served.database, work)
    assert row is not None
    return row


def product_row(served: Served, product_id: str) -> Product:
    async def work(db: Database) -> Product | None:
        return await find_product(db, ProductId(product_id))

    row = on(served.database, work)
    assert row is not None
    return row


def trail(served: Served, event: str) -> list[tuple[str | None, dict[str, Any]]]:
    """(who, detail) of each entry, the newest first."""

    async def work(db: Database) -> list[tuple[str | None, dict[str, Any]]]:
        rows = await search_audit(db, {"event": [event]}, since=None, until=None, before="", most=50)
        return [(row.actor, json.loads(row.detail)) for row in rows]

    return on(served.database, work)
