"""Makes the words of people who have none yet, a few at a time (docs/adr/0038-finding-people.md)."""

from sqlalchemy import bindparam, select, update

from hoistway.protocol.person_words import words_of_person
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.person_words import RULE, put_words
from hoistway.store.users import IS_WORDLESS, USERS, read_user

_U = USERS.c
_FIRST = select(USERS).where(IS_WORDLESS).order_by(_U.id).limit(bindparam("most"))
_WORDLESS = Statement(lambda: _FIRST.with_for_update(key_share=True, skip_locked=True), read_user)
_WORDLESS_ID = Statement(lambda: select(_U.id).where(IS_WORDLESS).limit(1), str)
_WORDED = Statement(
    lambda: update(USERS).where(_U.id == bindparam("b_id")).values(words_rule=bindparam("rule")), nothing
)


async def index_users(tx: Writer, most: int) -> int:
    """Makes the words of up to `most` people who have none yet; returns of how many."""
    users = await tx.all(_WORDLESS, {"most": most})
    for user in users:
        await put_words(tx, user.id, words_of_person(user.username, user.name, user.emails))
    await tx.run_many(_WORDED, [{"b_id": user.id, "rule": RULE} for user in users])
    return len(users)


async def is_indexing(db: Reader) -> bool:
    """Whether somebody cannot be found yet."""
    return bool(await db.all(_WORDLESS_ID, {}))
