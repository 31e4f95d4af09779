"""The way back to an older system: what changed here since a moment, with what to do there (docs/adr/0046-back.md).

It is read from the audit trail, which holds no secret: whatever has a password or a key gets another one there.
"""

import heapq
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from hoistway.imports.back_rules import RULES, Rule
from hoistway.protocol.ids import ClientId, ServiceAccountId, SubscriptionId, UserId
from hoistway.store.audit import WrittenEntry, entries_of_event
from hoistway.store.carried_accounts import find_carried
from hoistway.store.clients import find_client
from hoistway.store.db import Database, Reader
from hoistway.store.service_accounts import find_service_account
from hoistway.store.subscriptions import find_subscription
from hoistway.store.users import find_user

PAGE: Final = 200
TOGETHER: Final = 60
"""Seconds between an account and the entry about what made it, at most."""
NAMES: Final = ("name", "username", "emails")
"""Of what a change says "before" and "after": what an older system has, too."""


class Line(Struct, frozen=True, omit_defaults=True):
    """One change. `old_name` is the name that the older system knows an account by; `tenant` the one that it came from."""

    at: int
    event: str
    kind: str
    id: str | None
    name: str
    do: str
    old_name: str | None = None
    tenant: str | None = None
    account: str | None = None
    about: Mapping[str, Any] = {}


class Asked(Struct, frozen=True):
    """`tenant` is an id: accounts that came from it. `application` is an id: it, its technical account and what was subscribed to
    for it."""

    since: int
    tenant: str | None = None
    application: str | None = None


class _Subject(Struct, frozen=True):
    """What a change is about, as it is now."""

    name: str
    client_id: str | None = None
    account: str | None = None
    created_at: int | None = None


async def changes_since(db: Database, asked: Asked) -> AsyncIterator[Line]:
    """The oldest first. What is gone by now has a line for its end alone."""
    account = None
    if asked.application is not None:
        client = await find_client(db, ClientId(asked.application))
        account = None if client is None else client.service_account_id
    async for entry in _entries(db, asked.since):
        detail = msgspec.json.decode(entry.detail, type=dict[str, Any])
        for rule in RULES[entry.event]:
            line = await _line(db, entry, detail, rule)
            if line is not None and _is_asked(line, asked, account):
                yield line


def _is_asked(line: Line, asked: Asked, account: str | None) -> bool:
    if asked.tenant is not None and line.tenant != asked.tenant:
        return False
    if asked.application is None:
        return True
    return asked.application in {line.id, line.about.get("application")} or (account is not None and line.id == account)


async def _entries(db: Database, since: int) -> AsyncIterator[WrittenEntry]:
    """Of all events that have a rule, in the order of time: a page of each is held."""
    heap: list[tuple[int, str, str]] = []
    pages: dict[str, list[WrittenEntry]] = {}

    async def more(event: str, at: int, after: str) -> None:
        rows = await entries_of_event(db, event, at, after, PAGE)
        pages[event] = rows[::-1]
        if rows:
            heapq.heappush(heap, (rows[0].at, rows[0].id, event))

    for event in RULES:
        await more(event, since, "")
    while heap:
        _at, _id, event = heapq.heappop(heap)
        entry = pages[event].pop()
        yield entry
        if pages[event]:
            heapq.heappush(heap, (pages[event][-1].at, pages[event][-1].id, event))
        else:
            await more(event, entry.at, entry.id)


async def _line(db: Reader, entry: WrittenEntry, detail: Mapping[str, Any], rule: Rule) -> Line | None:
    if detail.get("imported") or not rule.applies(detail):
        return None
    if rule.nameless:
        return Line(entry.at, entry.event, rule.kind, None, "", rule.do)
    said = next((detail[name] for name in rule.ids if detail.get(name)), entry.client_id)
    if not isinstance(said, str):
        return None
    found = await _subject(db, rule.kind, said)
    if found is None and not rule.ends:
        return None
    if rule.newly and not (found is not None and abs((found.created_at or 0) - entry.at) <= TOGETHER):
        return None
    row = found or _Subject(str(detail.get("title", "")))
    carried = await find_carried(db, rule.kind, said) if rule.kind in {"user", "service_account"} else None
    return Line(
        entry.at, entry.event, rule.kind, said, row.name, rule.do, None if carried is None else carried.sent_name,
        None if carried is None else carried.tenant_id, row.account, _about(detail, row, entry.client_id),
    )  # fmt: skip


def _about(detail: Mapping[str, Any], row: _Subject, client_id: str | None) -> Mapping[str, Any]:
    """What tells which secret, key or value it is; none of it is secret."""
    about = {name: detail[name] for name in ("secret", "prefix", "slot", "password", "redirect_uris") if name in detail}
    for side in ("before", "after"):
        values = detail.get(side)
        if isinstance(values, dict):
            told = {name: values[name] for name in NAMES if name in values}
            if told:
                about[side] = told
    application = row.client_id or client_id
    return about | ({} if application is None else {"application": application})


async def _subject(db: Reader, kind: str, subject: str) -> _Subject | None:
    if kind == "user":
        user = await find_user(db, UserId(subject))
        return None if user is None else _Subject(user.username, created_at=user.created_at)
    if kind == "service_account":
        account = await find_service_account(db, ServiceAccountId(subject))
        return None if account is None else _Subject(account.username, created_at=account.created_at)
    if kind == "application":
        client = await find_client(db, ClientId(subject))
        return None if client is None else _Subject(client.name, client.id, client.service_account_id)
    row = await find_subscription(db, SubscriptionId(subject))
    return None if row is None else _Subject(row.name, row.client_id)
