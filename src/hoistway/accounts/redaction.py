"""Removes a person from texts and from entries of the audit trail: the id becomes a pseudonym, names and addresses a mark.

Words are replaced only where people write freely. A code, a role or the id of something else may be spelled like a name."""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Final
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace

from hoistway.store.audit import WrittenEntry
from hoistway.store.collation import fold
from hoistway.store.personal import ERASED
from hoistway.store.personal_texts import Kind

SHORTEST: Final = 3
"""A shorter name is taken out where it stands as a value of its own, and not looked for in sentences."""
_NAMES: Final = frozenset({"name", "emails", "username", "title"})
_OWN: Final = frozenset({"address", "system_user"})
"""Members of entries by the person that tell where they sat."""
FREE: Final = frozenset({"reason", "message", "answer", "because", "note", "text", "granted_by", "invited"})
"""Members, of entries and of stored documents, that hold what somebody wrote, such as the address of who was invited."""
_END: Final = r"[\w\u0300-\u036f]"
"""A letter, or an accent that belongs to the letter before it."""
_ENTITIES: Final = {
    "'": ("&#39;", "&#x27;", "&apos;"),
    '"': ("&#34;", "&quot;"),
    "&": ("&amp;",),
    "<": ("&lt;",),
    ">": ("&gt;",),
}


def _letter(letter: str) -> str:
    """Matches it however it is composed, and escaped as HTML does."""
    if letter.isspace():
        return r"\s+"
    spelled = dict.fromkeys((*_ENTITIES.get(letter, ()), letter, unicodedata.normalize("NFD", letter)))
    return f"(?:{'|'.join(map(re.escape, spelled))})" if len(spelled) > 1 else re.escape(letter)


def _spelled(word: str) -> str:
    return "".join(map(_letter, unicodedata.normalize("NFC", word)))


def _folded(text: str) -> str:
    return fold(unicodedata.normalize("NFC", text))


class Redaction(Struct, frozen=True, dict=True):
    """`words` are the person's names, user names and addresses, earlier ones included."""

    person: str
    pseudonym: str
    words: tuple[str, ...]

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """Matches whole words only: Ann is not in Annex."""
        longest = sorted({self.person, *(word for word in self.words if len(word) >= SHORTEST)}, key=len, reverse=True)
        return re.compile(rf"(?<!\w)(?:{'|'.join(map(_spelled, longest))})(?!{_END})", re.IGNORECASE)

    @cached_property
    def _segment(self) -> re.Pattern[str]:
        """The id as a whole part of an address."""
        ids = "|".join(map(re.escape, dict.fromkeys((self.person, quote(self.person, safe="")))))
        return re.compile(rf"(?<![^/?&=#])(?:{ids})(?![^/?&=#])")

    @cached_property
    def _pieces(self) -> tuple[tuple[str, ...], ...]:
        """Of each word the runs of letters and digits, folded."""
        return tuple(tuple(re.findall(r"\w+", _folded(word))) for word in {self.person, *self.words})

    def _may_name(self, detail: str) -> bool:
        """Cheaper than the pattern, because millions of entries may be looked at."""
        if "\\u" in detail:
            return True
        small = _folded(detail)
        return any(all(piece in small for piece in pieces) for pieces in self._pieces)

    def text(self, text: str) -> str:
        """In a single pass, so that inserted text is not searched again."""
        return self._pattern.sub(lambda found: self.pseudonym if found[0] == self.person else ERASED, text)

    def stored(self, kind: Kind, text: str) -> str:
        """What a column of this kind holds afterwards."""
        if kind == "address":
            return self._segment.sub(lambda _found: self.pseudonym, text)
        if kind in {"document", "values"}:
            found = json.loads(text)
            changed = self._value("", found)
            if kind == "values":
                changed = {name: self.text(one) if name in _NAMES else one for name, one in changed.items()}
            return text if changed == found else json.dumps(changed, ensure_ascii=False, separators=(",", ":"))
        return self.text(text)

    def _value(self, member: str, value: Any) -> Any:
        if isinstance(value, str):
            if member not in FREE:
                return (
                    self.pseudonym if value == self.person else self._segment.sub(lambda _found: self.pseudonym, value)
                )
            return ERASED if value in self.words else self.text(value)
        if isinstance(value, list):
            return [self._value(member, one) for one in value]
        if isinstance(value, dict):
            return {name: self._value(name, one) for name, one in value.items()}
        return value

    def _is_about(self, detail: Mapping[str, Any]) -> bool:
        return self.person in (detail.get("id"), detail.get("user"), detail.get("subject"))

    def entry(self, entry: WrittenEntry) -> WrittenEntry | None:
        """None where it does not mention the person."""
        by_person = entry.actor == self.person
        if not by_person and not self._may_name(entry.detail):
            return None
        detail: dict[str, Any] = json.loads(entry.detail)
        changed: dict[str, Any] = self._value("", detail)
        if self._is_about(detail) and entry.event.startswith(("user.", "change.")):
            for side in ("before", "after"):
                if isinstance(changed.get(side), dict):
                    changed[side] = {name: ERASED if name in _NAMES else one for name, one in changed[side].items()}
        if by_person:
            changed = {name: ERASED if name in _OWN else one for name, one in changed.items()}
        if not by_person and changed == detail:
            return None
        return replace(
            entry, actor=self.pseudonym if by_person else entry.actor,
            correlation_id=None if by_person else entry.correlation_id,
            detail=json.dumps(changed, ensure_ascii=False, separators=(",", ":")),
        )  # fmt: skip


def words_of(*said: str | Iterable[str]) -> tuple[str, ...]:
    """Without doubles and empty ones, in their order."""
    every = [one for word in said for one in ([word] if isinstance(word, str) else word)]
    return tuple(dict.fromkeys(word.strip() for word in every if word.strip()))


def earlier_words(person: str, details: Iterable[str]) -> tuple[str, ...]:
    """What entries of changes say that the person was called."""
    found: list[str] = []
    for text in details:
        detail: dict[str, Any] = json.loads(text)
        if detail.get("id") != person:
            continue
        for side in (detail.get("before"), detail.get("after")):
            if isinstance(side, dict):
                found += [str(side.get("name") or ""), *str(side.get("emails") or "").split()]
    return words_of(found)
