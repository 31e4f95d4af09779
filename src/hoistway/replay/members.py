"""Compares two JSON values member by member."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from hoistway.replay.differing import Bases, Difference, kind_of, shown

MADE_BY_CHANCE: Final = frozenset(
    (
        "correlation_id", "correlationId", "trace_id", "traceId", "request_id", "requestId", "activityId", "timestamp", "instance",
        "jti", "nonce", "sid", "uti", "grant_id", "rh", "aio", "at_hash", "c_hash", "s_hash", "kid", "x5t", "etag",
    )
)  # fmt: skip
"""Ids and hashes that each answer has its own of."""
TEXTS: Final = frozenset(("message", "detail", "title", "description", "error_description", "error_uri"))
"""For people: that there is one counts, not its words."""
TIMES: Final = frozenset(("iat", "nbf", "exp", "auth_time", "not_before", "expires_on", "updated_at"))
_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9][0-9]-[0-9][0-9][T ][0-9][0-9]:[0-9][0-9](?::[0-9][0-9](?:\.[0-9]+)?)?(?:Z|[+-][0-9][0-9]:?[0-9][0-9])?"
)
_IDS: Final = ("id", "unitId", "unit_id", "key")
DEEPEST: Final = 32


def compare_values(at: str, old: Any, new: Any, bases: Bases) -> list[Difference]:
    """The names of members that hold times, ids and texts for people say which values are not compared."""
    if at.count(".") + at.count("[") > DEEPEST:
        return []
    name = re.split(r"[.\[]", at.replace("[]", ""))[-1]
    if kind_of(old) != kind_of(new):
        return [Difference(at, "type", shown(old, name), shown(new, name))]
    if isinstance(old, dict):
        return compare_objects(at, old, new, bases)
    if isinstance(old, list):
        return _compare_lists(at, old, new, bases)
    if name in MADE_BY_CHANCE or name in TEXTS or name in TIMES:
        return []
    if isinstance(old, str) and _is_same(old, new, bases):
        return []
    return [] if old == new else [Difference(at, "value", shown(old, name), shown(new, name))]


def _is_same(old: str, new: str, bases: Bases) -> bool:
    if _TIME.fullmatch(old) and _TIME.fullmatch(new):
        return True
    return bases.of_old(old) == bases.of_new(new)


def compare_objects(at: str, old: Mapping[str, Any], new: Mapping[str, Any], bases: Bases) -> list[Difference]:
    found: list[Difference] = []
    for name in sorted(old.keys() | new.keys()):
        place = f"{at}.{name}" if at else name
        if name not in new:
            found.append(Difference(place, "missing", shown(old[name], name), ""))
        elif name not in old:
            found.append(Difference(place, "added", "", shown(new[name], name)))
        else:
            found += compare_values(place, old[name], new[name], bases)
    return found


def _compare_lists(at: str, old: Sequence[Any], new: Sequence[Any], bases: Bases) -> list[Difference]:
    """Objects that have an id by it, anything else by its place."""
    place = f"{at}[]"
    if (name := _id_of(old, new)) is not None:
        before, after = ({str(one[name]): one for one in side} for side in (old, new))
        found = [Difference(place, "missing", shown(one), "") for one in before if one not in after]
        found += [Difference(place, "value", "", shown(one)) for one in after if one not in before]
        for one, value in before.items():
            found += compare_values(place, value, after[one], bases) if one in after else []
        return found
    if len(old) != len(new):
        return [Difference(place, "value", shown(old), shown(new))]
    found = []
    for one, other in zip(old, new, strict=True):
        found += compare_values(place, one, other, bases)
    return found


def _id_of(old: Sequence[Any], new: Sequence[Any]) -> str | None:
    every = [*old, *new]
    for name in _IDS:
        if every and all(isinstance(one, dict) and isinstance(one.get(name), (str, int)) for one in every):
            return name
    return None
