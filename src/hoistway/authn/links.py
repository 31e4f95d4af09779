"""Makes and reads single-use links: their secrets, digests and sealed payloads (docs/adr/0028-links.md)."""

import hmac
import os
import secrets
from hashlib import sha256
from typing import ClassVar, Final, TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from hoistway.discreet import Discreet
from hoistway.protocol.ids import SiteId, UnitId
from hoistway.protocol.text import username_key
from hoistway.store.links import Kind, Link

LONGEST: Final = 100
"""Characters of what may be the secret of a link; ours have 43."""


class Payload(Struct, frozen=True):
    """What a link gives. `kind` is the only kind of link that may hold it, `lifetime` in seconds."""

    kind: ClassVar[Kind]
    lifetime: ClassVar[int]


class AskedReset(Payload, frozen=True):
    """What was typed where a reset was asked for, the language of that page, and the digest under which the browser may be known,
    in hexadecimal."""

    kind: ClassVar[Kind] = "asked"
    lifetime: ClassVar[int] = 3600
    username: str
    lang: str
    browser: str = ""


class Reset(Payload, frozen=True):
    """`address` is where the link was sent."""

    kind: ClassVar[Kind] = "reset"
    lifetime: ClassVar[int] = 30 * 60
    address: str


class First(Payload, frozen=True):
    """A password of one's own in the place of one that was handed over; `back` is where the sign-in leads afterwards. It is
    never mailed: whoever proved the handed-over password is led to it."""

    kind: ClassVar[Kind] = "first"
    lifetime: ClassVar[int] = 30 * 60
    back: str


class Invited(Payload, frozen=True):
    """A place in a customer for whoever reads the mails of `address`; `lang` is the language of the letter, `program` the application
    that invited, or ""."""

    kind: ClassVar[Kind] = "invitation"
    lifetime: ClassVar[int] = 7 * 86_400
    address: str
    role: str
    reach: str
    sites: tuple[SiteId, ...]
    units: tuple[UnitId, ...]
    lang: str
    program: str = ""


class Address(Payload, frozen=True):
    """Another e-mail address for the person who asked; `before` is the first one that they had then, or ""."""

    kind: ClassVar[Kind] = "address"
    lifetime: ClassVar[int] = 30 * 60
    address: str
    before: str


class WayBack(Payload, frozen=True):
    """The address and the user name that the person had before, for whoever reads the mails of that address."""

    kind: ClassVar[Kind] = "way_back"
    lifetime: ClassVar[int] = 7 * 86_400
    address: str
    username: str


class BadLink(Exception):
    """It was used, ended or replaced, is too old, is about something that changed, or never was one. Whoever brings it is
    told the same in each case; the text is for the log."""


class NewLink(Discreet, frozen=True):
    """A link that was just made; `secret` is known to nobody but whoever gets the mail."""

    hidden: ClassVar[frozenset[str]] = frozenset({"secret"})
    secret: str
    digest: bytes


P = TypeVar("P", bound=Payload)


class Links:
    """`secret` is shared by all processes."""

    def __init__(self, secret: bytes) -> None:
        self._aead = AESGCM(hmac.digest(secret, b"seal", sha256))
        self._key = hmac.digest(secret, b"about", sha256)

    def fresh(self) -> NewLink:
        made = secrets.token_urlsafe(32)
        return NewLink(made, digest_of(made))

    def about(self, word: str, *names: str) -> str:
        """A keyed digest by which the same name or address is found again, however it is written."""
        text = "\x00".join((word, *(username_key(name) for name in names)))
        return hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), sha256).hex()

    def seal(self, link_id: str, payload: Payload) -> bytes:
        """Bound to kind and id, so that it can't be put in the place of another."""
        nonce = os.urandom(12)
        return nonce + self._aead.encrypt(nonce, msgspec.json.encode(payload), _bound(payload.kind, link_id))

    def open(self, link: Link, kind: type[P]) -> P:
        """Raises BadLink."""
        try:
            plain = self._aead.decrypt(link.sealed[:12], link.sealed[12:], _bound(kind.kind, link.id))
            return msgspec.json.decode(plain, type=kind)
        except (InvalidTag, ValueError, msgspec.DecodeError) as error:
            raise BadLink("the payload can't be read") from error

    def seal_secret(self, mail_id: str, secret: str) -> bytes:
        """Of a link whose mail waits; bound to that mail."""
        nonce = os.urandom(12)
        return nonce + self._aead.encrypt(nonce, secret.encode(), _bound("mail", mail_id))

    def open_secret(self, mail_id: str, sealed: bytes) -> str:
        """Raises BadLink."""
        try:
            return self._aead.decrypt(sealed[:12], sealed[12:], _bound("mail", mail_id)).decode()
        except (InvalidTag, ValueError) as error:
            raise BadLink("the secret of the mail can't be read") from error


def _bound(kind: str, link_id: str) -> bytes:
    return f"{kind}\x00{link_id}".encode()


def digest_of(secret: str) -> bytes:
    """Without salt or stretching, because nobody can guess 256 random bits."""
    return sha256(b"link\x00" + secret.encode("utf-8", "surrogatepass")).digest()
