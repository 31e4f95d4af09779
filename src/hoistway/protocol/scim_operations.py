"""The operations of a PATCH of SCIM, read from its body (https://www.rfc-editor.org/rfc/rfc7644#section-3.5.2)."""

import re
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from hoistway.protocol.scim_filter import CORE, BadFilter, Filter, plain_name, read_filter

MOST_OPERATIONS: Final = 200
_PATH = re.compile(r"([A-Za-z$][A-Za-z0-9$_:.-]*?)(?:\[(.*)\])?(?:\.([A-Za-z$][A-Za-z0-9$_-]*))?", re.DOTALL)
Document = dict[str, Any]


class BadPatch(ValueError):
    """`kind` is the scimType of RFC 7644 section 3.12."""

    def __init__(self, kind: str, words: str) -> None:
        self.kind = kind
        super().__init__(words)


class Path(Struct, frozen=True):
    """`attribute` and `sub` are in lower case; `chosen` says which values of a list are meant."""

    attribute: str
    chosen: Filter | None
    sub: str | None


class Operation(Struct, frozen=True):
    """`op` is "add", "replace" or "remove"; without `path` the value is an object of attributes."""

    op: str
    path: Path | None
    value: Any


def read_path(text: Any) -> Path:
    """Raises BadPatch."""
    found = _PATH.fullmatch(plain_name(text) if "[" not in text else text) if isinstance(text, str) else None
    if found is None or len(text) > 500:
        raise BadPatch(
            "invalidPath", 'A path can\'t be read: write it like displayName or emails[type eq "work"].value.'
        )
    try:
        chosen = None if found[2] is None else read_filter(found[2])
    except BadFilter as error:
        raise BadPatch("invalidFilter", f"The filter in a path is not understood: {error}.") from None
    return Path(plain_name(found[1]), chosen, None if found[3] is None else found[3].lower())


def read_operations(body: Mapping[str, Any]) -> list[Operation]:
    """Raises BadPatch."""
    said = next((value for name, value in body.items() if name.lower() == "operations"), None)
    if not isinstance(said, list) or not 0 < len(said) <= MOST_OPERATIONS:
        raise BadPatch("invalidSyntax", f"Send Operations, a list of 1 to {MOST_OPERATIONS} operations.")
    return [_operation(one) for one in said]


def _operation(said: Any) -> Operation:
    if not isinstance(said, dict):
        raise BadPatch("invalidSyntax", "Each operation is an object with op, path and value.")
    op = said.get("op")
    # Entra ID writes Add, Replace, Remove.
    op = op.lower() if isinstance(op, str) else ""
    if op not in {"add", "replace", "remove"}:
        raise BadPatch("invalidSyntax", "The op of an operation is add, replace or remove.")
    path, value = None if said.get("path") in (None, "") else read_path(said["path"]), said.get("value")
    if path is not None and path.attribute in CORE and path.chosen is None and path.sub is None:
        # The name of the schema alone means all its attributes.
        path = None
    if path is not None:
        return Operation(op, path, value)
    if op == "remove" or not isinstance(value, dict):
        kind = "noTarget" if op == "remove" else "invalidValue"
        raise BadPatch(kind, "Without a path, send add or replace with an object of attributes as the value.")
    return Operation(op, None, _opened(value))


def _opened(value: Document) -> Document:
    """Attributes may stand under the name of their core schema. Raises BadPatch."""
    found: Document = {}
    for name, one in value.items():
        if name.lower() not in CORE:
            found[name] = one
        elif isinstance(one, dict):
            found |= one
        else:
            raise BadPatch("invalidValue", "Under the name of a core schema, send an object of attributes.")
    return found
