"""Compares two answers of a token endpoint: their members, and the tokens by what they say."""

import re
from collections.abc import Mapping
from typing import Any, Final

from hoistway.protocol.jwt import BadToken, read_unverified
from hoistway.replay.differing import Bases, Difference, compare_names, compare_texts, shown
from hoistway.replay.members import MADE_BY_CHANCE, compare_values

TOKENS: Final = ("access_token", "id_token")
_NUMBER: Final = re.compile(r"AADB2C[0-9]{5}|AADSTS[0-9]{4,7}")
_SCOPES: Final = ("scope", "scp")
_CLOCKS: Final = ("iat", "nbf", "exp", "auth_time")
_BY_TIME: Final = frozenset(("not_before", "expires_on", "profile_info", "client_info", "session_state"))
_TOLERANCE: Final = 2
"""Seconds by which a lifetime may differ, because each side's clock ticks."""


def compare_tokens(old: Mapping[str, Any], new: Mapping[str, Any], bases: Bases) -> list[Difference]:
    if "error" in old or "error" in new:
        return _compare_errors(old, new)
    found = _compare_claims("", {n: v for n, v in old.items() if n not in TOKENS}, _rest(new), bases)
    for name in TOKENS:
        if name in old and name in new:
            found += _compare_jwt(name, old[name], new[name], bases)
        elif name in old or name in new:
            what, before = ("missing", "a token") if name in old else ("added", "")
            found.append(
                Difference(name, "missing" if what == "missing" else "added", before, "" if before else "a token")
            )
    return found


def _rest(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name not in TOKENS}


def _compare_errors(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """The code, and the number in the description that programs look for."""
    found = compare_texts("error", str(old.get("error", "none")), str(new.get("error", "none")))
    before, after = (_NUMBER.search(str(said.get("error_description", ""))) for said in (old, new))
    if before is not None:
        found += compare_texts("error_description", before[0], "no number" if after is None else after[0])
    return found


def _compare_jwt(name: str, old: Any, new: Any, bases: Bases) -> list[Difference]:
    before, after = _read(old), _read(new)
    if before is None or after is None:
        kinds = ["opaque" if one is None else "a JWT" for one in (before, after)]
        return compare_texts(name, *kinds)
    found = compare_texts(f"{name}.alg", str(before[0].get("alg")), str(after[0].get("alg")))
    found += compare_texts(f"{name}.typ", str(before[0].get("typ")), str(after[0].get("typ")))
    found += _compare_lifetimes(name, before[1], after[1])
    return found + _compare_claims(f"{name}.", before[1], after[1], bases)


def _read(token: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
    try:
        return read_unverified(token) if isinstance(token, str) else None
    except BadToken:
        return None


def _compare_lifetimes(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    before, after = (_lifetime(said) for said in (old, new))
    if before is None or after is None or abs(before - after) <= _TOLERANCE:
        return []
    return [Difference(f"{name}.exp", "value", f"{before} seconds", f"{after} seconds")]


def _lifetime(said: Mapping[str, Any]) -> int | None:
    begun, ends = said.get("iat", said.get("nbf")), said.get("exp")
    return ends - begun if isinstance(begun, int) and isinstance(ends, int) else None


def _compare_claims(at: str, old: Mapping[str, Any], new: Mapping[str, Any], bases: Bases) -> list[Difference]:
    found: list[Difference] = []
    for name in sorted(old.keys() | new.keys()):
        place = f"{at}{name}"
        if name not in new or name not in old:
            gone = name in old
            seen = shown(old[name] if gone else new[name], name)
            found.append(Difference(place, "missing" if gone else "added", seen if gone else "", "" if gone else seen))
        elif name in _SCOPES and isinstance(old[name], str) and isinstance(new[name], str):
            found += compare_names(place, old[name].split(), new[name].split())
        elif (
            type(old[name]) is type(new[name]) and (name in _BY_TIME or name in _CLOCKS or name in MADE_BY_CHANCE)
        ) or name == "refresh_token":
            continue
        elif name == "emails":
            found += (
                [] if _words(old[name]) == _words(new[name]) else compare_values(place, old[name], new[name], bases)
            )
        else:
            found += compare_values(place, old[name], new[name], bases)
    return found


def _words(value: Any) -> Any:
    return sorted(map(str, value)) if isinstance(value, list) else value
