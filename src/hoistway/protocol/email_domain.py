"""E-mail addresses: what is one here, and its domain in the one form in which it is stored and compared
(https://www.rfc-editor.org/rfc/rfc5891)."""

import re

import idna

from hoistway.protocol.text import username_key

_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LOCAL = re.compile(r"[^\s@\x00-\x20\x7f\"(),:;<>\\\[\]]{1,64}")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def read_domain(text: str) -> str | None:
    """In ASCII and lower case. None for what is no full domain name, and for a spelling that user names take for another
    domain: "\u00df" is a letter of its own in domains, and "ss" in user names, so its owner would speak for that of "ss". Such a
    domain is written with xn--."""
    name = _encoded(text)
    if name is None or (not text.isascii() and _encoded(username_key(text)) != name):
        return None
    return name if len(name) <= 253 and _NAME.fullmatch(name) else None


def _encoded(text: str) -> str | None:
    if len(text) > 253:
        return None
    if text.isascii():
        return text.strip().lower()
    try:
        return idna.encode(text.strip(), uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        return None


def is_address(text: str) -> bool:
    """One mailbox, spelled in one way: without the comments, quotes and final dots that RFC 5322 allows. Mail servers drop those, so
    that somebody would have any number of addresses, of a domain that nobody sees is a company's. The host of an own network
    may have no dot."""
    local, at, domain = text.rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or any(map(str.isspace, domain)):
        return False
    return _HOST.fullmatch(domain.lower()) is not None or _is_spelled_so(domain)


def _is_spelled_so(domain: str) -> bool:
    """Whether user names take this spelling, and no other but its xn-- form, for the domain."""
    name = read_domain(domain)
    if name is None or domain.isascii():
        return name is not None
    return idna.decode(name) == username_key(domain)


def own_addresses(username: str) -> tuple[str, ...]:
    """Of an account with this user name, where no other is named."""
    return (username,) if is_address(username) else ()


def domain_of(address: str) -> str | None:
    """None for what is no e-mail address, such as a user name without a domain."""
    local, at, domain = address.strip().rpartition("@")
    return read_domain(domain) if at and _LOCAL.fullmatch(local) else None
