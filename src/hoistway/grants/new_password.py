"""A new password ends what the old one gave: refresh token families, the access tokens made from them, and browser
sessions.

https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2 names a changed password as a reason to revoke.
"""

from msgspec import Struct

from hoistway.protocol.ids import ServiceAccountId, UserId
from hoistway.protocol.subject import Kind
from hoistway.store.db import Writer
from hoistway.store.families import revoke_families_of
from hoistway.store.revocations import add_revocations
from hoistway.store.service_accounts import set_service_account_password
from hoistway.store.sessions import end_sessions_of
from hoistway.store.users import set_user_password
from hoistway.tokens.keyring import LONGEST_TOKEN


class Ended(Struct, frozen=True):
    """How many things that the old password had given have ended now."""

    refresh_tokens: int
    sessions: int


async def replace_password(tx: Writer, kind: Kind, account_id: str, digest: str, now: int) -> Ended | None:
    """None where there is no such account. Access tokens without a family end because of the time in them:
    endpoints/judge compares it with `password_changed_at`."""
    if kind == "user":
        changed = await set_user_password(tx, UserId(account_id), digest, now)
    else:
        changed = await set_service_account_password(tx, ServiceAccountId(account_id), digest, now)
    if not changed:
        return None
    families = await revoke_families_of(tx, kind, account_id, now, "the password was replaced")
    await add_revocations(tx, families, now=now, expires_at=now + LONGEST_TOKEN)
    sessions = await end_sessions_of(tx, UserId(account_id)) if kind == "user" else 0
    return Ended(len(families), sessions)
