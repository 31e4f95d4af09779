"""Ends what began in browser sessions: refresh tokens, codes, access tokens (docs/adr/0031-devices.md)."""

from collections.abc import Iterable

from msgspec import Struct

from hoistway.engine import Engine
from hoistway.protocol.ids import FamilyId, UserId
from hoistway.store.begun_in import end_codes_begun_in, revoke_families_begun_in
from hoistway.store.db import Writer
from hoistway.store.known_browsers import forget_browser
from hoistway.store.remembered_devices import remove_device_of_browser
from hoistway.store.revocations import add_revocations
from hoistway.store.sessions import Session
from hoistway.tokens.keyring import LONGEST_TOKEN

ENDED = "the person ended the sign-in"


class Ended(Struct, frozen=True):
    """How many sessions and refresh tokens ended, and the families whose access tokens are now refused."""

    sessions: int
    refresh_tokens: int
    families: tuple[FamilyId, ...]


async def end_what_began_in(tx: Writer, user_id: UserId, sessions: Iterable[Session], now: int) -> Ended:
    """For sessions that were just removed in this transaction: whoever gives out a code locks the session first. Their browsers
    are unknown from now on, and asked for a second factor."""
    families: list[FamilyId] = []
    count = refresh_tokens = 0
    for session in sessions:
        # Codes come first: a code that is redeemed at this moment begins its family before its row is free.
        of_codes = await end_codes_begun_in(tx, user_id, session.ids, now)
        revoked = await revoke_families_begun_in(tx, user_id, session.ids, now, ENDED)
        families += [*of_codes, *revoked]
        count, refresh_tokens = count + 1, refresh_tokens + len(revoked)
        if session.browser_digest is not None:
            await forget_browser(tx, session.browser_digest, user_id)
            await remove_device_of_browser(tx, user_id, session.browser_digest)
    ended = tuple(dict.fromkeys(families))
    await add_revocations(tx, ended, now=now, expires_at=now + LONGEST_TOKEN)
    return Ended(count, refresh_tokens, ended)


def refuse_from_now(engine: Engine, ended: Ended) -> None:
    """After the commit: this process refuses the access tokens at once, the others within a second."""
    for family_id in ended.families:
        engine.revoked.add(family_id, engine.now() + LONGEST_TOKEN)
