"""The person or technical account that a token is about, as seen from one customer."""

from typing import Literal

from msgspec import Struct

from hoistway.protocol.ids import CustomerId

Kind = Literal["user", "service_account"]


class Subject(Struct, frozen=True):
    """`acting` is True where an employee acts for a customer without being its member, `limited` where the membership
    opens only some of the customer's units. What an earlier password gave ends at `password_changed_at`. What was given
    up to and including `ended_at` is over, because the account or the customer was disabled, or because the person
    joined the customer only later."""

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

    def has_new_password_since(self, at: int) -> bool:
        """True where what was given for the password of that time is no longer valid."""
        return self.password_changed_at > at

    def has_ended_since(self, at: int) -> bool:
        """True where nothing given at that time is valid any more, whoever proved what for it."""
        return self.ended_at >= at

    @property
    def is_employee(self) -> bool:
        return "employee" in self.flags
