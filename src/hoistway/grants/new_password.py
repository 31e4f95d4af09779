"""A new password ends what the old one gave: refresh token families, the access tokens made from them, and browser
sessions.

https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2 names a changed password as a reason to revoke.
"""

from msgspec import Struct

from hoistway.authn.passwords import random_digest
from hoistway.protocol.ids import ServiceAccountId, UserId
from hoistway.protocol.subject import Kind
from hoistway.protocol.two_passwords import Which
from hoistway.store.account_passwords import (
    put_service_account_password,
    revoke_families_begun_by,
    set_service_account_password,
)
from hoistway.store.carried_accounts import note_reset
from hoistway.store.db import Writer
from hoistway.store.families import revoke_families_of
from hoistway.store.handed_over import put_handed_over, remove_handed_over
from hoistway.store.links import end_links_of
from hoistway.store.revocations import add_revocations
from hoistway.store.service_accounts import ServiceAccount
from hoistway.store.sessions import end_sessions_of
from hoistway.store.users import end_given, set_user_password
from hoistway.tokens.keyring import LONGEST_TOKEN


class Ended(Struct, frozen=True):
    """How many things that the old password had given have ended now."""

    refresh_tokens: int
    sessions: int


async def replace_password(
    tx: Writer, kind: Kind, account_id: str, digest: str, now: int, *, handed_over: bool = False
) -> Ended | None:
    """None where there is no such account. Access tokens without a family end because of the time in them:
    endpoints/judge compares it with `password_changed_at`. A person's password that was `handed_over` is replaced at the
    next sign-in."""
    if kind == "user":
        changed = await set_user_password(tx, UserId(account_id), digest, now)
    else:
        changed = await set_service_account_password(tx, ServiceAccountId(account_id), digest, now)
    if not changed:
        return None
    await note_reset(tx, "user" if kind == "user" else "service_account", account_id, now)
    families = await revoke_families_of(tx, kind, account_id, now, "the password was replaced")
    await add_revocations(tx, families, now=now, expires_at=now + LONGEST_TOKEN)
    sessions = 0 if kind != "user" else await _of_person(tx, UserId(account_id), now, handed_over=handed_over)
    return Ended(len(families), sessions)


async def end_password(tx: Writer, account: ServiceAccount, which: Which, now: int) -> int:
    """Ends one of a technical account's two passwords, and what it gave; the other one stays. Returns how many families
    of refresh tokens ended."""
    await put_service_account_password(tx, account.id, which, random_digest(), now, now)
    await _note(tx, account, which, now)
    families = await revoke_families_begun_by(tx, account.id, which, now, "the password was ended")
    await add_revocations(tx, families, now=now, expires_at=now + LONGEST_TOKEN)
    return len(families)


async def add_password(
    tx: Writer, account: ServiceAccount, which: Which, digest: str, now: int, expires_at: int | None
) -> None:
    """In the place of one that is over; what that one gave is over, too."""
    await end_password(tx, account, which, now)
    await put_service_account_password(tx, account.id, which, digest, now, expires_at)


async def _note(tx: Writer, account: ServiceAccount, which: Which, now: int) -> None:
    """The first is the one that an older system may still prove; a second one beside it changes nothing about that."""
    if which == "first":
        await note_reset(tx, "service_account", account.id, now)


async def _of_person(tx: Writer, user_id: UserId, now: int, *, handed_over: bool) -> int:
    """Returns how many sessions ended. A link to choose a password ends as well."""
    await end_links_of(tx, user_id, "reset", now)
    await end_links_of(tx, user_id, "first", now)
    # Not the ways back to an earlier address: whoever took the account must not end them by a new password.
    await end_links_of(tx, user_id, "address", now)
    await (put_handed_over(tx, user_id, now) if handed_over else remove_handed_over(tx, user_id))
    return await end_sessions_of(tx, user_id)


async def end_everywhere(tx: Writer, user_id: UserId, now: int) -> Ended:
    """Ends what a person is signed in to, and what applications have of theirs; the password stays. The account is
    locked."""
    families = await revoke_families_of(tx, "user", user_id, now, "an operator ended it")
    await add_revocations(tx, families, now=now, expires_at=now + LONGEST_TOKEN)
    await end_given(tx, user_id, now)
    return Ended(len(families), await end_sessions_of(tx, user_id))
