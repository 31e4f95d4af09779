"""People with a stable UUID, who sign in on pages."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Index,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.sql.expression import Executable

from hoistway.protocol.ids import CustomerId, UserId
from hoistway.protocol.person_words import words_of_person
from hoistway.protocol.text import username_key
from hoistway.store.columns import (
    at,
    find_in,
    from_list,
    insert_all,
    key,
    optional_at,
    optional_number,
    optional_text,
    page_of,
    reference,
    switch_of,
    text,
    to_list,
)
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.person_words import RULE, add_words
from hoistway.store.schema import METADATA
from hoistway.store.sign_in_names import check_free, name_keys, owner_of

IS_STAFF: ColumnElement[bool] = literal_column("flags <> '[]'")
"""As a constant, so that both databases see that the index of staff serves."""
IS_WORDLESS: ColumnElement[bool] = literal_column("words_rule IS NULL")
"""Nobody finds the person yet: the row is from before the words, or of a program that knows none."""
USERS = Table(
    "users",
    METADATA,
    key(),
    text("username"),
    text("username_key"),
    text("name"),
    text("emails"),
    text("flags"),
    optional_text("locale"),
    text("password_digest"),
    reference("home_customer_id", "customers.id", optional=True),
    at("created_at"),
    at("password_changed_at"),
    optional_at("disabled_at"),
    optional_at("ended_at"),
    optional_number("words_rule"),
    UniqueConstraint("username_key"),
    Index("ix_users_name", "name", "id"),
    Index("ix_users_staff", "id", sqlite_where=IS_STAFF, postgresql_where=IS_STAFF),
    Index("ix_users_wordless", "id", sqlite_where=IS_WORDLESS, postgresql_where=IS_WORDLESS),
)


class User(Struct, frozen=True):
    """`flags` are words such as "employee" and "operator"; `home_customer_id` is the default customer of tokens. What
    was given to the person up to and including `ended_at` is no longer valid."""

    id: UserId
    username: str
    name: str
    emails: tuple[str, ...]
    flags: tuple[str, ...]
    locale: str | None
    password_digest: str
    home_customer_id: CustomerId | None
    created_at: int
    password_changed_at: int
    disabled_at: int | None = None
    ended_at: int | None = None

    def has_ended_since(self, at: int) -> bool:
        """A session from that time is no longer valid, because the password was replaced or the account disabled."""
        return self.password_changed_at > at or (self.ended_at is not None and self.ended_at >= at)

    @property
    def is_employee(self) -> bool:
        return "employee" in self.flags


def read_user(
    id: str, username: str, _key: str, name: str, emails: str, flags: str, locale: str | None, password_digest: str,
    home_customer_id: str | None, created_at: int, password_changed_at: int, disabled_at: int | None,
    ended_at: int | None, _words_rule: int | None,
) -> User:  # fmt: skip
    home = None if home_customer_id is None else CustomerId(home_customer_id)
    return User(
        UserId(id), username, name, from_list(emails), from_list(flags), locale, password_digest, home,
        created_at, password_changed_at, disabled_at, ended_at,
    )  # fmt: skip


_U = USERS.c
_INSERT = Statement(lambda: insert_all(USERS), nothing)
_FIND = Statement(lambda: find_in(USERS), read_user)
_HOLD = Statement(lambda: select(USERS).where(_U.id == bindparam("id")).with_for_update(read=True), read_user)
_LOCK = Statement(lambda: select(USERS).where(_U.id == bindparam("id")).with_for_update(key_share=True), read_user)


def _by_name() -> Executable:
    """By the user name, otherwise by a further name; one statement, so that a name which nobody has costs the same."""
    name_key, named = bindparam("username_key", type_=Text()), USERS.alias("named")
    own = select(named.c.id).where(named.c.username_key == name_key).scalar_subquery()
    return select(USERS).where(_U.id == func.coalesce(own, owner_of(name_key, "user")))


_BY_NAME = Statement(_by_name, read_user)
_LIST = Statement(lambda: page_of(USERS), read_user)
_DISABLE = Statement(lambda: switch_of(USERS), nothing)
_PASSWORD = Statement(
    lambda: (
        update(USERS)
        .where(_U.id == bindparam("b_id"))
        .values(password_digest=bindparam("digest"), password_changed_at=bindparam("at"))
    ),
    nothing,
)
_END = Statement(lambda: update(USERS).where(_U.id == bindparam("b_id")).values(ended_at=bindparam("at")), nothing)
_REHASH = Statement(
    lambda: (
        update(USERS)
        .where(_U.id == bindparam("b_id"), _U.password_digest == bindparam("b_digest"))
        .values(password_digest=bindparam("digest"))
    ),
    nothing,
)
_DIGESTS = Statement(lambda: select(_U.password_digest).order_by(_U.id).limit(bindparam("most")), str)


def user_row(user: User) -> dict[str, Any]:
    """The values of its columns, in the order of the table; the words go with it."""
    return {
        "id": user.id, "username": user.username, "username_key": username_key(user.username), "name": user.name,
        "emails": to_list(user.emails), "flags": to_list(user.flags), "locale": user.locale,
        "password_digest": user.password_digest, "home_customer_id": user.home_customer_id, "created_at": user.created_at,
        "password_changed_at": user.password_changed_at, "disabled_at": user.disabled_at,
        "ended_at": user.ended_at, "words_rule": RULE,
    }  # fmt: skip


async def add_user(tx: Writer, user: User) -> None:
    """Raises Conflict where the id or the user name is taken."""
    await check_free(tx, user.username, "user", user.id)
    await tx.run(_INSERT, user_row(user))
    await add_words(tx, user.id, words_of_person(user.username, user.name, user.emails))


async def find_user(db: Reader, user_id: UserId) -> User | None:
    return await db.one(_FIND, {"id": user_id})


async def hold_user(tx: Writer, user_id: UserId) -> User | None:
    """Like `find_user`, and holds the row shared: nobody can change it until this transaction ends, but others may hold
    it, too."""
    return await tx.one(_HOLD, {"id": user_id})


async def lock_user(tx: Writer, user_id: UserId) -> User | None:
    """Like `find_user`, and locks the row for a change."""
    return await tx.one(_LOCK, {"id": user_id})


async def find_user_by_name(db: Reader, username: str) -> User | None:
    for name_key in name_keys(username):
        if (user := await db.one(_BY_NAME, {"username_key": name_key})) is not None:
            return user
    return None


async def digests_of_users(db: Reader, most: int) -> list[str]:
    return await db.all(_DIGESTS, {"most": most})


async def rehash_user(tx: Writer, user_id: UserId, digest: str, renewed: str) -> bool:
    """Stores a new digest of the same password. Returns False where the digest was changed meanwhile."""
    return await tx.run(_REHASH, {"b_id": user_id, "b_digest": digest, "digest": renewed}) == 1


async def list_users(db: Reader, after: str = "", most: int = 100) -> Sequence[User]:
    return await db.all(_LIST, {"after": after, "most": most})


async def set_user_disabled(tx: Writer, user_id: UserId, at: int | None) -> bool:
    return await tx.run(_DISABLE, {"b_id": user_id, "at": at}) == 1


async def end_given(tx: Writer, user_id: UserId, at: int) -> bool:
    """What was given to the person up to then, that second included, is no longer valid; the account works."""
    return await tx.run(_END, {"b_id": user_id, "at": at}) == 1


async def set_user_password(tx: Writer, user_id: UserId, digest: str, at: int) -> bool:
    return await tx.run(_PASSWORD, {"b_id": user_id, "digest": digest, "at": at}) == 1
