"""Why a call was refused, in words, with the fix and a link to its explanation."""

from msgspec import Struct

from hoistway.api.problems import TYPES
from hoistway.protocol.dialect import ERRORS_GUIDE
from hoistway.web.words import Words


class Because(Struct, frozen=True):
    """`code` is what the answer said, `number` the AADB2C number, if there is one; `href` leads to the explanation of
    the code."""

    code: str
    number: str
    what: str
    fix: str
    href: str | None


def because(t: Words, cause: str) -> Because:
    """`cause` is a problem's type, or an OAuth code with its number, as it is counted. A cause without words of its own
    shows its code."""
    code, _, number = cause.partition(":")
    key = code.replace("-", "_")
    names = [f"{key}_{number}", key] if number else [key]
    what = next((t[f"cause_{name}"] for name in names if f"cause_{name}" in t), code)
    fix = next((t[f"fix_{name}"] for name in names if f"fix_{name}" in t), "")
    own = code.startswith("sign-in-") and code not in TYPES
    return Because(code, number, what, fix, None if own else f"{ERRORS_GUIDE}#{code}")
