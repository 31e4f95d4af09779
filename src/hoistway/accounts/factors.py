"""Second factors of a person: added, proved, taken away. Each function is called in a transaction that holds the account's
row and was judged; the trail and the person's mail tell of each change (docs/adr/0030-factors.md).
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from hoistway.authn.acceptable import ALONE, BESIDE
from hoistway.authn.factors import (
    MOST_PASSKEYS,
    find_step,
    must_have,
    new_recovery_codes,
    recovery_digest,
    secret_name,
)
from hoistway.engine import Engine
from hoistway.mail.letter import Letter
from hoistway.mail.post import lang_of, post
from hoistway.protocol.ids import UserId
from hoistway.store.db import Reader, Writer
from hoistway.store.factors import remove_factors, standing_of
from hoistway.store.families import revoke_families_of
from hoistway.store.one_time_codes import (
    OneTimeCodes,
    lock_one_time_codes,
    put_one_time_codes,
    remove_one_time_codes,
    use_step,
)
from hoistway.store.passkeys import Passkey, add_passkey, lock_passkey, passkeys_of, remove_passkey, use_passkey
from hoistway.store.recovery_codes import recovery_codes_left, replace_recovery_codes, take_recovery_code
from hoistway.store.revocations import add_revocations
from hoistway.store.sessions import end_sessions_of
from hoistway.store.users import User, lock_user
from hoistway.tokens.keyring import LONGEST_TOKEN
from hoistway.web.words import Lang, Words

What = Literal[
    "codes_added",
    "codes_removed",
    "passkey_added",
    "passkey_removed",
    "recovery_made",
    "recovery_used",
    "reset",
    "identity_linked",
    "identity_unlinked",
]


class TooMany(Exception):
    """The person has as many passkeys as one may have; nothing was written."""


class LastOne(Exception):
    """The person must have a second factor, and this is the only one; nothing was written."""


def is_reason(text: str) -> bool:
    """Whether it is long enough to be one, and short enough to be read."""
    return 10 <= len(text) <= 500


async def tell(engine: Engine, tx: Writer, user: User, what: What, left: int = 0, name: str = "") -> None:
    """By mail: whoever changes another's factors unseen could keep the account. `left` are recovery codes, `name` is that
    of a company's provider."""
    letter = letter_about(user, what, engine.pages.brand.name, engine.settings.base_url, engine.letters, left, name)
    await post(engine, tx, user, letter, kind=f"factor {what}")


def letter_about(
    user: User, what: What, brand: str, base_url: str, letters: Mapping[Lang, Words], left: int = 0, name: str = ""
) -> Letter:
    lang, page = lang_of(user), "identities" if what.startswith("identity") else "factors"
    words = letters[lang]
    return Letter(
        lang, words["mail_factor_subject"].format(brand=brand), words["mail_hello"].format(name=user.name),
        words[f"mail_factor_{what}"].format(brand=brand, left=left, name=name), "", "", words["mail_factor_open"],
        f"{base_url}/account/{page}", words["mail_factor_why"].format(brand=brand),
    )  # fmt: skip


async def least_length(engine: Engine, db: Reader, user: User) -> int:
    """Characters of a new password of this person: fewer where it can't open anything without a second factor."""
    standing = await standing_of(db, user.id, b"", 0, engine.now())
    beside = standing.has_any or must_have(user, standing, of_staff=engine.settings.staff_factors)
    return BESIDE if beside else ALONE


async def reset_factors(tx: Writer, user_id: UserId, now: int) -> dict[str, int]:
    """After a loss. Whoever found the phone may be signed in on it, so sign-ins and what applications hold end as well. Returns how
    many of each there were."""
    removed = await remove_factors(tx, user_id)
    families = await revoke_families_of(tx, "user", user_id, now, "the second factors were reset")
    await add_revocations(tx, families, now=now, expires_at=now + LONGEST_TOKEN)
    return removed | {"refresh_tokens": len(families), "sessions": await end_sessions_of(tx, user_id)}


async def first_recovery_codes(engine: Engine, tx: Writer, user: User) -> Sequence[str]:
    """New ones for whoever has none left; they can be read this once."""
    if await recovery_codes_left(tx, user.id):
        return ()
    return await write_recovery_codes(engine, tx, user)


