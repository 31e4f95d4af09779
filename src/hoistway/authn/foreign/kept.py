"""The one form in which digests from elsewhere are kept: `$kind$name=number,…$salt$tag`, as PHC strings are
(https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md)."""

import base64
import binascii
import os
import re
from collections.abc import Mapping

from msgspec import Struct

from hoistway.protocol.numbers import read_whole

MOST = 2**40
_TEXT = re.compile(
    r"\$([a-z0-9-]{1,40})\$((?:[a-z]{1,6}=[0-9]{1,12},?){1,12})\$([A-Za-z0-9+/]{0,700})\$([A-Za-z0-9+/]{6,172})"
)


class Kept(Struct, frozen=True):
    """`numbers` say what it costs, and what else `kind` needs to know."""

    kind: str
    numbers: Mapping[str, int]
    salt: bytes
    tag: bytes

    @property
    def text(self) -> str:
        numbers = ",".join(f"{name}={value}" for name, value in self.numbers.items())
        return f"${self.kind}${numbers}${encode(self.salt)}${encode(self.tag)}"

    def of_nobody(self) -> "Kept":
        """One of the same cost, of a password that nobody knows."""
        return Kept(self.kind, self.numbers, os.urandom(len(self.salt)), os.urandom(len(self.tag)))


def encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode().rstrip("=")


def decode(text: str) -> bytes | None:
    """Base64 with or without its padding; None for anything else."""
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def read_kept(text: str) -> Kept | None:
    """None where it has another form."""
    found = _TEXT.fullmatch(text)
    if found is None:
        return None
    numbers: dict[str, int] = {}
    for one in found[2].split(","):
        name, _, said = one.partition("=")
        number = read_whole(said, 0, MOST)
        if number is None or name in numbers:
            return None
        numbers[name] = number
    salt, tag = decode(found[3]), decode(found[4])
    return None if salt is None or tag is None else Kept(found[1], numbers, salt, tag)
