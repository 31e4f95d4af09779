"""Values with members that no log, traceback or answer may show."""

from typing import ClassVar

from msgspec import Struct


class Discreet(Struct, frozen=True):
    """Its `repr` leaves out the values of the members named in `hidden`."""

    hidden: ClassVar[frozenset[str]]

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in self.__struct_fields__ if name not in self.hidden)
        return f"{type(self).__name__}({', '.join(shown)})"