async def write_recovery_codes(engine: Engine, tx: Writer, user: User) -> Sequence[str]:
    """Replaces those of before."""
    codes = new_recovery_codes()
    await replace_recovery_codes(tx, user.id, [recovery_digest(user.id, code) for code in codes], engine.now())
    return codes


async def add_codes(engine: Engine, tx: Writer, user: User, secret: str, step: int) -> Sequence[str]:
    """Stores a secret of which the code of `step` was right. Returns recovery codes where the person had none."""
    await lock_user(tx, user.id)
    sealed = engine.vault.seal(secret_name(user.id), secret.encode())
    await put_one_time_codes(tx, OneTimeCodes(user.id, sealed, step, engine.now()))
    await engine.record(tx, "factor.added", actor=user.id, id=user.id, factor="one_time_codes")
    await tell(engine, tx, user, "codes_added")
    return await first_recovery_codes(engine, tx, user)


async def add_key(engine: Engine, tx: Writer, user: User, key: Passkey) -> Sequence[str]:
    """Returns recovery codes where the person had none. Raises TooMany; Conflict where the credential is registered."""
    await lock_user(tx, user.id)
    if len(await passkeys_of(tx, user.id)) >= MOST_PASSKEYS:
        raise TooMany
    await add_passkey(tx, key)
    await engine.record(tx, "factor.added", actor=user.id, id=user.id, factor="passkey", name=key.name)
    await tell(engine, tx, user, "passkey_added")
    return await first_recovery_codes(engine, tx, user)


async def prove_code(engine: Engine, tx: Writer, user: User, code: str) -> bool:
    """True for a code that is right and was not used; it is used now."""
    row = await lock_one_time_codes(tx, user.id)
    if row is None or not code:
        return False
    secret = engine.vault.open(secret_name(user.id), row.sealed).decode()
    step = find_step(secret, code, engine.now(), row.last_step)
    if step is None:
        return False
    await use_step(tx, user.id, step, engine.now())
    return True


async def prove_recovery(engine: Engine, tx: Writer, user: User, typed: str) -> bool:
    """True for a recovery code of the person that was not used; it is used up now."""
    if not await take_recovery_code(tx, user.id, recovery_digest(user.id, typed), engine.now()):
        return False
    left = await recovery_codes_left(tx, user.id)
    await engine.record(tx, "recovery_code.used", actor=user.id, id=user.id, left=left)
    await tell(engine, tx, user, "recovery_used", left)
    return True


async def prove_key(tx: Writer, used: Passkey, before: Passkey) -> bool:
    """Writes what the passkey, as it was read `before`, signed. False where it is another row by now, or its counter has
    moved on: then somebody else has a copy of the key (WebAuthn section 6.1.1)."""
    row = await lock_passkey(tx, before.id)
    if row is None or (row.user_id, row.public_key) != (before.user_id, before.public_key):
        return False
    if row.sign_count and used.sign_count <= row.sign_count:
        return False
    await use_passkey(tx, used)
    return True


async def make_recovery_codes(engine: Engine, tx: Writer, user: User) -> Sequence[str]:
    """For a person who asks for new ones."""
    await lock_user(tx, user.id)
    codes = await write_recovery_codes(engine, tx, user)
    await engine.record(tx, "recovery_codes.made", actor=user.id, id=user.id)
    await tell(engine, tx, user, "recovery_made")
    return codes


async def take_away(engine: Engine, tx: Writer, user: User, passkey: str | None) -> bool:
    """One passkey, or the one-time codes where it is None. False where there is no such factor. Raises LastOne."""
    await lock_user(tx, user.id)
    gone = await (remove_one_time_codes(tx, user.id) if passkey is None else remove_passkey(tx, user.id, passkey))
    if not gone:
        return False
    standing = await standing_of(tx, user.id, b"", 0, engine.now())
    if not standing.has_any:
        if must_have(user, standing, of_staff=engine.settings.staff_factors):
            raise LastOne
        # Recovery codes and remembered devices stand for a factor, and there is none.
        await remove_factors(tx, user.id)
    factor = "one_time_codes" if passkey is None else "passkey"
    await engine.record(tx, "factor.removed", actor=user.id, id=user.id, factor=factor)
    await tell(engine, tx, user, "codes_removed" if passkey is None else "passkey_removed")
    return True
