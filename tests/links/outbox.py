"""A server in the test's own loop whose letters are read in its outbox, so that no test waits for them."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2
from sqlalchemy import delete, select

from hoistway.accounts.inviting import Inviter
from hoistway.accounts.inviting import invite as send
from hoistway.accounts.resetting import send_asked
from hoistway.authn.links import Invited
from hoistway.mail.post import with_link
from hoistway.protocol.ids import UserId
from hoistway.store.customers import lock_customer
from hoistway.store.db import Statement, nothing
from hoistway.store.outbox import OUTBOX, Mail
from tests.attacks.overtaken import BASE, Room
from tests.flows.browser import hidden
from tests.world import A

NEW = "another-horse-battery"
_ALL = Statement(lambda: select(OUTBOX).order_by(OUTBOX.c.id), Mail)
_NONE = Statement(lambda: delete(OUTBOX), nothing)


async def letters(here: Room) -> list[Mail]:
    """Those since the last look; first, what was asked for is dealt with."""
    await send_asked(here.engine)
    found = await here.other.all(_ALL, {})
    async with here.other.write() as tx:
        await tx.run(_NONE, {})
    return [with_link(here.engine.links, mail) for mail in found]


def link_in(letter: Mail, path: str) -> str:
    """From its path on."""
    found = re.search(rf"(\S+){re.escape(path)}\?link=([A-Za-z0-9_-]{{43}})", letter.plain)
    assert found, letter.plain
    assert found[1] == BASE
    return f"{path}?link={found[2]}"


@dataclass(frozen=True)
class Browser:
    """One of several at the same server."""

    http: httpx2.AsyncClient

    async def ask(self, username: str, **headers: str) -> httpx2.Response:
        page = await self.http.get("/reset")
        form = {"csrf": hidden(page.text, "csrf"), "username": username}
        return await self.http.post("/reset", data=form, headers=headers)

    async def form(self, link: str) -> dict[str, str]:
        """The hidden fields of the page that the link opens."""
        page = await self.http.get(link)
        assert page.status_code == 200, page.text
        return {name: hidden(page.text, name) for name in ("csrf", "link", "session") if f'name="{name}"' in page.text}

    async def choose(self, link: str, password: str = NEW) -> httpx2.Response:
        return await self.http.post(urlsplit(link).path, data={**await self.form(link), "password": password})


async def reset_link(here: Room, username: str) -> str:
    """The only letter that asking gives."""
    assert (await Browser(here.http).ask(username)).status_code == 200
    (letter,) = await letters(here)
    return link_in(letter, "/reset/new")


async def invite(here: Room, address: str, by: Inviter | None = None, **given: Any) -> None:
    """By adam, the administrator of customer c-a, or somebody else."""
    wanted = {"role": "member", "reach": "all", "sites": (), "units": (), "lang": "en", **given}
    async with here.engine.db.write() as tx:
        customer = await lock_customer(tx, A)
        assert customer is not None
        await send(here.engine, tx, by or Inviter(UserId("u-adam"), "Adam"), customer, Invited(address, **wanted))


async def invitation_link(here: Room, address: str, **given: Any) -> str:
    await letters(here)
    await invite(here, address, **given)
    (letter,) = await letters(here)
    assert letter.recipient == address
    return link_in(letter, "/invitation")
