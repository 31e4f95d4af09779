"""Two answers to one recorded request, compared by the rules of its kind."""

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any, Final, Literal

import msgspec

from hoistway.replay.differing import Bases, Difference, compare_texts
from hoistway.replay.documents import compare_discovery, compare_headers, compare_keys, compare_redirects
from hoistway.replay.members import compare_values
from hoistway.replay.sending import Answer
from hoistway.replay.settings import Ignore
from hoistway.replay.tokens import compare_tokens

Kind = Literal["token", "discovery", "keys", "authorize", "introspection", "api"]
_KINDS: Final[tuple[tuple[Kind, str], ...]] = (
    ("discovery", r".*/\.well-known/(?:openid-configuration|oauth-authorization-server).*"),
    ("keys", r".*/(?:discovery/v2\.0/keys|jwks(?:\.json)?)"),
    ("introspection", r".*/introspect"),
    ("token", r".*/token"),
    ("authorize", r".*/(?:authorize|logout)"),
)
_REDIRECTS: Final = range(300, 400)
_AN_ID: Final = re.compile(r"[^/]*[0-9][^/]*")
_VERSION: Final = re.compile(r"v[0-9]+(?:\.[0-9]+)?|oauth2|b2c_.*|.*\.onmicrosoft\.com", re.IGNORECASE)
_ASKS: Final = frozenset(("token", "introspection"))


def kind_of_path(path: str) -> Kind:
    return next((kind for kind, shape in _KINDS if re.fullmatch(shape, path)), "api")


def only_asks(method: str, path: str) -> bool:
    """Whether sending the request again makes nothing but tokens."""
    return method in {"GET", "HEAD", "OPTIONS"} or (
        method == "POST" and (kind_of_path(path) in _ASKS or path.endswith("/userinfo"))
    )


def shape_of(path: str) -> str:
    """With ids taken out, so that requests of one kind are counted together."""
    return "/".join("{}" if _AN_ID.fullmatch(one) and not _VERSION.fullmatch(one) else one for one in path.split("/"))


def compare(path: str, urls: tuple[str, str], old: Answer, new: Answer, bases: Bases) -> list[Difference]:
    """`urls` are the addresses that were asked."""
    if old.failed or new.failed:
        return [
            Difference("", "no answer", old.failed or f"answered {old.status}", new.failed or f"answered {new.status}")
        ]
    kind = kind_of_path(path)
    if kind == "authorize" and _leads_to_page(old, bases.of_old) and _leads_to_page(new, bases.of_new):
        return []
    found = compare_texts("status", str(old.status), str(new.status))
    if old.status in _REDIRECTS and new.status in _REDIRECTS:
        locations = [one.headers.get("location", "") for one in (old, new)]
        return found + compare_redirects((locations[0], locations[1]), urls, bases)
    found += compare_headers(old, new)
    before, after = _read(old), _read(new)
    if before is None and after is None:
        return found
    if before is None or after is None:
        return found + compare_texts("", *("no JSON" if one is None else "JSON" for one in (before, after)))
    return found + _compare_json(kind, before.value, after.value, bases)


def _leads_to_page(answer: Answer, named: Callable[[str], str]) -> bool:
    """A page for a person, or the way to one on the same side."""
    if answer.status in _REDIRECTS:
        location = answer.headers.get("location", "")
        return location.startswith("/") or named(location).startswith("HOST")
    return answer.status == 200 and answer.headers.get("content-type", "").startswith("text/html")


class _Read(msgspec.Struct, frozen=True):
    value: Any


def _read(answer: Answer) -> _Read | None:
    try:
        return _Read(msgspec.json.decode(answer.body))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None


def _compare_json(kind: Kind, old: Any, new: Any, bases: Bases) -> list[Difference]:
    if not isinstance(old, dict) or not isinstance(new, dict):
        return compare_values("", old, new, bases)
    if kind in _ASKS:
        return compare_tokens(old, new, bases)
    if kind == "discovery":
        return compare_discovery(old, new, bases)
    if kind == "keys":
        return compare_keys(old, new)
    return compare_values("", old, new, bases)


def is_ignored(difference: Difference, kind: Kind, path: str, ignored: list[Ignore]) -> bool:
    return any(
        fnmatchcase(kind, one.kind) and fnmatchcase(path, one.path) and _matches(difference.at, one.at)
        for one in ignored
    )


def _matches(at: str, pattern: str) -> bool:
    """`*` alone is a wildcard: brackets are letters of a member's name."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), at) is not None
