"""Of the values of a list one is primary, at most (https://www.rfc-editor.org/rfc/rfc7643#section-2.4)."""

from collections.abc import Mapping, Sequence
from typing import Any

from hoistway.protocol.scim_filter import switched

Value = dict[str, Any]


def without(value: Mapping[str, Any], sub: str) -> Value:
    """`sub` is in lower case."""
    return {name: one for name, one in value.items() if name.lower() != sub}


def _is_primary(value: Mapping[str, Any]) -> bool:
    return any(name.lower() == "primary" and switched(one) is True for name, one in value.items())


def one_primary(values: list[Value], written: Sequence[int]) -> list[Value]:
    """Where one that was written is primary, those that were not are no longer (RFC 7644 section 3.5.2)."""
    if not any(_is_primary(values[place]) for place in written):
        return values
    kept = set(written)
    return [
        one if place in kept or not _is_primary(one) else without(one, "primary") | {"primary": False}
        for place, one in enumerate(values)
    ]
