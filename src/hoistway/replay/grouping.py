"""Counts differences of one kind together, with an example and the first lines of the log."""

from typing import Final

from msgspec import Struct

from hoistway.replay.differing import Difference

LINES: Final = 5
MOST: Final = 2_000
"""Groups; what differs further is counted in all."""
Key = tuple[str, str, str, str, str]


class Group(Struct):
    kind: str
    method: str
    path: str
    at: str
    what: str
    count: int
    old: str
    new: str
    lines: list[int]


class Groups:
    def __init__(self) -> None:
        self._groups: dict[Key, Group] = {}
        self.beyond = 0

    def add(self, kind: str, method: str, path: str, line: int, difference: Difference) -> None:
        key = (kind, method, path, difference.at, difference.what)
        group = self._groups.get(key)
        if group is None:
            if len(self._groups) >= MOST:
                self.beyond += 1
                return
            group = Group(kind, method, path, difference.at, difference.what, 0, difference.old, difference.new, [])
            self._groups[key] = group
        group.count += 1
        if len(group.lines) < LINES:
            group.lines.append(line)

    def sorted(self) -> list[Group]:
        """What fails first: most frequent first; notes last."""
        return sorted(self._groups.values(), key=lambda one: (one.what == "added", -one.count, one.path, one.at))
