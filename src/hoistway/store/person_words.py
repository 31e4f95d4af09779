"""The words by which people are found, each a row; protocol/person_words.py says which (docs/adr/0038-finding-people.md)."""

from collections.abc import Set
from typing import Final

from sqlalchemy import Index, Table, bindparam, delete, select

from hoistway.protocol.ids import UserId
from hoistway.store.columns import insert_all, key, reference
from hoistway.store.db import Statement, Writer, nothing
from hoistway.store.schema import METADATA

PERSON_WORDS = Table(
    "person_words",
    METADATA,
    reference("user_id", "users.id", primary_key=True),
    key("word"),
    Index("ix_person_words_word", "word", "user_id"),
)
RULE: Final = 1
"""The number of the rule that makes the words. Housekeeping makes those of people whose row has none; so a schema change that
comes with another rule takes the number out of all rows."""

_W = PERSON_WORDS.c
_OF = Statement(lambda: select(_W.word).where(_W.user_id == bindparam("user_id")), str)
_ADD = Statement(lambda: insert_all(PERSON_WORDS, ignore=True), nothing)
_REMOVE = Statement(
    lambda: delete(PERSON_WORDS).where(_W.user_id == bindparam("user_id"), _W.word == bindparam("word")), nothing
)


async def add_words(tx: Writer, user_id: UserId, words: Set[str]) -> None:
    if words:
        await tx.run_many(_ADD, [{"word": word, "user_id": user_id} for word in sorted(words)])


async def put_words(tx: Writer, user_id: UserId, words: Set[str]) -> None:
    """Of a person whose row is locked: afterwards these and no others."""
    before = set(await tx.all(_OF, {"user_id": user_id}))
    if gone := before - words:
        await tx.run_many(_REMOVE, [{"word": word, "user_id": user_id} for word in sorted(gone)])
    await add_words(tx, user_id, words - before)
