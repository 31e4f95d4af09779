"""Finds people among millions by the beginnings of their user name, e-mail addresses and the words of their name
(docs/adr/0038-finding-people.md).

A position in what is found is a word and an id. All people are found by a range of the index of words. The people of one customer
are found by the words of each, so that costs what its own list does, however many others there are. Its administrators find nobody
by an e-mail address that their list does not show.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.sql.expression import ColumnCollection, Executable

from hoistway.protocol.ids import CustomerId, UserId
from hoistway.protocol.person_words import LONGEST, has_words, typed_words
from hoistway.protocol.person_words import MOST as MOST_WORDS
from hoistway.store.customers import CUSTOMERS
from hoistway.store.db import Reader, Reads, Statement
from hoistway.store.found import Found
from hoistway.store.members import MEMBERS, Member
from hoistway.store.memberships import MEMBERSHIPS
from hoistway.store.person_words import PERSON_WORDS
from hoistway.store.users import USERS

LOOKED: Final = 200
ROUNDS: Final = 5
"""So many words are read at once, and so often; then the page ends, and its next one goes on from there."""
MOST: Final = 60
LAST: Final = "\U0010ffff"
START: Final = ("", "")
Position = tuple[str, str]
_W, _M, _U, _C = PERSON_WORDS.c, MEMBERSHIPS.c, USERS.c, CUSTOMERS.c
_LOW: BindParameter[str] = bindparam("low")
_HIGH: BindParameter[str] = bindparam("high")


class _Near(Struct, frozen=True):
    """`first` is 0 where an earlier word of the same person begins alike."""

    word: str
    user_id: str
    first: int


class Sought(Struct, frozen=True):
    """Up to the asked number of people, and where the next page begins; None where there is none."""

    ids: Sequence[str]
    next: Position | None


class _Among(Struct, frozen=True):
    """Whose words are looked through: everybody's, or those of the people of one customer. `before` finds a person's earlier words."""

    near: Statement[_Near]
    before: Statement[str]
    customer_id: str = ""


def _shown(words: ColumnCollection[str, Any]) -> ColumnElement[bool]:
    """Of addresses a list shows none but the one that is the user name."""
    is_username = exists().where(_U.id == words.user_id, func.substr(_U.username_key, 1, LONGEST) == words.word)
    return or_(~words.word.contains("@"), is_username)


def _clause(
    source: FromClause, words: FromClause, *where: ColumnElement[bool], as_text: str | None = None, shown: bool = False
) -> Executable:
    other = PERSON_WORDS.alias("other").c
    earlier = select(other.word).where(other.user_id == words.c.user_id, other.word >= _LOW, other.word < words.c.word)
    word = words.c.word if as_text is None else words.c.word + as_text
    if shown:
        earlier, where = earlier.where(_shown(other)), (*where, _shown(words.c))
    return (
        select(words.c.word, words.c.user_id, case((earlier.exists(), 0), else_=1).label("first"))
        .select_from(source)
        .where(*where, word >= _LOW, word < _HIGH)
        .where(tuple_(word, words.c.user_id) > tuple_(bindparam("word"), bindparam("id")))
        .order_by(word, words.c.user_id)
        .limit(bindparam("most"))
    )


def _of_customer(shown: bool) -> Executable:
    """The LIMIT is more than anybody has: PostgreSQL looks each person up instead of walking everybody's words. Where it takes
    a range of words for one row, it would walk that range for each person, but for the expression."""
    word = _W.word + ""
    own = select(_W.word, _W.user_id).where(_W.user_id == _M.user_id, word >= _LOW, word < _HIGH)
    words = own.order_by(_W.word).limit(literal_column(str(MOST_WORDS))).lateral("words")
    return _clause(MEMBERSHIPS.join(words, true()), words, _M.customer_id == bindparam("customer_id"), shown=shown)


def _of_customer_on_sqlite(shown: bool) -> Executable:
    """With an expression instead of the column, for the same reason."""
    source = MEMBERSHIPS.join(PERSON_WORDS, _W.user_id == _M.user_id)
    own = _M.customer_id == bindparam("customer_id")
    return _clause(source, PERSON_WORDS, own, as_text="", shown=shown)


def _before(*where: ColumnElement[bool]) -> Executable:
    return select(_W.word).where(
        _W.user_id == bindparam("user_id"), _W.word >= _LOW, _W.word < bindparam("word"), *where
    )


ALL: Final = Statement(lambda: _clause(PERSON_WORDS, PERSON_WORDS), _Near)
OF: Final = Statement(lambda: _of_customer(False), _Near, on_sqlite=lambda: _of_customer_on_sqlite(False))
SHOWN_OF: Final = Statement(lambda: _of_customer(True), _Near, on_sqlite=lambda: _of_customer_on_sqlite(True))
BEFORE: Final = Statement(lambda: _before(), str)
SHOWN_BEFORE: Final = Statement(lambda: _before(_shown(_W)), str)
_SLOTS: Sequence[BindParameter[str]] = [bindparam(f"id_{slot}") for slot in range(MOST)]
LINES: Final = Statement(
    lambda: select(
        _U.id, _U.name.label("title"), _U.username.label("note"), _U.disabled_at,
        select(_C.name).where(_C.id == _U.home_customer_id).scalar_subquery().label("place"),
    ).where(_U.id.in_(_SLOTS)),
    Found,
)  # fmt: skip
PLACES: Final = Statement(lambda: MEMBERS.where(_U.id.in_(_SLOTS)), Member)


async def _is_new(db: Reader, among: _Among, near: _Near, words: Sequence[str], low: str) -> bool:
    """Whether the person was not found by an earlier word already."""
    if near.first or len(words) == 1:
        return bool(near.first)
    params = {"user_id": near.user_id, "low": low, "word": near.word}
    return not any(has_words(word, words) for word in await db.all(among.before, params))


async def _near(db: Reads, among: _Among, low: str, after: Position) -> list[_Near]:
    """Words that begin with `low`, up to LOOKED."""
    # PostgreSQL begins to read its index at the position, not at `low`: before the first page that would be at its beginning.
    word, user_id = (low, "") if after == START else after
    asked = {
        "low": low,
        "high": low + LAST,
        "word": word,
        "id": user_id,
        "most": LOOKED,
        "customer_id": among.customer_id,
    }
    of = among.customer_id
    return await db.slow(among.near, asked, of) if of else await db.all(among.near, asked)


async def _chosen(db: Reads, among: _Among, words: Sequence[str], after: Position) -> str:
    """The word whose range is gone through: the one that fewest have, among those that few have. A further page stays with
    that of the one before, at whose word it begins."""
    if len(words) == 1:
        return words[0]
    if after != START:
        return next((word for word in words if after[0].startswith(word)), words[0])
    counts = [len(await _near(db, among, word, after)) for word in words]
    return words[counts.index(min(counts))]


async def _seek(db: Reads, among: _Among, typed: str, after: Position, most: int) -> Sought:
    """Ordered by the word that was found, behind which the rest of the name stands."""
    words, found, last = typed_words(typed), list[_Near](), after
    if not words:
        return Sought((), None)
    low = await _chosen(db, among, words, after)
    for _round in range(ROUNDS):
        rows = await _near(db, among, low, last)
        for row in rows:
            if (len(words) == 1 or has_words(row.word, words)) and await _is_new(db, among, row, words, low):
                if len(found) == most:
                    return Sought([one.user_id for one in found], (found[-1].word, found[-1].user_id))
                found.append(row)
        if len(rows) < LOOKED:
            return Sought([one.user_id for one in found], None)
        last = rows[-1].word, rows[-1].user_id
    return Sought([one.user_id for one in found], last)


def _slots(ids: Sequence[str]) -> Mapping[str, str]:
    return {f"id_{slot}": ids[slot] if slot < len(ids) else ids[0] for slot in range(MOST)}


async def search_people(
    db: Reads, typed: str, *, after: Position = START, most: int = 50
) -> tuple[list[Found], Position | None]:
    """Whoever has exactly this id comes first. `most` is less than MOST."""
    sought = await _seek(db, _Among(ALL, BEFORE), typed, after, most)
    ids = list(sought.ids)
    if after == START:
        ids = [typed.strip(), *ids]
    lines = {line.id: line for line in await db.all(LINES, _slots(ids))} if ids else {}
    return [lines[one] for one in dict.fromkeys(ids) if one in lines], sought.next


async def search_members(
    db: Reads, customer_id: CustomerId, typed: str, *, after: Position = START, most: int = 50, shown: bool = False
) -> tuple[list[Member], Position | None]:
    """The people of one customer; where `shown`, not by addresses that its administrators do not see."""
    among = _Among(SHOWN_OF, SHOWN_BEFORE, customer_id) if shown else _Among(OF, BEFORE, customer_id)
    sought = await _seek(db, among, typed, after, most)
    if not sought.ids:
        return [], sought.next
    params = {**_slots(sought.ids), "customer_id": customer_id}
    lines = {line.user_id: line for line in await db.all(PLACES, params)}
    return [line for one in sought.ids if (line := lines.get(UserId(one))) is not None], sought.next
