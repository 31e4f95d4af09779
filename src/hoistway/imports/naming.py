"""What an account's record says in text: names, addresses, a language, a digest. Each sentence says what is wrong, and what to do."""

import re
import uuid
from collections.abc import Iterable
from typing import Final

from hoistway.authn.argon2id import write_digest
from hoistway.authn.foreign.kept import Kept
from hoistway.authn.foreign.reading import Foreign
from hoistway.imports.mapping import Technical
from hoistway.protocol.email_domain import is_address
from hoistway.protocol.provider_token import LONGEST_SUBJECT
from hoistway.protocol.text import BadText, read_line, username_key

LONGEST_NAME: Final = 200
MOST_EMAILS: Final = 5
UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NO_SUBJECT: Final = (
    f"who they are at {{issuer!r}} stays behind: a subject has 1 to {LONGEST_SUBJECT} plain characters of ASCII"
)
_MADE: Final = uuid.UUID("5b6dd8f7-3d5a-4a0e-8a37-53c1f6ad2c3e")


class Unread(ValueError):
    """The text says what is wrong with a record, and what to do."""


def line_of(text: str, what: str) -> str:
    """A line of 1 to 200 characters. Raises Unread."""
    try:
        read = read_line(text)
    except BadText as error:
        raise Unread(f"{what} {error}") from None
    if not 1 <= len(read) <= LONGEST_NAME:
        raise Unread(f"{what} must have 1 to {LONGEST_NAME} characters")
    return read


def address_of(text: str) -> str | None:
    """None for what is no e-mail address."""
    try:
        read = read_line(text)
    except BadText:
        return None
    return read if is_address(read) else None


def language_of(text: str | None) -> str | None:
    short = (text or "")[:2].lower()
    return short if short in {"en", "de"} else None


def id_for(kind: str, username: str) -> str:
    """Of an account to which the old system gave none: the same in every import."""
    return str(uuid.uuid5(_MADE, f"{kind}\x00{username_key(username)}"))


def is_technical(said: Technical, values: Iterable[str], keys: Iterable[str]) -> bool:
    """By what the attribute says, or by how one of the names begins or ends."""
    if any(value in said.values for value in values):
        return True
    begins, ends = tuple(map(username_key, said.name_begins)), tuple(map(username_key, said.name_ends))
    return any(key.startswith(begins) or key.endswith(ends) for key in keys) if begins or ends else False


def stored(digest: Foreign) -> str:
    """A weak one as it is: `strengthening` makes it fit to be written."""
    return digest.text if isinstance(digest, Kept) else write_digest(digest.cost, digest.salt, digest.tag)
