"""The person or technical account that a token is about, as seen from one customer; or an application of the operator."""

from typing import Literal

from msgspec import Struct

from hoistway.protocol.ids import CustomerId
from hoistway.protocol.two_passwords import which_began

Kind = Literal["user", "service_account", "application"]


class Subject(Struct, frozen=True):
    """`acting` is True where an employee acts for a customer without being its member, `limited` where the membership
    opens only some of the customer's units. What an earlier password gave ends at `password_changed_at`. What was given
    up to and including `ended_at` is over, because the account or the customer was disabled, or because the person
    joined the customer only later. An "application" acts for nobody and has no customer (""), so its tokens open the
    management API alone. A technical account has a second password, whose times begin with `second_`; passwords end
    at `…expires_at`, and it may be used only from `addresses`, where there are any."""

    kind: Kind
    id: str
    username: str
    name: str
    emails: tuple[str, ...]
    flags: tuple[str, ...]
    customer_id: CustomerId
    acting: bool = False
    limited: bool = False
    password_changed_at: int = 0
    ended_at: int = -1
    password_expires_at: int | None = None
    second_changed_at: int = 0
    second_expires_at: int | None = None
    addresses: str = ""

    def has_new_password_since(self, at: int, now: int, grant_id: object = None) -> bool:
        """True where what was given for the password of that time is no longer valid. `grant_id` is the family of what
        was given."""
        if which_began(grant_id) == "second":
            changed_at, expires_at = self.second_changed_at, self.second_expires_at
        else:
            changed_at, expires_at = self.password_changed_at, self.password_expires_at
        return changed_at > at or (expires_at is not None and expires_at <= now)

    def has_ended_since(self, at: int) -> bool:
        """True where nothing given at that time is valid any more, whoever proved what for it."""
        return self.ended_at >= at

    @property
    def is_employee(self) -> bool:
        return "employee" in self.flags
