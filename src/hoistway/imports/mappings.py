"""The mappings of imports other than B2C's: the same words, and what each kind of file needs besides."""

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct, field

from hoistway.imports.apim_mapping import EXAMPLE as APIM_EXAMPLE
from hoistway.imports.mapping import EXAMPLE, ByAttribute, OneApplication, PasswordGrant, People, Reach, Role, Technical


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


class Realm(Struct, frozen=True, forbid_unknown_fields=True):
    """`name` is which of several realms is meant."""

    name: str | None = None
    without_passwords: Literal["refuse", "take"] = "refuse"


class Programs(Struct, frozen=True, forbid_unknown_fields=True):
    """`each` says more of single ones, by their clientId."""

    password_grant: PasswordGrant = field(default_factory=PasswordGrant)
    each: dict[str, OneApplication] = {}


class KeycloakMapping(Struct, frozen=True, forbid_unknown_fields=True):
    realm: Realm = field(default_factory=Realm)
    people: ListedPeople = field(default_factory=ListedPeople)
    applications: Programs = field(default_factory=Programs)


KEYCLOAK_EXAMPLE: Final = """\
# What an import from Keycloak needs to know. Leave out what you don't need; nothing here is required.

realm:
  # Which realm, where the files hold several.
  name: contoso
  # Files in which nobody has a password are refused as a part of an export: take, if that is how it is.
  without_passwords: refuse

people:
  # The attribute that names a person's customer, their own or one of their groups; or the word groups, or roles. Of these, `values` says
  # which mean a customer; of an attribute, what its values mean here.
  customer:
    attribute: groups
    values:
      /customers/contoso: c-contoso
  # Everybody belongs to one customer: `all: c-contoso` instead of the attribute.
  # Customers that are not here yet are made, called as the value is.
  make_customers: false
  # Who has no customer: take (without a place), leave_out.
  without_customer: take
  # Roles of the realm, those of a client as CLIENT:ROLE; those that come by groups and by other roles count, too.
  role:
    attribute: roles
    administrator: [contoso-admin]
    member: []
  # Sites that a person is limited to.
  reach:
    attribute: sites
    separator: ";"
  # Accounts that programs use in the password grant; each needs a customer.
  technical:
    attribute: groups
    values: [/machines]
    name_begins: [svc-]
  # The issuer of an identity provider, by its alias, where the export doesn't say it.
  issuers:
    corporate: https://login.contoso.example

applications:
  # Clients with direct access grants (the password grant) keep it until this day; without it they lose it.
  password_grant:
    reason: Programs of the old system
    ends: 2027-12-31
  # By clientId. A client with a service account is a daemon, and needs a customer here, or a technical account.
  each:
    reports:
      customer: c-contoso
      type: daemon
      leave_out: false
"""
EXAMPLES: Final[Mapping[str, str]] = {
    "b2c": EXAMPLE,
    "csv": CSV_EXAMPLE,
    "apim": APIM_EXAMPLE,
    "keycloak": KEYCLOAK_EXAMPLE,
}
"""By the kind of import."""
