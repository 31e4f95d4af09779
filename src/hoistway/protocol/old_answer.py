"""What another token endpoint's answer to a password grant says: whose password it was, that it was wrong, or nothing.

https://www.rfc-editor.org/rfc/rfc6749#section-5; the numbers are those of Azure AD B2C.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from hoistway.protocol.jwt import BadToken, read_unverified
from hoistway.protocol.numbers import read_whole

Because = Literal["throttled", "locked", "status", "not_json", "no_account", "configuration"]
LONGEST_WAIT: Final = 3600
_NUMBER = re.compile(r"AADB2C(9[0-9]{4})")
_THROTTLED: Final = frozenset({"90244", "90229"})
_LOCKED: Final = frozenset({"90111", "90114"})
_ITS_OWN_FAULT: Final = frozenset({"90085"})
_OF_PASSWORDS: Final = frozenset({"access_denied", "invalid_grant", "interaction_required"})
"""With one of these errors it refuses whoever asks, and not the program that asks."""


class Right(Struct, frozen=True):
    """The password is right; `account` is whose it is."""

    account: str


class Wrong(Struct, frozen=True):
    """The password is wrong, or may not be used: `number` is its own number, where it has one."""

    number: str | None


class NoVerdict(Struct, frozen=True):
    """`because` is for programs, `about` for the log: numbers and codes of the standard alone. After `wait` seconds it may be
    asked again, where it says so; `is_away` is False where the next account may fare otherwise. `by_caller` says that what was sent may be
    the cause, so that whoever sends it could get as many of these as they like."""

    because: Because
    about: str
    wait: int | None = None
    is_away: bool = True
    by_caller: bool = False


Verdict = Right | Wrong | NoVerdict


def read_old_answer(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """`headers` have names in lower case."""
    wait = read_whole(headers.get("retry-after"), 0, 10**9)
    wait = None if wait is None else max(1, min(wait, LONGEST_WAIT))
    if status == 429:
        return NoVerdict("throttled", "429", wait)
    if status not in {200, 400, 401, 403}:
        return NoVerdict("status", str(status), wait, by_caller=status < 500)
    try:
        said = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return NoVerdict("not_json", f"{status}, and no JSON object", by_caller=True)
    return _of_success(said) if status == 200 else _of_refusal(status, said, wait)


def _of_success(said: Mapping[str, Any]) -> Verdict:
    """Of the tokens, the first that names an account: it came over TLS from the endpoint itself, so its signature need not be
    looked at (OpenID Connect Core section 3.1.3.7). `sub` may be a sentence, so `oid` counts before it."""
    for name in ("id_token", "access_token"):
        token = said.get(name)
        try:
            claims = read_unverified(token)[1] if isinstance(token, str) else {}
        except BadToken:
            continue
        account = claims.get("oid") or claims.get("sub")
        if isinstance(account, str):
            return Right(account)
    return NoVerdict("no_account", "200, and no token that names an account: ask for the scope openid", by_caller=True)


def _of_refusal(status: int, said: Mapping[str, Any], wait: int | None) -> Verdict:
    error, description = said.get("error"), said.get("error_description")
    found = _NUMBER.search(description) if isinstance(description, str) else None
    number = None if found is None else found[1]
    if number in _THROTTLED:
        return NoVerdict("throttled", f"AADB2C{number}", wait)
    if number in _LOCKED:
        return NoVerdict("locked", f"AADB2C{number}", wait, is_away=False, by_caller=True)
    if number in _ITS_OWN_FAULT:
        return NoVerdict("status", f"AADB2C{number}", wait)
    if number == "90225" or (isinstance(error, str) and error in _OF_PASSWORDS):
        return Wrong(number)
    code = "no code" if number is None else f"AADB2C{number}"
    return NoVerdict("configuration", f"{status}, {code}", by_caller=True)
