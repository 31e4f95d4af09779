"""What an entry of the audit trail says on a page: a sentence, and its detail as facts of one line each."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.words import Lang

PAIR: Final = frozenset({"before", "after"})
NOTHING: Final = "–"


class Fact(Struct, frozen=True):
    """A number is a time. `before` is what the value was, where the entry tells a change."""

    name: str
    value: str | int
    before: str | None = None


class Said(Struct, frozen=True):
    """`raw` is the detail as it is stored, on lines of its own; "" where there is none."""

    sentence: str
    facts: tuple[Fact, ...]
    raw: str


def said_of(event: str, detail: str, lang: Lang, *, without: frozenset[str] = frozenset()) -> Said:
    """`detail` is JSON; members named in `without` are left out of everything. An event that this version does not know
    says its name."""
    found = {name: value for name, value in json.loads(detail).items() if name not in without}
    words = PORTAL_WORDS[lang]
    raw = json.dumps(found, indent=2, ensure_ascii=False) if found else ""
    return Said(words.get(f"event_{event.replace('.', '_')}", event), tuple(_facts(found, lang)), raw)


def _facts(found: Mapping[str, Any], lang: Lang) -> Iterator[Fact]:
    yield from _changes({name: found[name] for name in PAIR & found.keys()}, lang)
    for name, value in found.items():
        if name in PAIR:
            continue
        if isinstance(value, dict):
            yield from (Fact(f"{name}.{part}", _shown(part, one, lang)) for part, one in value.items())
        else:
            yield Fact(name, _shown(name, value, lang))


def _changes(pair: Mapping[str, Any], lang: Lang) -> Iterator[Fact]:
    """Of "before" and "after" one may be missing, or be null where there was nothing; what is the same in both is left out."""
    sides = list(pair.values())
    if any(isinstance(side, dict) for side in sides) and all(side is None or isinstance(side, dict) for side in sides):
        before, after = pair.get("before") or {}, pair.get("after") or {}
        for name in [*before, *(name for name in after if name not in before)]:
            if "before" not in pair:
                yield Fact(name, _shown(name, after[name], lang))
            elif before.get(name) != after.get(name):
                yield Fact(name, _text(after.get(name), lang), _text(before.get(name), lang))
    elif len(pair) == 2:
        yield Fact("before → after", _text(pair["after"], lang), _text(pair["before"], lang))
    else:
        yield from (Fact(name, _text(value, lang)) for name, value in pair.items())


def _shown(name: str, value: Any, lang: Lang) -> str | int:
    is_instant = isinstance(value, int) and not isinstance(value, bool) and name.endswith(("_at", "until"))
    return value if is_instant else _text(value, lang)


def _text(value: Any, lang: Lang) -> str:
    if isinstance(value, bool):
        return PORTAL_WORDS[lang]["value_yes" if value else "value_no"]
    if value is None or value in ("", []):
        return NOTHING
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
