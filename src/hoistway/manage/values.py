"""Turns the members of a body into what the entries of a thing read: the same checks as for what is typed at the console
(docs/adr/0034-things.md).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import msgspec
from msgspec import UNSET, Struct

from hoistway.manage.problems import invalid
from hoistway.protocol.text import BadText, check_seen, cleaned, read_line
from hoistway.things.making import Entry, Unfit, read_entries


@runtime_checkable
class Part(Protocol):
    """An object in a list, which a form has as a line."""

    def as_line(self) -> str: ...


Names = Mapping[str, str]
"""Members that have another name than their entry: entry by member."""


def _text(value: object) -> str:
    """As somebody would type it. Raises BadText, ValueError."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    if isinstance(value, str):
        return read_line(value)
    if isinstance(value, Sequence):
        return "\n".join(_item(one) for one in value)
    return str(value)


def _item(value: object) -> str:
    """One of a list, whose values stand on lines of their own. Raises BadText, ValueError."""
    if isinstance(value, Part):
        return read_line(value.as_line())
    line = _text(value)
    if not line:
        raise ValueError("An item of the list is empty.")
    return line


def typed_by(body: Struct, names: Names) -> dict[str, str]:
    """What the body says, by entry. Raises Problem."""
    typed, wrong = dict[str, str](), dict[str, str]()
    for member, value in msgspec.structs.asdict(body).items():
        if value is UNSET:
            continue
        try:
            typed[names.get(member, member)] = _text(value)
        except BadText as error:
            wrong[member] = f"It {error}."
        except ValueError as error:
            wrong[member] = str(error)
    if wrong:
        raise invalid(wrong)
    return typed


def member_of(entry: str, names: Names) -> str:
    """The member that is read by this entry."""
    return next((member for member, name in names.items() if name == entry), entry)


def new_values(entries: Sequence[Entry], body: Struct, names: Names) -> dict[str, Any]:
    """For something that is made: what is left out is as an empty form has it. Raises Problem."""
    typed = typed_by(body, names)
    return _checked(entries, {entry.name: typed.get(entry.name, entry.begins) for entry in entries}, names)


def changed_values(entries: Sequence[Entry], body: Struct, names: Names) -> Callable[[Any], dict[str, Any]]:
    """A function that takes the row and returns the checked values that differ from it. Raises Problem."""
    typed = typed_by(body, names)
    sent = [entry for entry in entries if entry.name in typed]
    values = _checked(sent, typed, names)

    def differing(row: Any) -> dict[str, Any]:
        return {entry.name: values[entry.name] for entry in sent if typed[entry.name] != entry.read(row)}

    return differing


def _checked(entries: Sequence[Entry], typed: Mapping[str, str], names: Names) -> dict[str, Any]:
    values, problems = read_entries(entries, typed, "en")
    if problems:
        raise invalid({member_of(name, names): sentence for name, sentence in problems.by_field.items()})
    return values


def line_of(member: str, value: object) -> str:
    """A member that no entry reads: one line, "" where it was left out. Raises Problem."""
    try:
        return "" if value is UNSET else read_line(str(value))
    except BadText as error:
        raise invalid({member: f"It {error}."}) from error


def text_of(member: str, value: object) -> str:
    """As `line_of`, with several lines. Raises Problem."""
    said = "" if value is UNSET else str(value)
    try:
        check_seen(said)
    except BadText as error:
        raise invalid({member: f"It {error}."}) from error
    return cleaned(said)


def unfit_problem(unfit: Unfit, names: Names) -> Exception:
    return invalid({member_of(unfit.entry, names): str(unfit.misfit)})
