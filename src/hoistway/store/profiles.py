"""Changes how a person is called, and with it everything that repeats the name: the words by which they are found, and the name beside
each of their places."""

from collections.abc import Sequence

from sqlalchemy import bindparam, update

from hoistway.protocol.ids import UserId
from hoistway.protocol.person_words import words_of_person
from hoistway.protocol.text import username_key
from hoistway.store.columns import to_list
from hoistway.store.db import Statement, Writer, nothing
from hoistway.store.memberships import MEMBERSHIPS
from hoistway.store.person_words import put_words
from hoistway.store.sign_in_names import check_free, drop_name
from hoistway.store.users import USERS, find_user

_U, _M = USERS.c, MEMBERSHIPS.c
_PROFILE = Statement(
    lambda: (
        update(USERS)
        .where(_U.id == bindparam("b_id"))
        .values(name=bindparam("new_name"), locale=bindparam("new_locale"))
    ),
    nothing,
)
_RENAME = Statement(
    lambda: (
        update(USERS)
        .where(_U.id == bindparam("b_id"))
        .values(username=bindparam("new_name"), username_key=bindparam("new_key"), emails=bindparam("new_emails"))
    ),
    nothing,
)
# Places that say the name already are not written: an address may have changed alone.
_PLACES = Statement(
    lambda: (
        update(MEMBERSHIPS)
        .where(_M.user_id == bindparam("b_id"), _M.person_name.is_distinct_from(bindparam("new")))
        .values(person_name=bindparam("new"))
    ),
    nothing,
)


async def change_profile(tx: Writer, user_id: UserId, *, name: str, locale: str | None) -> bool:
    """A locale of None means that no language is chosen."""
    changed = await tx.run(_PROFILE, {"b_id": user_id, "new_name": name, "new_locale": locale}) == 1
    await repeat_name(tx, user_id)
    return changed


async def rename_user(tx: Writer, user_id: UserId, username: str, emails: Sequence[str]) -> None:
    """Raises Conflict where the user name is taken. A further name that becomes the user name is no further one any more."""
    await check_free(tx, username, "user", user_id)
    names = {"new_name": username, "new_key": username_key(username), "new_emails": to_list(emails)}
    await tx.run(_RENAME, {"b_id": user_id, **names})
    await drop_name(tx, username, "user", user_id)
    await repeat_name(tx, user_id)


async def repeat_name(tx: Writer, user_id: UserId) -> None:
    """After the name, the user name or an address of the locked row was changed: the person is found by what it says now, and stands
    where it belongs in the lists of customers."""
    user = await find_user(tx, user_id)
    if user is not None:
        await put_words(tx, user_id, words_of_person(user.username, user.name, user.emails))
        await tx.run(_PLACES, {"b_id": user_id, "new": user.name})
