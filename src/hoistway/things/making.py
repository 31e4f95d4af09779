"""The description of a kind of thing: its fields, how it is made, what the trail is told (docs/adr/0034-things.md)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from hoistway.protocol.ids import CustomerId, FamilyId
from hoistway.protocol.numbers import read_whole
from hoistway.protocol.params import Params
from hoistway.protocol.text import read_name
from hoistway.store.db import Reader, Writer
from hoistway.web.frame import Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.words import Lang

LONGEST_ID = 100
RESERVED = frozenset({"new"})
"""An id that the page for making things has in its address."""


class Misfit(ValueError):
    """What was entered can't be stored; `because` is the key of its sentence, and its text is the English one."""

    def __init__(self, because: str, **facts: object) -> None:
        self.because, self.facts = because, facts
        super().__init__(self.in_words("en"))

    def in_words(self, lang: Lang) -> str:
        return PORTAL_WORDS[lang][self.because].format(**self.facts)


class Unfit(Exception):
    """What was entered does not fit the stored data. Nothing was written."""

    def __init__(self, entry: str, because: str, **facts: object) -> None:
        self.entry, self.misfit = entry, Misfit(because, **facts)
        super().__init__(str(self.misfit))


def _reads_nothing(_row: Any) -> str:
    return ""


class Entry(Struct, frozen=True):
    """One field of a form: `read` takes its value from the row; `check` returns the value to store, or raises
    ValueError, a Misfit where the sentence has two languages. `hint` is a key of words. `kind` is "text", "area",
    "choose" or "many", the last two with `options`; the words of many are keys. `begins` is what the field says before anything was typed."""

    name: str
    label: str
    read: Callable[[Any], str] = _reads_nothing
    check: Callable[[str], Any] = str
    kind: str = "text"
    options: Sequence[tuple[str, str]] = ()
    hint: str | None = None
    required: bool = True
    begins: str = ""


class Made(Struct, frozen=True):
    """The row that was made; `shown_once` are its secrets by the names that JSON of the command line gives them.
    `about` are further facts for the trail."""

    row: Any
    shown_once: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, object] = field(default_factory=dict)


class Making(Struct, frozen=True):
    """How a kind of thing is made: `make` gets the checked values by the names of the entries, the time and, where
    `has_password`, the digest of a password that nobody chose. `closed` divides the values, where two must approve, into
    those it begins with and those that wait, in the form of approving/kinds. It runs in the transaction that writes, and raises Unfit
    or Conflict. `names` are the entries that Conflict is about: an id or a name that is taken."""

    event: str
    entries: Sequence[Entry]
    make: Callable[[Writer, Mapping[str, Any], int, str], Awaitable[Made]]
    names: str = "id"
    has_password: bool = False
    closed: Callable[[Mapping[str, Any]], tuple[dict[str, Any], dict[str, str]]] | None = None


class Linking(Struct, frozen=True):
    """How a thing of the kind `word` is connected with customers, each of which has its own values: `found` reads them
    by customer, `give` makes or changes one, `end` ends it and returns the refresh token families that ended with it.
    They run in the transaction that writes, and raise Unfit. `fact` is what the trail calls the thing, `events` are those
    of the two."""

    word: str
    fact: str
    entries: Sequence[Entry]
    found: Callable[[Reader, str], Awaitable[Sequence[tuple[CustomerId, Any]]]]
    give: Callable[[Writer, str, Mapping[str, Any], int], Awaitable[None]]
    end: Callable[[Writer, str, CustomerId, int], Awaitable[Sequence[FamilyId]]]
    events: tuple[str, str]


def typed_of(entry: Entry, form: Params) -> str:
    """What a form says of the entry; of one that has many, a line for each that was chosen."""
    if entry.kind != "many":
        return form.get(entry.name) or ""
    return "\n".join(option for option, _words in entry.options if form.get(f"{entry.name}_{option}") is not None)


def said(error: ValueError, lang: Lang) -> str:
    """The sentence for the person."""
    return error.in_words(lang) if isinstance(error, Misfit) else str(error)


def read_entries(entries: Sequence[Entry], typed: Mapping[str, str], lang: Lang) -> tuple[dict[str, Any], Problems]:
    """The checked values, and a sentence for each entry that is wrong."""
    values, problems = dict[str, Any](), Problems()
    for entry in entries:
        try:
            values[entry.name] = entry.check(typed[entry.name])
        except ValueError as error:
            problems.add(entry.name, said(error, lang))
    return values, problems


def words(most: int = 200, *, least: int = 1) -> Callable[[str], str]:
    """A line of text for people. Raises Misfit."""

    def check(value: str) -> str:
        line, good = read_name(value, least, most)
        if not good:
            raise Misfit("make_characters", least=least, most=most)
        return line

    return check


def whole(low: int, high: int) -> Callable[[str], int]:
    """A whole number. Raises Misfit."""

    def check(value: str) -> int:
        number = read_whole(value.strip(), low, high)
        if number is None:
            raise Misfit("make_number", low=low, high=high)
        return number

    return check


def check_id(value: str) -> str:
    """An id that programs and addresses may hold: no blanks, 1 to 100 characters. Raises Misfit."""
    found, good = read_name(value, 1, LONGEST_ID)
    if not good or " " in found:
        raise Misfit("make_id", most=LONGEST_ID)
    if found in RESERVED:
        raise Misfit("make_id_reserved", id=found)
    return found
