"""One request of a log, as it is sent again, and what is known of its answer."""

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import SplitResult, urlsplit

import msgspec
from msgspec import Struct

SENT_AGAIN: Final = frozenset(
    (
        "accept", "accept-language", "content-type", "authorization", "ocp-apim-subscription-key", "origin", "if-none-match",
        "if-match", "prefer", "dpop",
    )
)  # fmt: skip
"""Headers that programs speak with. Cookies are never among them: a person's session is not for replaying."""
MADE: Final = ("access_token", "refresh_token", "id_token", "code")
"""Members of an answer that a later request may carry."""
MOST_LINE: Final = 4 * 1024 * 1024
READS: Final = frozenset(("GET", "HEAD", "OPTIONS"))
_SENDABLE: Final = re.compile(r"[\t -~]{0,16384}")
_METHOD: Final = re.compile(r"[A-Z]{3,12}")


class BadLog(Exception):
    """The log can't be read as a whole; the text says why and what to do."""


class Skipped(Exception):
    """One line is not sent; the text is the cause, the same for each line of its kind."""


class Secret(Struct, frozen=True, tag="secret"):
    """The name of a secret in the settings file."""

    name: str


class Made(Struct, frozen=True, tag="made"):
    """A member of the answer to an earlier request of the log, known by its name."""

    by: str
    member: str


Value = str | Secret | Made


class Recorded(Struct, frozen=True):
    """`host` is None where the log does not say it. `target` is path and query. `form` is the body where it is one;
    otherwise `body` is. `named` is how later requests call its answer; `answer` is what the log says of it."""

    line: int
    method: str
    host: str | None
    target: str
    headers: tuple[tuple[str, Value], ...] = ()
    form: tuple[tuple[str, Value], ...] | None = None
    body: bytes = b""
    named: str | None = None
    answer: bytes = b""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


def split(url: str) -> SplitResult:
    """Raises Skipped."""
    try:
        return urlsplit(url)
    except ValueError:
        raise Skipped("the address can't be read") from None


def check_method(text: str) -> str:
    """Raises Skipped."""
    if not _METHOD.fullmatch(text):
        raise Skipped("the line names no HTTP method")
    return text


def check_target(text: str) -> str:
    """Raises Skipped where a request line can't hold it."""
    if not text.startswith("/") or not text.isascii() or re.search(r"[\x00-\x20\x7f]", text):
        raise Skipped("the address holds letters that no request line may hold")
    return text


def is_sendable(value: str) -> bool:
    """Whether a header can hold it (RFC 9110 section 5.5), in ASCII."""
    return _SENDABLE.fullmatch(value) is not None


def kept_headers(pairs: Iterator[tuple[str, str]]) -> tuple[tuple[str, Value], ...]:
    """Those that are sent again, in lower case; of one that stands twice, the first."""
    found: dict[str, Value] = {}
    for name, value in pairs:
        low = name.lower()
        if low in SENT_AGAIN and is_sendable(value):
            found.setdefault(low, value)
    return tuple(found.items())


def members_made(answer: bytes) -> Mapping[str, str]:
    """What of MADE stands in an answer, by member; nothing where it is no JSON object."""
    try:
        read = msgspec.json.decode(answer)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return {}
    if not isinstance(read, dict):
        return {}
    return {name: read[name] for name in MADE if isinstance(read.get(name), str) and read[name]}
