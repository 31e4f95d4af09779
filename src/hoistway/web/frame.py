"""What the frame around every page of the portal and console shows, and what forms say about mistakes."""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct, field

from hoistway.protocol.roles import Act
from hoistway.web.words import Lang


class Place(Struct, frozen=True):
    """A customer's id and name."""

    id: str
    name: str


class Frame(Struct, frozen=True):
    """`seal` returns the value of a form's hidden field, a new one each time; `kept` is what was typed into the page's
    form before, by field. `path` is the path of the page, `here` its address with the query, or "" where it has none;
    `person` is a name; `notice` is the key of a sentence that is shown once; `acting` is True where an employee looks
    at a customer without being its member; `acts` are what the person may do at the console."""

    lang: Lang
    path: str
    seal: Callable[[], str]
    person: str | None = None
    customer: Place | None = None
    places: tuple[Place, ...] = ()
    acting: bool = False
    may_manage: bool = False
    acts: frozenset[Act] = frozenset()
    notice: str | None = None
    here: str = ""
    kept: Mapping[str, str] = field(default_factory=dict)

    @property
    def csrf(self) -> str:
        """The hidden value for one form."""
        return self.seal()

    def chosen(self, name: str, values: Sequence[str], many: bool) -> Sequence[str]:
        """For radio buttons or boxes: what was chosen before, otherwise `values`. The field of a box is named after its
        group, "_" and its value."""
        if not many:
            return [self.kept[name]] if name in self.kept else values
        return [kept.removeprefix(f"{name}_") for kept in self.kept if kept.startswith(f"{name}_")] or values

    @property
    def only_looks(self) -> bool:
        """In the portal: support that acts for a customer sees its administrators' pages, and their forms are off."""
        return self.acting and not self.may_manage

    @property
    def may_oversee(self) -> bool:
        """In the portal: sees what the customer's administrators see."""
        return self.may_manage or self.acting

    @property
    def may_change(self) -> bool:
        """At the console; support and auditors may only look."""
        return "change" in self.acts

    def is_below(self, prefix: str) -> bool:
        """True where the page belongs to that part of the portal."""
        return self.path == prefix or self.path.startswith(f"{prefix}/")


class Problems(Struct):
    """What is wrong with a form: a sentence for each field, in the order in which they were found."""

    by_field: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, sentence: str) -> None:
        self.by_field.setdefault(name, sentence)

    def __bool__(self) -> bool:
        return bool(self.by_field)


class Crumb(Struct, frozen=True):
    """One step of the path to a page, shown above its title."""

    label: str
    href: str


class Leaf(Struct, frozen=True):
    """One line of the tree at the side; `level` 0 is a heading without an address."""

    label: str
    href: str | None = None
    level: int = 1
