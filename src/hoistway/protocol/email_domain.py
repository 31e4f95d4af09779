"""The domain of an e-mail address, in the one form in which it is stored and compared (https://www.rfc-editor.org/rfc/rfc5891)."""

import re

import idna

_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LOCAL = re.compile(r"[^\s@\x00-\x20\x7f\"(),:;<>\\\[\]]{1,64}")


def read_domain(text: str) -> str | None:
    """In ASCII and lower case. None for what is no full domain name."""
    if len(text) > 253:
        return None
    if not text.isascii():
        try:
            text = idna.encode(text.strip(), uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return None
    name = text.strip().lower()
    return name if len(name) <= 253 and _NAME.fullmatch(name) else None


def domain_of(address: str) -> str | None:
    """None for what is no e-mail address, such as a user name without a domain."""
    local, at, domain = address.strip().rpartition("@")
    return read_domain(domain) if at and _LOCAL.fullmatch(local) else None
