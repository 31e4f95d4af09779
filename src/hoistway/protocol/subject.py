"""Who a token is about: a person or a technical account, seen from one customer."""

from dataclasses import dataclass
from typing import Literal

from hoistway.protocol.ids import CustomerId

Kind = Literal["user", "service_account"]


@dataclass(frozen=True, slots=True)
class Subject:
    """`acting` where an employee acts for a customer without being its member; `limited` where the membership opens some
    of the customer's units only."""

    kind: Kind
    id: str
    username: str
    name: str
    emails: tuple[str, ...]
    flags: tuple[str, ...]
    customer_id: CustomerId
    acting: bool = False
    limited: bool = False

    @property
    def is_employee(self) -> bool:
        return "employee" in self.flags
