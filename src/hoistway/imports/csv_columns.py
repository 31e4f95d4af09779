"""What the columns of a list are: found by their names here, those that the mapping gives them, and those that it reads as attributes."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from msgspec import Struct

from hoistway.imports.b2c_looking import PORTAL_CSV
from hoistway.imports.csv_file import SAID, SEPARATORS, CsvFile, opened
from hoistway.imports.mappings import CsvMapping
from hoistway.imports.records import BadFile
from hoistway.imports.sources import Source

KNOWN: Final[Mapping[str, Sequence[str]]] = {
    "username": ("username", "user name", "login"), "name": ("name", "display name", "displayname"), "id": ("id",),
    "emails": ("emails", "email", "e-mail", "mail"), "locale": ("locale", "language"), "disabled": ("disabled",),
    "password_digest": ("password_digest",), "customer": ("customer", "customer_id"), "role": ("role",), "sites": ("sites",),
}  # fmt: skip
"""Our names, and what else a first line may say, in small letters."""
PLAIN: Final = frozenset({"password", "pass", "pwd", "passwort", "kennwort"})
_PORTAL: Final = frozenset({"userprincipalname", "objectid"})


class Columns(Struct, frozen=True):
    """`known` are places in a row by our names, `named` by how the file calls them."""

    known: Mapping[str, int]
    named: Mapping[str, int]
    names: Sequence[str]

    def where(self, name: str) -> str:
        """How a refusal calls a column of ours."""
        place = self.known[name]
        return f"column {place + 1} ({self.names[place][:40]})"


def open_list(source: Source, said: CsvMapping) -> CsvFile:
    """With the separator by which most columns are known. Raises BadFile."""
    wanted = said.csv.delimiter
    if wanted is not None:
        return opened(source, said.csv.encoding, wanted)
    first = opened(source, said.csv.encoding, None)
    if _known(first.names, said):
        return first
    tries = [opened(source, said.csv.encoding, one) for one in SEPARATORS if one != first.separator]
    return max([first, *tries], key=lambda one: len(_known(one.names, said)))


def _known(names: Sequence[str], said: CsvMapping) -> dict[str, int]:
    lower = {name.lower(): place for place, name in enumerate(names)}
    found = {}
    for ours, theirs in KNOWN.items():
        wanted = said.csv.columns.get(ours)
        for name in (wanted.lower(),) if wanted is not None else theirs:
            if name in lower:
                found[ours] = lower[name]
                break
    return found


def columns_of(source: Source, file: CsvFile, said: CsvMapping, notes: list[str]) -> Columns:
    """Raises BadFile."""
    lower = [name.lower() for name in file.names]
    if set(lower) >= _PORTAL:
        raise BadFile(source, file.line, 1, f"{PORTAL_CSV}; `hoistway import b2c` takes those")
    known = _known(file.names, said)
    _check_meant(source, file, said, known)
    twice = next((place for place, name in enumerate(lower) if name and name in lower[:place]), None)
    if twice is not None:
        raise BadFile(
            source,
            file.line,
            twice + 1,
            f"column {twice + 1} has the name of an earlier one, {file.names[twice][:40]!r}: rename one",
        )
    plain = next((place for place, name in enumerate(lower) if name in PLAIN and place not in known.values()), None)
    if plain is not None:
        raise BadFile(
            source, file.line, plain + 1, f"column {plain + 1} ({file.names[plain]}) would hold passwords in plain text, which are not read: "
            "take it out. Digests stand in password_digest; without one the person resets the password",
        )  # fmt: skip
    _note_unused(source, file, said, known, notes)
    return Columns(known, {name: place for place, name in enumerate(lower)}, file.names)


def _check_meant(source: Source, file: CsvFile, said: CsvMapping, known: Mapping[str, int]) -> None:
    """Raises BadFile where the mapping names a column that is not there, or nothing says who signs in."""
    for ours, theirs in said.csv.columns.items():
        if ours not in KNOWN:
            raise BadFile(source, 0, 0, f"the mapping's csv.columns names {ours[:40]!r}: known are {', '.join(KNOWN)}")
        if ours not in known:
            raise BadFile(
                source,
                file.line,
                1,
                f"there is no column {theirs[:40]!r}, which csv.columns names for {ours}: the first line has {_listed(file)}",
            )
    if "username" not in known:
        raise BadFile(
            source, file.line, 1, f"the first line must name the columns, username among them, and has {_listed(file)}; csv.columns of "
            "the mapping says what yours is called",
        )  # fmt: skip


def _listed(file: CsvFile) -> str:
    names = ", ".join(repr(name[:40]) for name in file.names[:10])
    return f"{names} (separated by {SAID[file.separator]})"


def attributes_of(said: CsvMapping) -> Sequence[str]:
    """Columns that the mapping reads."""
    people = said.people
    named = (people.customer.attribute, people.role.attribute, people.reach.attribute, people.technical.attribute)
    return [name for name in named if name is not None]


def _note_unused(source: Source, file: CsvFile, said: CsvMapping, known: Mapping[str, int], notes: list[str]) -> None:
    wanted = {name.lower() for name in attributes_of(said)}
    used = set(known.values())
    for place, name in enumerate(file.names):
        if place in used or name.lower() in wanted or not name:
            continue
        near = get_close_matches(name.lower(), [one for one in KNOWN if one not in known], 1, 0.7)
        meant = f"; did you mean {near[0]}? Say so under csv.columns" if near else ""
        notes.append(f"{source.name}: column {place + 1} ({name[:40]}) is not read{meant}")
