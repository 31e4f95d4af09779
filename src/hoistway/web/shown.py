"""What a form of the portal or console knows about the moment in which it was shown (docs/adr/0014-forms.md)."""

import os
from collections.abc import Mapping, Sequence, Set
from hashlib import sha256
from typing import ClassVar, Final

from msgspec import Struct

from hoistway.protocol.jwt import b64url
from hoistway.web.sealed import Sealed

LIFETIME: Final = 2 * 86_400
"""Seconds from showing a form to sending it."""


class Shown(Sealed, frozen=True, kw_only=True):
    """`person` and `customer` are ids; `customer` is None where there was none. `page` is the address of the page with
    the form, "" where it has none. `version` is a digest of what the page showed, "" for a page that shows no stored
    thing. `number` can be used once."""

    kind: ClassVar[str] = "form"
    person: str
    customer: str | None
    acting: bool
    page: str
    version: str
    number: str


class Kept(Sealed, frozen=True, kw_only=True):
    """What a person typed into the form of `page`, by field. Only that person gets it back, in any session."""

    kind: ClassVar[str] = "kept"
    packed: ClassVar[bool] = True
    person: str
    page: str
    fields: dict[str, str]


def new_number() -> str:
    return b64url(os.urandom(15))


def version_of(rows: Sequence[object]) -> str:
    """The same in every process for the same rows; sets are sorted, because they have no fixed order."""
    return "" if not rows else b64url(sha256(_plain(rows).encode("utf-8", "surrogatepass")).digest()[:15])


def _plain(value: object) -> str:
    if isinstance(value, Struct):
        return f"({' '.join(_plain(getattr(value, name)) for name in value.__struct_fields__)})"
    if isinstance(value, Mapping):
        return f"{{{' '.join(sorted(f'{_plain(key)}:{_plain(one)}' for key, one in value.items()))}}}"
    if isinstance(value, Set):
        return f"<{' '.join(sorted(map(_plain, value)))}>"
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return f"[{' '.join(map(_plain, value))}]"
    return repr(value)
