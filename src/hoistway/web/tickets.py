"""Carries an authorization request through the hosted pages: sealed, bound to one browser, without a row in the database."""

import os
from hashlib import sha256
from zlib import compress, decompress
from zlib import error as ZlibError  # noqa: N812  it is an exception

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hoistway.protocol.jwt import BadToken, b64url, unb64url


class Agreement(msgspec.Struct, frozen=True):
    """What the consent page asks: who, in which session, for which customer, which scopes (API and name)."""

    user_id: str
    session: str
    customer_id: str
    scopes: frozenset[tuple[str, str]]

    def covers(self, wanted: "Agreement") -> bool:
        """The same person in the same session for the same customer, and no scope that was not on the page."""
        return (self.user_id, self.session, self.customer_id) == (
            wanted.user_id, wanted.session, wanted.customer_id,
        ) and wanted.scopes <= self.scopes  # fmt: skip


class Ticket(msgspec.Struct, frozen=True):
    """`params` is what was read of the authorization request; empty for a sign-in that no application asked for.

    `signed_in_at` is set where the person signed in for this very request; `browser` is a digest of the cookie. `asked` is what the consent page
    shows, `agreed` what the person allowed there."""

    params: dict[str, str]
    browser: str
    made_at: int
    tenant: str | None = None
    policy: str | None = None
    signed_in_at: int | None = None
    customer: str | None = None
    asked: Agreement | None = None
    agreed: Agreement | None = None


class BadTicket(Exception):
    """Expired, altered or of another browser."""


def browser_digest(browser: str) -> str:
    return b64url(sha256(b"ticket\x00" + browser.encode("ascii")).digest())


def seal_ticket(secret: bytes, ticket: Ticket) -> str:
    """Packed, so that it is hardly longer than the request it carries: proxies bound the length of addresses."""
    nonce = os.urandom(12)
    return b64url(nonce + AESGCM(secret).encrypt(nonce, compress(msgspec.json.encode(ticket)), b"ticket"))


def open_ticket(secret: bytes, text: str, browser: str | None, now: int, lifetime: int) -> Ticket:
    """Raises BadTicket."""
    try:
        raw = unb64url(text)
        packed = AESGCM(secret).decrypt(raw[:12], raw[12:], b"ticket")
        ticket = msgspec.json.decode(decompress(packed), type=Ticket)
    except (BadToken, InvalidTag, ValueError, msgspec.DecodeError, ZlibError) as error:
        raise BadTicket("unreadable") from error
    if ticket.made_at + lifetime <= now:
        raise BadTicket("expired")
    if browser is None or ticket.browser != browser_digest(browser):
        raise BadTicket("another browser")
    return ticket
