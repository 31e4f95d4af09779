"""Texts in which a person may be named: found in steps, by the key of their table, and replaced one by one."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import BindParameter, Column, Table, bindparam, func, or_, select, update
from sqlalchemy.sql.expression import Executable

from hoistway.protocol.text import username_key
from hoistway.store.apis import APIS
from hoistway.store.audit import AUDIT, WrittenEntry
from hoistway.store.branding import BRANDING
from hoistway.store.brownouts import BROWNOUTS
from hoistway.store.clients import CLIENTS
from hoistway.store.collation import fold
from hoistway.store.columns import to_list
from hoistway.store.customers import CUSTOMERS
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.messages import MESSAGES
from hoistway.store.outbox import OUTBOX
from hoistway.store.personal import like
from hoistway.store.products import PRODUCTS
from hoistway.store.proposals import PROPOSALS
from hoistway.store.providers import PROVIDERS
from hoistway.store.request_looks import REQUEST_LOOKS
from hoistway.store.requests import REQUESTS
from hoistway.store.scim_groups import SCIM_GROUPS
from hoistway.store.service_accounts import SERVICE_ACCOUNTS
from hoistway.store.sites import SITES
from hoistway.store.subscriptions import SUBSCRIPTIONS
from hoistway.store.used_forms import USED_FORMS
from hoistway.store.users import USERS

SLOTS = 16
"""How many words are looked for at once."""
STEP = 1_000
Kind = Literal["text", "document", "values", "address"]
"""What a column holds: free text; JSON, of which some members are free text; the values of a thing, of which some are names; an
address within this server."""


class Texts(Struct, frozen=True):
    """One column of a table with one key. `found` gives (key, text) behind a key, `put` replaces the text unless it changed."""

    table: str
    column: str
    kind: Kind
    found: Statement[tuple[str, str]]
    put: Statement[Any]


def _pair(key: str, text: str) -> tuple[str, str]:
    return key, text


def _texts(table: Table, name: str, kind: Kind = "text") -> Texts:
    column = table.c[name]
    key: Column[str] = next(iter(table.primary_key.columns))

    def find() -> Executable:
        slots: list[BindParameter[str]] = [bindparam(f"word{slot}") for slot in range(SLOTS)]
        alike = [func.lower(column).like(slot, escape="/") for slot in slots]
        return (
            select(key.label("key"), column.label("text"))
            .where(key > bindparam("after"), or_(*alike))
            .order_by(key)
            .limit(STEP)
        )

    def put() -> Executable:
        same = (key == bindparam("b_key"), column == bindparam("before"))
        return update(table).where(*same).values({name: bindparam("new")})

    return Texts(table.name, name, kind, Statement(find, _pair), Statement(put, nothing))


REPLACED: Sequence[Texts] = (
    *(
        _texts(table, name)
        for table, name in (
            (MESSAGES, "text"), (REQUESTS, "purpose"), (REQUESTS, "reason"), (SUBSCRIPTIONS, "message"), (SUBSCRIPTIONS, "answer"),
            (BROWNOUTS, "note"), (OUTBOX, "subject"), (OUTBOX, "plain"), (OUTBOX, "html"),
        )
    ),
    _texts(CLIENTS, "exceptions", "document"),
    _texts(PROPOSALS, "before", "values"),
    _texts(PROPOSALS, "after", "values"),
    _texts(USED_FORMS, "result", "address"),
)  # fmt: skip
"""Texts in which the person is replaced, by the kind of the column."""
REPORTED: Sequence[Texts] = tuple(
    _texts(table, name)
    for table, name in (
        (CUSTOMERS, "name"), (SITES, "name"), (SITES, "street"), (CLIENTS, "name"), (CLIENTS, "consent_text"), (CLIENTS, "redirect_uris"),
        (SERVICE_ACCOUNTS, "username"), (SERVICE_ACCOUNTS, "name"), (REQUESTS, "name"), (REQUEST_LOOKS, "consent_text"),
        (SUBSCRIPTIONS, "name"), (PRODUCTS, "name"), (PRODUCTS, "description"), (PRODUCTS, "terms"),
        (PRODUCTS, "name_de"), (PRODUCTS, "description_de"), (PRODUCTS, "terms_de"), (APIS, "name"), (PROVIDERS, "name"),
        (SCIM_GROUPS, "display_name"),
        (BRANDING, "support"), (BRANDING, "terms"),
    )
)  # fmt: skip
"""Names of things: they belong to others, and are changed by those."""

_A = AUDIT.c
_PUT_ENTRY = Statement(
    lambda: (
        update(AUDIT)
        .where(_A.id == bindparam("b_id"))
        .values(
            actor=bindparam("new_actor"), correlation_id=bindparam("new_correlation"), detail=bindparam("new_detail")
        )
    ),
    nothing,
)
_WAITS = Statement(lambda: select(OUTBOX.c.id).where(OUTBOX.c.recipient == bindparam("address")).limit(1), str)
_ANOTHER = Statement(
    lambda: (
        select(USERS.c.id)
        .where(
            USERS.c.id != bindparam("person"),
            or_(
                func.lower(USERS.c.emails).like(bindparam("listed"), escape="/"),
                USERS.c.username_key == bindparam("username_key"),
            ),
        )
        .limit(1)
    ),
    str,
)
_CHANGES = Statement(
    lambda: (
        select(_A.detail)
        .where(
            or_(*(_A.event == event for event in ("user.changed", "user.address_changed", "user.address_taken_back"))),
            _A.detail.like(bindparam("person"), escape="/"),
        )
        .limit(STEP)
    ),
    str,
)


def _alike(word: str) -> str:
    """A pattern that finds the word however it is spelled: anything may stand for what HTML or JSON escapes and for what can
    be composed in two ways."""
    return f"%{re.sub('[^a-z0-9]+', '%', fold(unicodedata.normalize('NFC', word)))}%"


async def find_texts(db: Reader, texts: Texts, words: Sequence[str], after: str) -> list[tuple[str, str]]:
    """At most STEP of (key, text) behind this key in which one of the words may stand."""
    found: dict[str, str] = {}
    for first in range(0, len(words), SLOTS):
        some = words[first : first + SLOTS]
        slots = {f"word{slot}": _alike(some[slot % len(some)]) for slot in range(SLOTS)}
        found |= dict(await db.all(texts.found, {**slots, "after": after}))
    return sorted(found.items())[:STEP]


async def put_text(tx: Writer, texts: Texts, key: str, before: str, after: str) -> None:
    await tx.run(texts.put, {"b_key": key, "before": before, "new": after})


async def put_entry(tx: Writer, entry: WrittenEntry) -> None:
    values: Mapping[str, str | None] = {
        "new_actor": entry.actor, "new_correlation": entry.correlation_id, "new_detail": entry.detail,
    }  # fmt: skip
    await tx.run(_PUT_ENTRY, {"b_id": entry.id, **values})


async def is_of_another(db: Reader, person: str, address: str) -> bool:
    """True where mail waits for this address and another account has the address too, so that the mail may be for that
    one. Where no mail waits, other accounts are not searched."""
    if await db.one(_WAITS, {"address": address}) is None:
        return False
    listed = {"person": person, "listed": like(fold(to_list([address])[1:-1])), "username_key": username_key(address)}
    return await db.one(_ANOTHER, listed) is not None


async def changes_of_person(db: Reader, person: str) -> list[str]:
    """The details of entries that say what the person was called before."""
    return await db.all(_CHANGES, {"person": like(f'"{person}"')})
