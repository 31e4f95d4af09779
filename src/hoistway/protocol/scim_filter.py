"""Filters of SCIM (https://www.rfc-editor.org/rfc/rfc7644#section-3.4.2.2): text becomes a tree, within bounds."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

LONGEST: Final = 2_000
MOST_TERMS: Final = 40
DEEPEST: Final = 8
OPERATORS: Final = frozenset({"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"})
CORE: Final = ("urn:ietf:params:scim:schemas:core:2.0:user", "urn:ietf:params:scim:schemas:core:2.0:group")
"""The core schemas, in lower case."""
Value = str | bool | int | float | None
_TOKEN = re.compile(
    r"\s*(?:(?P<text>\"(?:[^\"\\]|\\.)*\")|(?P<mark>[()\[\]])|(?P<word>[A-Za-z$][A-Za-z0-9$_.:-]*)"
    r"|(?P<number>-?[0-9]{1,15}(?:\.[0-9]{1,15})?))"
)
_DOTTED = re.compile(r"\s*\.([A-Za-z$][A-Za-z0-9$_-]*)")


class BadFilter(ValueError):
    """The text says what is wrong and how it is written."""


class Term(Struct, frozen=True):
    """`name` is in lower case, with its sub-attribute behind a dot; `op` is one of OPERATORS; `value` is None for pr."""

    name: str
    op: str
    value: Value = None


class Nested(Struct, frozen=True):
    """`name[…]`: one and the same value must satisfy all of it."""

    name: str
    inner: "Filter"


class Joined(Struct, frozen=True):
    """`word` is "and" or "or"."""

    word: str
    parts: "tuple[Filter, ...]"


class Negated(Struct, frozen=True):
    inner: "Filter"


Filter = Term | Nested | Joined | Negated


def plain_name(name: str) -> str:
    """Attribute names have no case; a core schema in front of them says nothing new (section 3.10)."""
    lowered = name.lower()
    for urn in CORE:
        lowered = lowered.removeprefix(f"{urn}:")
    return lowered


def _split(text: str) -> list[tuple[str, str]]:
    found, place = [], 0
    text = text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        dotted = _DOTTED.match(text, place) if match is None else None
        if match is not None and match.lastgroup is not None:
            found.append((match.lastgroup, match[match.lastgroup]))
            place = match.end()
        elif dotted is not None and found and found[-1] == ("mark", "]"):
            found.append(("sub", dotted[1]))
            place = dotted.end()
        else:
            raise BadFilter(f'it can\'t be read from character {place + 1} on: write it like userName eq "x"')
    return found


class _Reader:
    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise BadFilter(f"it is longer than {LONGEST} characters")
        self._tokens, self._at, self._terms = _split(text), 0, 0

    def _next(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _takes(self, *words: str) -> str | None:
        kind, text = self._next()
        if kind in {"word", "mark"} and text.lower() in words:
            self._at += 1
            return text.lower()
        return None

    def whole(self) -> Filter:
        found = self._either(0)
        if self._next()[0] != "end":
            raise BadFilter(f"nothing may follow its end, but there is {self._next()[1]!r}")
        return found

    def _either(self, depth: int) -> Filter:
        return self._many("or", lambda: self._many("and", lambda: self._one(depth)))

    def _many(self, word: str, read: Callable[[], Filter]) -> Filter:
        parts = [read()]
        while self._takes(word):
            parts.append(read())
        return parts[0] if len(parts) == 1 else Joined(word, tuple(parts))

    def _one(self, depth: int) -> Filter:
        if depth > DEEPEST:
            raise BadFilter(f"brackets may stand {DEEPEST} deep in each other")
        if self._takes("not"):
            if self._next() != ("mark", "("):
                raise BadFilter("behind not there must be a bracket")
            return Negated(self._one(depth + 1))
        if self._takes("("):
            found = self._either(depth + 1)
            self._close(")")
            return found
        return self._term(depth)

    def _close(self, mark: str) -> None:
        if not self._takes(mark):
            raise BadFilter(f"a bracket {mark} is missing")

    def _term(self, depth: int) -> Filter:
        self._terms += 1
        if self._terms > MOST_TERMS:
            raise BadFilter(f"it may compare {MOST_TERMS} times")
        kind, text = self._next()
        if kind != "word":
            raise BadFilter("the name of an attribute is missing")
        self._at += 1
        name = plain_name(text)
        if not self._takes("["):
            return self._comparison(name)
        inner = self._either(depth + 1)
        self._close("]")
        kind, sub = self._next()
        if kind != "sub":
            return Nested(name, inner)
        self._at += 1
        return Nested(name, Joined("and", (inner, self._comparison(sub.lower()))))

    def _comparison(self, name: str) -> Term:
        op = self._takes(*OPERATORS)
        if op is None:
            raise BadFilter(f"behind {name} one of {', '.join(sorted(OPERATORS))} is missing")
        return Term(name, op) if op == "pr" else Term(name, op, self._value(name, op))

    def _value(self, name: str, op: str) -> Value:
        kind, text = self._next()
        self._at += 1
        if kind in {"text", "number"}:
            try:
                found: Value = msgspec.json.decode(text)
            except (msgspec.DecodeError, ValueError):
                raise BadFilter(f"the value of {name} is no JSON: put text in double quotes") from None
            if isinstance(found, str) and "\x00" in found:
                raise BadFilter(f"the value of {name} holds a character that no text has (U+0000)")
            return found
        words: Mapping[str, Value] = {"true": True, "false": False, "null": None}
        if kind == "word" and text.lower() in words:
            return words[text.lower()]
        raise BadFilter(f"the value of {name} {op} is missing: put text in double quotes")


def read_filter(text: str) -> Filter:
    """Raises BadFilter."""
    return _Reader(text).whole()


def terms_of(found: Filter) -> Iterator[Term]:
    if isinstance(found, Term):
        yield found
    else:
        for part in found.parts if isinstance(found, Joined) else (found.inner,):
            yield from terms_of(part)


def switched(value: Any) -> Any:
    """Entra ID writes true and false as text, "True" and "False"."""
    words = {"true": True, "false": False}
    return words.get(value.lower(), value) if isinstance(value, str) else value


def _compared(term: Term, value: Any) -> bool:
    wanted: Any = term.value
    if isinstance(value, bool) or isinstance(wanted, bool):
        value, wanted = switched(value), switched(wanted)
    if isinstance(value, str) and isinstance(wanted, str):
        value, wanted = value.casefold(), wanted.casefold()
        if term.op in {"co", "sw", "ew"}:
            return bool({"co": wanted in value, "sw": value.startswith(wanted), "ew": value.endswith(wanted)}[term.op])
    if term.op in {"eq", "ne"}:
        return bool((value == wanted) == (term.op == "eq"))
    if term.op in {"co", "sw", "ew"} or isinstance(value, bool) or type(value) is not type(wanted):
        return False
    return bool({"gt": value > wanted, "ge": value >= wanted, "lt": value < wanted, "le": value <= wanted}[term.op])


def holds(found: Filter, value: Mapping[str, Any]) -> bool:
    """For one value of a complex attribute, whose names are compared without case."""
    if isinstance(found, Joined):
        return (all if found.word == "and" else any)(holds(part, value) for part in found.parts)
    if isinstance(found, Negated):
        return not holds(found.inner, value)
    if isinstance(found, Nested):
        return False
    present = next((one for name, one in value.items() if name.lower() == found.name), None)
    if found.op == "pr":
        return present not in (None, "", [])
    return _compared(found, present)


def equals_of(found: Filter) -> Sequence[Term]:
    """The comparisons by eq that all must hold: what a value has that is made because none was found."""
    if isinstance(found, Term):
        return (found,) if found.op == "eq" else ()
    if isinstance(found, Joined) and found.word == "and":
        return tuple(term for part in found.parts for term in equals_of(part))
    return ()
