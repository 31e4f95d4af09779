"""Customers and technical accounts by their names, in the console's forms: a name becomes an id before anything is judged."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hoistway.protocol.sandbox import SANDBOX
from hoistway.protocol.text import read_name
from hoistway.store.db import Database
from hoistway.store.names import first_of, named, names_of
from hoistway.store.search import search
from hoistway.things.making import Entry, read_entries
from hoistway.web.frame import Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.words import Lang

KINDS: Final = {"customer": "customers", "customer_id": "customers", "account": "accounts"}
"""By the name of the field."""
_MISSING: Final = {"customers": "make_no_customer", "accounts": "make_no_account"}
LONGEST = 200
TOLD: Final = 10
OFFERED: Final = 100


async def with_ids(db: Database, lang: Lang, typed: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """What was typed, with the id where a field of KINDS has the exact name of one; and a sentence for each field whose
    name nothing, or more than one, has. An id stays as it is; what no name could be is left to the field's own check."""
    meant, wrong = dict(typed), {}
    for field in KINDS.keys() & typed.keys():
        text, good = read_name(typed[field], 1, LONGEST)
        if not good or await names_of(db, KINDS[field], [text]):
            continue
        found = await named(db, KINDS[field], text, TOLD + 1)
        if len(found) == 1:
            meant[field] = found[0][0]
        else:
            wrong[field] = await _sentence(db, lang, KINDS[field], text, found)
    return meant, wrong


async def read_named(
    db: Database, entries: Sequence[Entry], typed: Mapping[str, str], lang: Lang
) -> tuple[dict[str, str], dict[str, Any], Problems]:
    """As things/making.read_entries, with what `with_ids` made of what was typed before it."""
    meant, unknown = await with_ids(db, lang, typed)
    values, problems = read_entries(entries, meant, lang)
    for field, sentence in unknown.items():
        problems.add(field, sentence)
    return meant, values, problems


async def _sentence(db: Database, lang: Lang, kind: str, text: str, found: Sequence[tuple[str, str]]) -> str:
    t = PORTAL_WORDS[lang]
    if found:
        return t["named_several"].format(name=text, found=_told(found))
    missing = t[_MISSING[kind]].format(id=text, name=text)
    like = [(one.id, one.title) for one in await search(db, kind, text, most=TOLD + 1)]
    return f"{missing} {t['named_like'].format(found=_told(like))}" if like else missing


def _told(found: Sequence[tuple[str, str]]) -> str:
    more = ", …" if len(found) > TOLD else ""
    return ", ".join(f"{title} ({row_id})" for row_id, title in found[:TOLD]) + more


async def offered(db: Database, fields: Sequence[str]) -> Sequence[tuple[str, str]]:
    """All customers as (id, name), for a form in which one is named; none where there are more than OFFERED."""
    if not any(KINDS.get(field) == "customers" for field in fields):
        return ()
    found = [one for one in await first_of(db, "customers", OFFERED + 2) if one[0] != SANDBOX]
    return found if len(found) <= OFFERED else ()
