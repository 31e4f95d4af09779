"""The mapping of an import from API Management: which API of ours each one is, whose subscriptions are, from when keys are asked for."""

from typing import Final, Literal

from msgspec import Struct, field


class Apis(Struct, frozen=True, forbid_unknown_fields=True):
    """`values` are ids of ours by names there; `all` is what those mean that are not listed."""

    all: str | None = None
    values: dict[str, str] = {}
    leave_out: list[str] = []


class Products(Struct, frozen=True, forbid_unknown_fields=True):
    """`ids` are those that products get here. `keys_from` is a day."""

    ids: dict[str, str] = {}
    leave_out: list[str] = []
    keys_from: str = ""
    at_once: bool = False


class Customers(Struct, frozen=True, forbid_unknown_fields=True):
    """Ids of customers: by subscription, user and group, in this order; `without_owner` for those that nobody owns."""

    subscriptions: dict[str, str] = {}
    users: dict[str, str] = {}
    groups: dict[str, str] = {}
    without_owner: str | None = None


class Subscriptions(Struct, frozen=True, forbid_unknown_fields=True):
    without_keys: Literal["leave_out", "take"] = "leave_out"
    leave_out: list[str] = []


class ApimMapping(Struct, frozen=True, forbid_unknown_fields=True):
    apis: Apis = field(default_factory=Apis)
    products: Products = field(default_factory=Products)
    customer: Customers = field(default_factory=Customers)
    make_customers: bool = False
    subscriptions: Subscriptions = field(default_factory=Subscriptions)


EXAMPLE: Final = """\
# What an import from API Management needs to know. Leave out what you don't need; nothing here is required but what APIs mean.

apis:
  # The API here that each API there is, by its name there: an API here has an audience and scopes, so none is made.
  values:
    units: customer-api
  # Those that are not listed: all: customer-api
  leave_out: [echo-api]

products:
  # Which id a product gets here, where its name there can't be one (small letters, digits and -, up to 40). Of a product that is
  # here already, and that no import made, it says that the subscriptions are to be on that one, with its limits.
  ids:
    Starter: starter
  leave_out: []
  # Calls need a key when this day begins. Without it a product is refused that would cut programs off which send none.
  # keys_from: 2027-01-31
  # Or at once, though programs call without a key.
  at_once: false

# Whose a subscription is: by subscription, then by its owner, then by a group of the owner, then by the one customer of the person
# with the owner's oid.
customer:
  subscriptions:
    5c5a3d7f0000000000000001: c-contoso
  users:
    "1": c-contoso
  groups:
    contoso-developers: c-contoso
  # Those without an owner.
  # without_owner: c-contoso
# Customers that are not here yet are made, called as their id.
make_customers: false

subscriptions:
  # Active ones whose pair of keys is not in secrets.ndjson: leave_out, or take (their programs are refused until they get new keys).
  without_keys: leave_out
  leave_out: [master]
"""
