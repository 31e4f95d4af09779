"""Removes a person from texts and from entries of the audit trail: the id becomes a pseudonym, names and addresses a mark."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from hoistway.store.audit import WrittenEntry
from hoistway.store.personal import ERASED

SHORTEST: Final = 3
"""A shorter name is taken out where it stands as a value of its own, and not looked for in sentences."""
_NAMES: Final = frozenset({"name", "emails", "username", "title"})
_OWN: Final = frozenset({"address", "system_user"})
"""Members of entries by the person that tell where they sat."""


@dataclass(frozen=True)
class Redaction:
    """`words` are the person's names, user names and addresses, earlier ones included."""

    person: str
    pseudonym: str
    words: tuple[str, ...]

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """Matches whole words only: Ann is not in Annex."""
        longest = sorted({self.person, *(word for word in self.words if len(word) >= SHORTEST)}, key=len, reverse=True)
        return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)", re.IGNORECASE)

    @cached_property
    def _written(self) -> tuple[str, ...]:
        """As JSON writes the words, by either of its ways, in small letters."""
        every = {self.person, *self.words}
        return tuple({json.dumps(word, ensure_ascii=plain)[1:-1].lower() for word in every for plain in (True, False)})

    def _may_name(self, detail: str) -> bool:
        """Cheaper than the pattern, because millions of entries may be looked at."""
        small = detail.lower()
        return any(word in small for word in self._written)

    def text(self, text: str) -> str:
        """In a single pass, so that inserted text is not searched again."""
        return self._pattern.sub(lambda found: self.pseudonym if found[0] == self.person else ERASED, text)

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return ERASED if value in self.words else self.text(value)
        if isinstance(value, list):
            return [self._value(one) for one in value]
        if isinstance(value, dict):
            return {name: self._value(one) for name, one in value.items()}
        return value

    def _is_about(self, detail: Mapping[str, Any]) -> bool:
        return self.person in (detail.get("id"), detail.get("user"), detail.get("subject"))

    def entry(self, entry: WrittenEntry) -> WrittenEntry | None:
        """None where it does not mention the person."""
        by_person = entry.actor == self.person
        if not by_person and not self._may_name(entry.detail):
            return None
        detail: dict[str, Any] = json.loads(entry.detail)
        changed = self._value(detail)
        if self._is_about(detail) and entry.event.startswith("user."):
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
