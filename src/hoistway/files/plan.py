"""What files would change: steps that a person reads before they are taken."""

from typing import Literal

from msgspec import Struct, field

Act = Literal["add", "change", "disable", "enable", "release"]


class Changed(Struct, frozen=True):
    """A member with what it was and becomes, a line for each value of a list."""

    member: str
    before: str
    after: str


class Step(Struct, frozen=True):
    """`means` are sentences about programs that run. "release": no file of the set names it any more."""

    kind: str
    id: str
    name: str
    act: Act
    changes: tuple[Changed, ...] = ()
    means: tuple[str, ...] = ()


class Plan(Struct):
    """`left` are things of the set that no file names, and which stay as they are without `--prune`. `taken` counts those that
    files manage from now on."""

    steps: list[Step] = field(default_factory=list)
    unchanged: int = 0
    taken: int = 0
    left: list[tuple[str, str]] = field(default_factory=list)

    def count(self, act: str) -> int:
        return sum(1 for step in self.steps if step.act == act)

    @property
    def changes_nothing(self) -> bool:
        return not self.steps
