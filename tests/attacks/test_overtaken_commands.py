"""Row 51: commands that judge something, each overtaken by what commits just before its transaction; as test_overtaken does for the
pages. What is judged by nothing but the schema (a new customer's id) is not here."""

import asyncio
from dataclasses import dataclass
from typing import Any, cast

import pytest

from hoistway.commands import context
from hoistway.protocol.ids import ApiId, SubscriptionId, UserId
from hoistway.store.apis import Api, ApiScope, add_api
from hoistway.store.client_secrets import ClientSecret, add_secret
from hoistway.store.db import Database, Writer
from hoistway.store.memberships import Membership, put_membership
from hoistway.store.open import open_database
from hoistway.store.subscription_moves import move_subscription
from tests.attacks.overtaken import OvertakenDatabase, Work, World, differences, everything, restore
from tests.attacks.overtaking import APP, LATE, OSKAR, OVERTAKING, furnish
from tests.cli.running import point_at, run
from tests.engines import ENGINES, EngineName, drop_database, fresh_database
from tests.server import change, populate
from tests.world import NOW, B

OTHER_API = Api(
    ApiId("other"), "Other", "urn:other", "urn:other", (ApiScope("doors.open", "x"),), 3600, "ES256", None, NOW
)
ADD_API = ("api", "add", "doors", "--name", "Doors", "--audience", "urn:doors", "--scope", "doors.open=opens doors")
SUBSCRIBE = ("subscription", "add", "c-a", "p-auto", "--name", "Another", "--application", "app")


@dataclass(frozen=True)
class Command:
    words: tuple[str, ...]
    overtaken: Work


async def second_secret(tx: Writer) -> None:
    await add_secret(tx, ClientSecret("two", APP.id, b"2" * 32, "hws_two", NOW))


async def cancelled(tx: Writer) -> None:
    await move_subscription(tx, SubscriptionId("s-live"), "cancel", by=OSKAR, now=LATE, message="No.")


def role(name: str, word: str) -> Work:
    return lambda tx: put_membership(tx, Membership(UserId(f"u-{name}"), B, word, "all", NOW))


async def two_administrators(tx: Writer) -> None:
    """Of the second customer."""
    await furnish(tx)
    await role("both", "administrator")(tx)


COMMANDS = (
    Command(("user", "join", "u-adam", "--customer", B), role("both", "member")),
    Command(("user", "leave", "u-adam", "--customer", B), role("both", "member")),
    Command(("user", "role", "u-olga", "none"), OVERTAKING["who approved first disabled"]),
    Command(("user", "disable", "u-olga"), OVERTAKING["who approved first disabled"]),
    Command(("user", "erase", "u-left", "--yes"), OVERTAKING["person to be erased enabled"]),
    Command(("app", "secret", "add", "app"), second_secret),
    Command(ADD_API, lambda tx: add_api(tx, OTHER_API)),
    Command(SUBSCRIBE, OVERTAKING["application given away"]),
    Command(SUBSCRIBE, OVERTAKING["application switched off"]),
    Command(SUBSCRIBE, OVERTAKING["product disabled"]),
    Command(("subscription", "approve", "s-new"), OVERTAKING["subscription withdrawn"]),
    Command(("subscription", "regenerate", "s-live", "primary"), cancelled),
    Command(("subscription", "suspend", "s-live"), OVERTAKING["subscription suspended"]),
)


class Overtaken(OvertakenDatabase):
    async def close(self) -> None:
        await self.db.close()
        await self.other.close()


def furnished(url: str) -> None:
    populate(url)
    change(url, two_administrators)


def rows(url: str) -> World:
    async def read() -> World:
        db = await open_database(url)
        found = await everything(db)
        await db.close()
        return found

    return asyncio.run(read())


@pytest.mark.parametrize("engine", ENGINES)
def test_a_command_that_is_overtaken_is_refused_and_writes_nothing(
    engine: EngineName, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = fresh_database(engine, furnished)
    before, opened = rows(url), []

    async def open_overtaken(address: str, **more: Any) -> Database:
        opened.append(Overtaken(await open_database(address, **more), await open_database(address)))
        opened[-1].next = coming
        return cast("Database", opened[-1])

    point_at(monkeypatch, url)
    wrong = []
    try:
        for command in COMMANDS:
            coming: Work = command.overtaken
            with monkeypatch.context() as patch:
                patch.setattr(context, "open_database", open_overtaken)
                run(*command.words, code=1)
            committed = opened[-1].committed
            assert differences(before, committed), f"{command.words}: changes nothing itself"
            if written := differences(committed, rows(url)):
                wrong.append((command.words, written))
            change(url, lambda tx: restore(tx, before))
        assert not wrong
        for words in dict.fromkeys(command.words for command in COMMANDS):
            run(*words)
            assert differences(before, rows(url)), "otherwise it is carried out"
            change(url, lambda tx: restore(tx, before))
    finally:
        drop_database(url)
