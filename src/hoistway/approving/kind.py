"""What a kind of thing has to say, so that changes of it may wait for a second operator."""

from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct

from hoistway.accounts.erasing import Eraser
from hoistway.grants.new_password import Ended
from hoistway.protocol.ids import CustomerId
from hoistway.store.db import Writer
from hoistway.store.proposals import Values


class Gone(Exception):
    """The thing does not exist."""


def _nobody(_before: Values, _after: Values) -> Sequence[CustomerId]:
    return ()


def _all(values: Values, _customer: CustomerId) -> Values:
    return values


class Kind(Struct, frozen=True):
    """`word` is the thing's name in the address of its page, `event` the name of a change in the trail. `read` locks
    the row and returns its name and values; `write` writes new values into a row that was read in this way, with the eraser for a
    person. Both raise Gone. `beside` names values that the second operator has to see, and that make a proposal stale where
    they change. `begin` is called once two approved, and says what ended with it. The value "open" can only be read: it is
    "yes" where enabling the row gives something that nobody has to approve. `column` is the column of the trail for this thing; each
    customer that a change `concerns` has an entry, with those of the old and new values that are `told` to it."""

    word: str
    event: Callable[[Values], str]
    read: Callable[[Writer, str, int], Awaitable[tuple[str, Values]]]
    write: Callable[[Writer, str, Values, int, Eraser], Awaitable[None]]
    gives: Callable[[Values, Values], bool]
    column: str | None = None
    beside: Callable[[Values], tuple[str, ...]] = lambda _: ()
    begin: Callable[[Writer, str, Values, Values, int], Awaitable[Ended | None]] | None = None
    concerns: Callable[[Values, Values], Sequence[CustomerId]] = _nobody
    told: Callable[[Values, CustomerId], Values] = _all


def said(yes: bool) -> str:
    return "yes" if yes else "no"


def reopens(before: Values, after: Values) -> bool:
    """The one rule for enabling: the operator who disabled a thing has to agree, too, if enabling opens more than what
    was approved for a single customer."""
    return before["open"] == "yes" and before["disabled"] == "yes" and after.get("disabled") == "no"


def event_of(subject: str) -> Callable[[Values], str]:
    def event(after: Values) -> str:
        if "disabled" not in after:
            return f"{subject}.changed"
        return f"{subject}.disabled" if after["disabled"] == "yes" else f"{subject}.enabled"

    return event
