"""PATCH of SCIM, also as Entra ID and Okta write it (https://www.rfc-editor.org/rfc/rfc7644#section-3.5.2)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from hoistway.protocol.scim_filter import CORE, Filter, Nested, equals_of, holds, terms_of
from hoistway.protocol.scim_operations import BadPatch, Document, Operation, Path, read_path
from hoistway.protocol.scim_primary import one_primary, without

MOST_WORK: Final = 500_000
"""Values that all operations of a request look at in lists; one that is compared with a filter counts ten times for each term.
More would keep everybody else waiting."""


class Shape(Struct, frozen=True):
    """What a resource has: its attributes by their names in lower case, those that are lists, and those that it could
    have by the standard, but that are not kept here."""

    names: Mapping[str, str]
    lists: frozenset[str]
    not_kept: frozenset[str]
    immutable: frozenset[str] = frozenset()
    """Parts of lists, like members.value."""


def patched(before: Document, operations: Sequence[Operation], shape: Shape) -> Document:
    """Raises BadPatch."""
    after, work = {name: _copied(value) for name, value in before.items()}, 0
    for one in operations:
        work += _work_of(after, one, shape)
        if work > MOST_WORK:
            raise BadPatch("tooMany", "The operations look at too many values: send fewer of them in a request.")
        if one.path is not None:
            _apply(after, one.op, one.path, one.value, shape)
            continue
        for name, value in one.value.items():
            if name.lower() not in {"schemas", "id", "meta"}:
                # Entra ID writes names like name.givenName here, too.
                _apply(after, one.op, read_path(name), value, shape)
    return after


def _work_of(document: Document, one: Operation, shape: Shape) -> int:
    """How many values of lists it looks at."""
    names = [one.path.attribute] if one.path is not None else [name.lower() for name in one.value]
    lists = [document.get(shape.names[name]) for name in names if name in shape.lists]
    chosen = None if one.path is None else one.path.chosen
    cost = 1 if chosen is None else 10 * sum(1 for _ in terms_of(chosen))
    return cost * sum(len(values) for values in lists if isinstance(values, list))


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copied(one) for name, one in value.items()}
    return [_copied(one) for one in value] if isinstance(value, list) else value


def _named(path: Path, shape: Shape) -> tuple[str | None, str | None]:
    """(the attribute, its part); the attribute is None where it is not kept. Raises BadPatch."""
    name, sub, first = shape.names.get(path.attribute), path.sub, path.attribute
    if name is None and "." in path.attribute and not path.attribute.startswith("urn:"):
        first, _, sub = path.attribute.partition(".")
        name = shape.names.get(first)
    is_extension = path.attribute.startswith("urn:") and path.attribute not in CORE
    if name is None and not is_extension and first not in shape.not_kept:
        raise BadPatch("invalidPath", f"There is no attribute {path.attribute[:80]}: see /Schemas.")
    if name in {"id", "meta", "groups", "schemas"}:
        raise BadPatch("mutability", f"{name} can't be changed: it follows from other things.")
    if name is not None and sub is not None and f"{name}.{sub}" in shape.immutable:
        raise BadPatch("mutability", f"{name}.{sub} can't be changed: add or remove the whole value of {name}.")
    return name, sub


def _apply(document: Document, op: str, path: Path, value: Any, shape: Shape) -> None:
    name, sub = _named(path, shape)
    if name is None:
        return
    if name in shape.lists:
        _in_list(document, op, name, Path(name, path.chosen, sub), value)
    elif path.chosen is not None:
        raise BadPatch("invalidPath", f"{name} is no list: leave the brackets out.")
    elif sub is not None:
        _in_object(document, op, name, sub, value)
    elif op == "remove":
        document.pop(name, None)
    elif isinstance(value, dict) and isinstance(document.get(name), dict):
        document[name] = {**document[name], **value}
    else:
        document[name] = value


def _in_object(document: Document, op: str, name: str, sub: str, value: Any) -> None:
    inside = document.get(name)
    if not isinstance(inside, dict):
        if op == "remove":
            return
        inside = {}
    inside = without(inside, sub)
    if op != "remove":
        inside[_spelled(sub)] = value
    document[name] = inside
    if not inside:
        document.pop(name)


def _spelled(sub: str) -> str:
    known = {"givenname": "givenName", "familyname": "familyName", "$ref": "$ref"}
    return known.get(sub, sub)


def _in_list(document: Document, op: str, name: str, path: Path, value: Any) -> None:
    present = [one for one in document.get(name) or [] if isinstance(one, dict)]
    chosen = path.chosen
    if isinstance(chosen, Nested):
        raise BadPatch("invalidFilter", "A filter in a path has no brackets inside.")
    if op == "remove":
        document[name] = _removed(present, chosen, path.sub, value)
    elif chosen is None and path.sub is None:
        fresh = _values(name, value)
        document[name] = fresh if op == "replace" else _added(present, fresh)
    else:
        document[name] = _set_in(present, name, op, chosen, path.sub, value)
    if not document[name]:
        document.pop(name)


def _values(name: str, value: Any) -> list[Document]:
    given = value if isinstance(value, list) else [value]
    if not all(isinstance(one, dict) for one in given):
        raise BadPatch("invalidValue", f"The values of {name} are objects with a member value.")
    return list(given)


def _key(one: Document) -> tuple[str | None, str | None]:
    """By which a value is the same as another. What is no text is refused when the whole is read."""
    value, kind = one.get("value"), one.get("type")
    return value if isinstance(value, str) else None, kind if isinstance(kind, str) else None


def _added(present: list[Document], fresh: list[Document]) -> list[Document]:
    """What is there already stays once."""
    new_ones = {_key(new) for new in fresh}
    kept = [one for one in present if _key(one) not in new_ones]
    return one_primary(kept + fresh, range(len(kept), len(kept) + len(fresh)))


def _removed(present: list[Document], chosen: Filter | None, sub: str | None, value: Any) -> list[Document]:
    if chosen is None and isinstance(value, list | dict):
        # Entra ID names the members to remove in the value.
        named = [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]
        gone = {_key(one)[0] for one in named}
        return [one for one in present if one.get("value") not in gone]
    meant = [chosen is None or holds(chosen, one) for one in present]
    if sub is None:
        return [one for one, is_meant in zip(present, meant, strict=True) if not is_meant]
    left = [without(one, sub) if is_meant else one for one, is_meant in zip(present, meant, strict=True)]
    # A value of a list without its value says nothing any more.
    return [one for one in left if one.get("value") is not None]


def _set_in(
    present: list[Document], name: str, op: str, chosen: Filter | None, sub: str | None, value: Any
) -> list[Document]:
    meant = [place for place, one in enumerate(present) if chosen is None or holds(chosen, one)]
    if not meant and chosen is not None:
        made = {_spelled(term.name): term.value for term in equals_of(chosen)}
        if not made:
            raise BadPatch("noTarget", f"No value of {name} is meant by the path.")
        present, meant = [*present, made], [len(present)]
    elif not meant:
        present, meant = [*present, {}], [len(present)]
    if sub is None and not isinstance(value, dict):
        raise BadPatch("invalidValue", f"The values of {name} are objects with a member value.")
    after = list(present)
    for place in meant:
        inside = {_spelled(sub): value} if sub is not None else value
        after[place] = {**present[place], **inside}
    return one_primary(after, meant)
