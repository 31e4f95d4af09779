"""What refuses a change that an operator or their program asks for, and the sentence for it; the same at the console and in
the management API.
"""

from typing import Final

from hoistway.accounts.erasing import StillWorks
from hoistway.accounts.roles import LastOperator, OnlyAdministrator, SignsInElsewhere
from hoistway.approving.proposing import AlreadyWaits, TooMany

REFUSALS: Final = (AlreadyWaits, TooMany, LastOperator, StillWorks, OnlyAdministrator, SignsInElsewhere)
_KEYS: Final[dict[type[Exception], str]] = {
    AlreadyWaits: "two_already", TooMany: "two_many", LastOperator: "staff_last",
    StillWorks: "erase_still_works", OnlyAdministrator: "erase_only_administrator", SignsInElsewhere: "staff_elsewhere",
}  # fmt: skip


def key_of(refusal: Exception) -> str:
    """The key of the words for one of REFUSALS."""
    return _KEYS[type(refusal)]
