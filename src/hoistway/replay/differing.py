"""What two answers differ in, in words that hold no token, no secret and nobody's name."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from msgspec import Struct

What = Literal["missing", "added", "type", "value", "no answer"]
LONGEST_SHOWN: Final = 80
PRIVATE: Final = frozenset(
    (
        "name", "given_name", "family_name", "email", "emails", "preferred_username", "username", "phone_number", "address",
        "unique_name", "upn", "displayName", "givenName", "surname", "password", "client_secret", "access_token", "id_token",
        "refresh_token", "code", "token", "id_token_hint", "primaryKey", "secondaryKey", "session_state", "client_info",
    )
)  # fmt: skip
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_.-]{16,}")
_HERE: Final = "HOST"


class Difference(Struct, frozen=True):
    """`at` is the member, as `items[].name`. What only the new side has is a note."""

    at: str
    what: What
    old: str
    new: str

    @property
    def is_note(self) -> bool:
        return self.what == "added"


class Bases(Struct, frozen=True):
    """The addresses of each side, without a slash at the end; `renamed` are beginnings of paths, old and new."""

    old: tuple[str, ...]
    new: tuple[str, ...]
    renamed: Mapping[str, str]

    def of_old(self, text: str) -> str:
        text = _without(text, self.old)
        for before, after in self.renamed.items():
            if text.startswith(_HERE + before):
                return _HERE + after + text.removeprefix(_HERE + before)
        return text

    def of_new(self, text: str) -> str:
        return _without(text, self.new)


def _without(text: str, bases: Sequence[str]) -> str:
    """An address of the side itself, with the side's own name taken out; letters of a host count without case."""
    low = text.lower()
    for base in sorted(bases, key=len, reverse=True):
        if low == base or low.startswith((f"{base}/", f"{base}?")):
            return _HERE + text[len(base) :]
    return text


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def shown(value: Any, name: str = "") -> str:
    """For a report."""
    if isinstance(value, str):
        if name in PRIVATE or _TOKEN.search(value):
            return f"a text of {len(value)} letters"
        return value if len(value) <= LONGEST_SHOWN else f"{value[:LONGEST_SHOWN]}…"
    if value is None or (name in PRIVATE and isinstance(value, (bool, int, float))):
        return kind_of(value)
    if isinstance(value, (bool, int, float)):
        return f"{kind_of(value)} {str(value).lower()}"
    return f"{kind_of(value)} of {len(value)}"


def kind_of(value: Any) -> str:
    """As JSON calls it."""
    names = ((bool, "boolean"), (str, "text"), (int, "number"), (float, "number"), (dict, "object"), (list, "list"))
    return next((name for kind, name in names if isinstance(value, kind)), "null")


def compare_names(at: str, old: Iterable[str], new: Iterable[str]) -> list[Difference]:
    """Two sets of words."""
    before, after = set(old), set(new)
    gone = [Difference(f"{at}[{one}]", "missing", shown(one), "") for one in sorted(before - after)]
    return gone + [Difference(f"{at}[{one}]", "added", "", shown(one)) for one in sorted(after - before)]


def compare_texts(at: str, old: str, new: str) -> list[Difference]:
    return [] if old == new else [Difference(at, "value", shown(old), shown(new))]
