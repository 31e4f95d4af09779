"""The boundary between sandbox and production: which customer a token of an application may name (docs/adr/0008-applications.md)."""

from typing import Final, Literal

from hoistway.protocol.ids import CustomerId

Environment = Literal["production", "sandbox"]

SANDBOX: Final = CustomerId("sandbox")
"""The simulated customer. Nobody is its member; everybody is, through a sandbox application."""


def may_name(environment: Environment, customer_id: CustomerId) -> bool:
    """True where tokens of an application in this environment may name this customer: in the sandbox only the simulated
    customer, in production any other."""
    return (customer_id == SANDBOX) == (environment == "sandbox")
