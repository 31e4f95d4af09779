"""Which of a technical account's two passwords something is, or came from (docs/adr/0037-two-passwords.md).

It is written in the password itself, so that one digest is compared, whoever asks and whatever the account has: a
comparison with both would take longer, and tell strangers that the account exists.
"""

from typing import Final, Literal

from hoistway.protocol.ids import FamilyId

Which = Literal["first", "second"]
BOTH: Final[tuple[Which, ...]] = ("first", "second")
MOST: Final = 2
MARK: Final = "hoistway2"
"""How second passwords begin: letters and digits only, because some programs do not encode what they send."""
FAMILY_MARK: Final = "second-"
"""How the ids of families begin that a second password began. Other ids are shorter than the mark and what follows."""


def which_of(password: str) -> Which:
    """Of a password as somebody sent it."""
    return "second" if password.startswith(MARK) else "first"


def which_began(grant_id: object) -> Which:
    """Of the id of a family, as tokens name it."""
    return "second" if isinstance(grant_id, str) and grant_id.startswith(FAMILY_MARK) else "first"


def family_begun_by(which: Which, random: str) -> FamilyId:
    return FamilyId(FAMILY_MARK + random if which == "second" else random)
