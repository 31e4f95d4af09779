"""The mappings of imports other than B2C's: the same words, and what each kind of file needs besides."""

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct, field

from hoistway.imports.apim_mapping import EXAMPLE as APIM_EXAMPLE
from hoistway.imports.mapping import EXAMPLE, ByAttribute, People, Reach, Role, Technical


class ListedPeople(Struct, frozen=True, forbid_unknown_fields=True):
    """Without what only B2C has."""

    customer: ByAttribute = field(default_factory=ByAttribute)
    make_customers: bool = False
    without_customer: Literal["take", "leave_out"] = "take"
    role: Role = field(default_factory=Role)
    reach: Reach = field(default_factory=Reach)
    technical: Technical = field(default_factory=Technical)
    issuers: dict[str, str] = {}

    def by(self, customer: str | None, role: str | None, reach: str | None) -> People:
        """As `placing` reads it, with the names under which it finds the three."""
        return People(
            ByAttribute(customer, self.customer.values, self.customer.all), self.make_customers, self.without_customer,
            Role(role, self.role.administrator, self.role.member), Reach(reach, self.reach.separator),
        )  # fmt: skip


class CsvFile(Struct, frozen=True, forbid_unknown_fields=True):
    """`columns` says what a column is called in the file, by its name here."""

    delimiter: Literal[",", ";", "\t", "|"] | None = None
    encoding: Literal["utf-8", "utf-16", "windows-1252"] | None = None
    columns: dict[str, str] = {}


class CsvMapping(Struct, frozen=True, forbid_unknown_fields=True):
    csv: CsvFile = field(default_factory=CsvFile)
    people: ListedPeople = field(default_factory=ListedPeople)


CSV_EXAMPLE: Final = """\
# What an import of a list (CSV) needs to know. Leave out what you don't need; nothing here is required.

csv:
  # What separates columns: "," ";" "|" or "\\t". Found in the first line without it.
  delimiter: ";"
  # utf-8 and utf-16 are found by themselves; windows-1252 is never guessed.
  encoding: utf-8
  # What a column is called in your file, by its name here: username (needed), name, id, emails, locale, disabled, password_digest.
  columns:
    username: Login
    emails: Mail

people:
  # The column that names a person's customer (without this line: customer_id or customer), and what its values mean here.
  customer:
    attribute: CustomerNumber
    values:
      "4711": c-contoso
  # Everybody belongs to one customer: `all: c-contoso` instead of the column.
  # Customers that are not here yet are made, called as the value is.
  make_customers: false
  # Who has no customer: take (without a place), leave_out.
  without_customer: take
  # Without this: the column role, with the words administrator and member.
  role:
    attribute: Role
    administrator: [Admin]
    member: [User]
  # Sites that a person is limited to. Without this: the column sites.
  reach:
    attribute: Sites
    separator: ";"
  # Accounts that programs use in the password grant; each needs a customer.
  technical:
    attribute: Kind
    values: [technical]
    name_begins: [svc-]
"""


EXAMPLES: Final[Mapping[str, str]] = {"b2c": EXAMPLE, "csv": CSV_EXAMPLE, "apim": APIM_EXAMPLE}
"""By the kind of import."""
