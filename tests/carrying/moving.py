"""A server of ours that is connected to the stand-in, with accounts that wait for their password there."""

import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeVar

import httpx2
from msgspec.structs import replace

from hoistway.authn.passwords import random_digest
from hoistway.protocol.ids import ServiceAccountId, UserId
from hoistway.store.carried_accounts import Carried, ToCarry, add_waiting, find_carried
from hoistway.store.db import Database, Writer
from hoistway.store.memberships import Membership, put_membership
from hoistway.store.service_accounts import ServiceAccount, add_service_account
from hoistway.store.tenant_connections import Connection, put_connection
from hoistway.store.users import User, add_user
from tests.carrying.old import CLIENT, SCOPE, Old
from tests.engines import EngineName, drop_database, fresh_database
from tests.flows.browser import Person, hidden
from tests.server import Clock, Served, change, populate, serving
from tests.store.test_schema import on
from tests.world import API_URI, FAR, NOW, TENANT, TENANT_NAME, A

T = TypeVar("T")
ROPC = f"/{TENANT_NAME}/B2C_1_ROPC/oauth2/v2.0/token"


def id_of(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


@dataclass
class Moving:
    """`wrong` is how many different wrong passwords of an account may reach the older system."""

    served: Served
    old: Old
    clock: Clock
    wrong: int

    def grant(self, name: str, word: str, path: str = ROPC, address: str = "192.0.2.7") -> httpx2.Response:
        """The password grant, of a daemon."""
        form = {"grant_type": "password", "client_id": "ropc", "username": name, "password": word, "scope": API_URI}
        headers = {"x-forwarded-for": address}
        return httpx2.post(f"{self.served.url}{path}", data=form, headers=headers, timeout=60)

    def sign_in(self, name: str, word: str, address: str = "192.0.2.7", lang: str = "en") -> httpx2.Response:
        """The sign-in page, of a person."""
        person = Person(self.served)
        headers = {"x-forwarded-for": address, "accept-language": lang}
        page = person.http.get("/sign-in", headers=headers)
        form = {"csrf": hidden(page.text, "csrf"), "username": name, "password": word}
        return person.http.post("/sign-in", data=form, headers=headers)

    def connect(self, **changes: object) -> None:
        row = Connection(TENANT, self.old.url, CLIENT, SCOPE, FAR, self.wrong, self.clock())
        self.write(lambda tx: put_connection(tx, replace(row, **changes)))

    def accounts(self, *names: str, password: str = "Old-Password-1") -> None:
        """Technical accounts that wait, known there with this password."""

        async def work(tx: Writer) -> None:
            for name in names:
                row = ServiceAccount(
                    ServiceAccountId(id_of(name)), name, name, name, A, random_digest(), NOW, NOW
                )  # fmt: skip
                await add_service_account(tx, row)
            await add_waiting(tx, [ToCarry("service_account", id_of(name), TENANT, name) for name in names])

        self.write(work)
        self.old.people |= {name: (password, id_of(name)) for name in names}

    def people(self, *names: str, password: str = "Old-Password-1") -> None:
        async def work(tx: Writer) -> None:
            for name in names:
                mail, user_id = f"{name}@example.com", UserId(id_of(name))
                row = User(user_id, mail, name, (mail,), (), None, random_digest(), A, NOW, NOW)
                await add_user(tx, row)
                await put_membership(tx, Membership(user_id, A, "member", "all", NOW))
            rows = [ToCarry("user", id_of(name), TENANT, f"{name}@example.com") for name in names]
            await add_waiting(tx, rows)

        self.write(work)
        self.old.people |= {f"{name}@example.com": (password, id_of(name)) for name in names}

    def write(self, work: Callable[[Writer], Awaitable[None]]) -> None:
        change(self.served.database, work)

    def row(self, name: str, kind: str = "service_account") -> Carried:
        async def work(db: Database) -> Carried | None:
            return await find_carried(db, kind, id_of(name))

        found = on(self.served.database, work)
        assert found is not None
        return found


def took(work: Callable[[], T]) -> tuple[float, T]:
    begun = monotonic()
    done = work()
    return monotonic() - begun, done


@contextmanager
def moving(engine: EngineName, old: Old, wrong: int = 3, **settings: Any) -> Iterator[Moving]:
    """With the world of tests/world beside it, whose accounts have their passwords here."""
    url, clock = fresh_database(engine, populate), Clock()
    with serving(url, now=clock, outbound_loopback=True, trusted_proxies=1, cache_seconds=0, **settings) as served:
        here = Moving(served, old, clock, wrong)
        here.connect()
        yield here
    drop_database(url)


def described(replies: Sequence[httpx2.Response]) -> list[str]:
    """Of the password grant: the codes of refusals, and "token"."""
    return [
        "token" if reply.status_code == 200 else f"{reply.status_code} {reply.json()['error_description'][:11]}"
        for reply in replies
    ]
