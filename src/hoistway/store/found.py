"""What a search for operators finds."""

from collections.abc import Sequence

from msgspec import Struct


class Found(Struct, frozen=True):
    """One line of a list; `note`, `place` and `extra` are further facts, such as a type, a city or a serial number."""

    id: str
    title: str
    note: str | int | None
    disabled_at: int | None
    place: str | int | None = None
    extra: str | None = None


class SomeFound(Struct, frozen=True):
    """`cut` is True where more rows match than are looked through."""

    lines: Sequence[Found]
    cut: bool
