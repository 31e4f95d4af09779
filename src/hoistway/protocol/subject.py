"""Who a token is about: a person or a technical account, seen from one customer."""

from dataclasses import dataclass
from typing import Literal

from hoistway.protocol.ids import CustomerId

Kind = Literal["user", "service_account"]


@dataclass(frozen=True, slots=True)
class Subject:
    """`acting` where an employee acts for a customer without being its member; `limited` where the membership opens some
    of the customer's units only. `password_changed_at`: what an earlier password gave ends then. What was given until `ended_at`,
    included, ended because the account or the customer was disabled, or is from before the person joined the customer."""

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
        """What the password of that time gave counts no more."""
        return self.password_changed_at > at

    def has_ended_since(self, at: int) -> bool:
        """What was given at that time counts no more, whoever proved what for it."""
        return self.ended_at >= at

    @property
    def is_employee(self) -> bool:
        return "employee" in self.flags
