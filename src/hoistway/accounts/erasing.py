"""Erasing a person: who may be erased, and the one transaction after which nobody finds them (docs/adr/0023-erasing.md)."""

import hmac
import secrets
from collections.abc import Callable
from hashlib import sha256
from typing import Final

import msgspec
from msgspec import Struct

from hoistway.accounts.redaction import Redaction, earlier_words, words_of
from hoistway.accounts.roles import check_administered, check_others
from hoistway.authn.lockout import Lockout
from hoistway.chain.links import chain_key
from hoistway.protocol.roles import may
from hoistway.store.db import Database, Reader, Writer
from hoistway.store.erasures import Erasure, add_erasure
from hoistway.store.members import administered_by
from hoistway.store.operators import lapse_approvals
from hoistway.store.personal import erase_account, params_of
from hoistway.store.personal_texts import changes_of_person, is_of_another
from hoistway.store.sessions import end_sessions_of
from hoistway.store.users import User
from hoistway.tokens.keyring import shared_secret
from hoistway.tokens.vault import Vault

SETTLED: Final = 5
"""Seconds after which every process has heard that an account is disabled, as docs/operating.md says."""
DAY: Final = 86_400


class StillWorks(Exception):
    """The account is enabled, or was disabled only a moment ago."""


class Eraser(Struct, frozen=True):
    """`key` is that of the digests in the list of erasures, `chain` that of the audit trail's hash chain; `account_of`
    returns the digest under which failed sign-ins are counted."""

    key: bytes
    chain: bytes
    vault: Vault
    account_of: Callable[[str], str]

    def digest(self, person: str) -> str:
        return hmac.new(self.key, person.encode("utf-8", "surrogatepass"), sha256).hexdigest()


class Rest(msgspec.Struct, frozen=True):
    """What still has to be found and replaced. `named` is True once `words` include the names that the person had before.
    `after` is the last entry of the audit trail that was looked at. `again` is True in the second pass, which finds what
    was written by requests that were still running in the first one; `archived` is True once the archive was rewritten.
    Mail to `addresses` is for this person alone."""

    person: str
    pseudonym: str
    words: tuple[str, ...]
    account: str
    began_at: int
    after: str = ""
    again: bool = False
    archived: bool = False
    addresses: tuple[str, ...] = ()
    named: bool = False

    @property
    def redaction(self) -> Redaction:
        return Redaction(self.person, self.pseudonym, self.words)


def eraser_of(refresh_secret: bytes, vault: Vault, lockout: Lockout) -> Eraser:
    """Made from secrets that every backup of this installation contains, from its first start on."""
    key = hmac.new(refresh_secret, b"erasures", sha256).digest()
    return Eraser(key, chain_key(refresh_secret), vault, lockout.account_of)


async def open_eraser(db: Database, vault: Vault) -> Eraser:
    """For commands. Raises WrongMasterKey."""
    lockout = Lockout(db, await shared_secret(db, vault, "lockout"))
    return eraser_of(await shared_secret(db, vault, "refresh"), vault, lockout)


async def check_erasable(tx: Writer, person: User, now: int) -> None:
    """Judges the locked row. Raises StillWorks, OnlyAdministrator, LastOperator."""
    if person.disabled_at is None or now - person.disabled_at < SETTLED:
        raise StillWorks
    if may(person.flags, "change"):
        await check_others(tx, person)
    for customer_id in await administered_by(tx, person.id):
        await check_administered(tx, customer_id, person.id)


async def words_about(db: Reader, person: User) -> tuple[str, ...]:
    """What the person is called, and was called before. Looks through the changes in the audit trail, so it belongs in no
    transaction."""
    earlier = earlier_words(person.id, await changes_of_person(db, person.id))
    return words_of(person.username, person.name, person.emails, earlier)


async def addresses_of(db: Reader, person: User) -> tuple[str, ...]:
    """The addresses to which only this person's mail is sent: an address that another account has too is left out."""
    mine = words_of(person.emails, [person.username] if "@" in person.username else ())
    return tuple([one for one in mine if not await is_of_another(db, person.id, one)])


async def erase(tx: Writer, person: User, eraser: Eraser, now: int) -> None:
    """The row is locked and was judged. Texts follow, see accounts/forgetting."""
    words = words_of(person.username, person.name, person.emails)
    account = eraser.account_of(person.username)
    addresses = await addresses_of(tx, person)
    rest = Rest(person.id, f"erased-{secrets.token_hex(8)}", words, account, now, addresses=addresses)
    await lapse_approvals(tx, person.id, now)
    await end_sessions_of(tx, person.id)
    await erase_account(tx, params_of(person.id, rest.pseudonym, addresses, account))
    digest = eraser.digest(person.id)
    # Only the day is stored, because the exact second would lead to the entries of that second.
    await add_erasure(tx, Erasure(digest, (now // DAY + 1) * DAY, sealed(eraser.vault, digest, rest)))


def sealed(vault: Vault, digest: str, rest: Rest) -> bytes:
    return vault.seal(digest, msgspec.json.encode(rest))


def opened(vault: Vault, row: Erasure) -> Rest:
    """What waits, unsealed. Raises WrongMasterKey."""
    return msgspec.json.decode(vault.open(row.digest, row.rest or b""), type=Rest)
