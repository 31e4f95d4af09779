"""The mapping of an import: which attribute names a person's customer, role and reach, what a tenant is called, what programs may still do
(YAML 1.2, https://yaml.org/spec/1.2.2/)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import msgspec
from msgspec import Struct, field
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent

from hoistway.protocol.text_file import NotUtf8, text_of

MOST_BYTES: Final = 4 * 1024 * 1024
T = TypeVar("T")


class BadMapping(Exception):
    """The text says what is wrong and where, and what to do."""


class ByAttribute(Struct, frozen=True, forbid_unknown_fields=True):
    """`values` says what each value of the attribute means here; one that is not listed means itself."""

    attribute: str | None = None
    values: dict[str, str] = {}
    all: str | None = None


class Role(Struct, frozen=True, forbid_unknown_fields=True):
    attribute: str | None = None
    administrator: list[str] = []
    member: list[str] = []


class Reach(Struct, frozen=True, forbid_unknown_fields=True):
    """The attribute's value lists ids of sites; a person without any sees all of the customer's units."""

    attribute: str | None = None
    separator: str = ";"


class Technical(Struct, frozen=True, forbid_unknown_fields=True):
    """Accounts that programs use: by a value of an attribute, or by how a name begins or ends."""

    attribute: str | None = None
    values: list[str] = []
    name_begins: list[str] = []
    name_ends: list[str] = []


class People(Struct, frozen=True, forbid_unknown_fields=True):
    """`attributes` are those that tokens have, all without it."""

    customer: ByAttribute = field(default_factory=ByAttribute)
    make_customers: bool = False
    without_customer: Literal["take", "leave_out"] = "take"
    role: Role = field(default_factory=Role)
    reach: Reach = field(default_factory=Reach)
    technical: Technical = field(default_factory=Technical)
    attributes: list[str] | None = None
    federated_only: Literal["leave_out", "by_address"] = "leave_out"
    issuers: dict[str, str] = {}


class TenantNames(Struct, frozen=True, forbid_unknown_fields=True):
    """`policies` are names and what each is for."""

    id: str | None = None
    names: list[str] = []
    policies: dict[str, Literal["sign_in", "ropc", "leave_out"]] = {}
    subject_text: str | None = None


class PasswordGrant(Struct, frozen=True, forbid_unknown_fields=True):
    """`ends` is a day."""

    reason: str = ""
    ends: str = ""


class OneApplication(Struct, frozen=True, forbid_unknown_fields=True):
    customer: str | None = None
    type: Literal["web", "desktop", "mobile", "single-page", "daemon"] | None = None
    account: str | None = None
    leave_out: bool = False


class Applications(Struct, frozen=True, forbid_unknown_fields=True):
    """`each` says more of single ones, by their appId; `scopes` what a scope is called here whose name another API has."""

    password_grant: PasswordGrant = field(default_factory=PasswordGrant)
    each: dict[str, OneApplication] = {}
    scopes: dict[str, dict[str, str]] = {}


class B2cMapping(Struct, frozen=True, forbid_unknown_fields=True):
    tenant: TenantNames = field(default_factory=TenantNames)
    people: People = field(default_factory=People)
    applications: Applications = field(default_factory=Applications)


def read_mapping(path: Path | None, kind: type[T]) -> tuple[T, bytes]:
    """With the file's bytes; a mapping that says nothing without a file. Raises BadMapping."""
    if path is None:
        return kind(), b""
    try:
        body = path.read_bytes() if path.stat().st_size <= MOST_BYTES else None
    except OSError as error:
        raise BadMapping(f"--mapping {path} can't be read: {error.strerror}") from error
    if body is None:
        raise BadMapping(f"--mapping {path} has more than {MOST_BYTES >> 20} MB")
    return mapping_of(str(path), body, kind), body


def mapping_of(name: str, body: bytes, kind: type[T]) -> T:
    """Raises BadMapping."""
    try:
        text = text_of(body)
        for event in YAML(typ="safe", pure=True).parse(text):
            if isinstance(event, AliasEvent):
                # A few nested ones stand for millions of values.
                raise BadMapping(
                    f"{name}, line {event.start_mark.line + 1}: aliases (*) are not read: write the value out"
                )
        said: Any = YAML(typ="safe", pure=True).load(text)
        return msgspec.convert(_plain(said or {}), kind)
    except NotUtf8 as error:
        raise BadMapping(f"{name}: {error}") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark
        place = "" if mark is None else f", line {mark.line + 1}, column {mark.column + 1}"
        raise BadMapping(f"{name}{place}: {error.problem}") from None
    except msgspec.ValidationError as error:
        raise BadMapping(f"{name}: {error}; `hoistway import mapping --example` shows one") from None
    except (YAMLError, RecursionError, ValueError) as error:
        raise BadMapping(f"{name} is no YAML: {type(error).__name__}: {str(error)[:200]}") from None


def _plain(said: Any) -> Any:
    """Names of members and bare numbers and days are texts: nobody quotes a customer number."""
    if isinstance(said, Mapping):
        return {str(name): _plain(value) for name, value in said.items()}
    if isinstance(said, list):
        return [_plain(one) for one in said]
    return said if said is None or isinstance(said, bool) else str(said)


EXAMPLE: Final = """\
# What an import from Azure AD B2C needs to know. Leave out what you don't need; nothing here is required.

tenant:
  # The GUID and the names that stand in programs' URLs. Read from the Graph's organization object where it is among the files.
  id: 775527ff-9a37-4307-8b3d-cc311f58d925
  names: [contoso.onmicrosoft.com]
  # What each policy is for: sign_in (people, on pages), ropc (the password grant), leave_out.
  policies:
    B2C_1_signupsignin: sign_in
    B2C_1_ROPC: ropc
  # `sub` of tokens, where programs expect the sentence of old custom policies there. `oid` always has the id.
  # subject_text: Not supported currently. Use oid claim.

people:
  # The attribute (extension_{appId}_CustomerNumber of the Graph) that names a person's customer, and what its values mean here.
  customer:
    attribute: CustomerNumber
    values:
      "4711": c-contoso
  # Everybody belongs to one customer: `all: c-contoso` instead of the attribute.
  # Customers that are not here yet are made, called as the value is.
  make_customers: false
  # Who has no customer: take (without a place), leave_out.
  without_customer: take
  role:
    attribute: Role
    administrator: [Admin]
    member: [User]
  # Sites that a person is limited to.
  reach:
    attribute: Sites
    separator: ";"
  # Accounts that programs use in the password grant; each needs a customer.
  technical:
    attribute: AccountType
    values: [technical]
    name_begins: [svc-]
  # Attributes that tokens have as extension_NAME at this tenant's paths; all without this line.
  attributes: [CustomerNumber]
  # People who only ever signed in by a provider: leave_out, or by_address (their mail becomes the user name).
  federated_only: leave_out
  # The provider's issuer here, where the old system called it otherwise.
  issuers:
    contoso.com: https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000/v2.0

applications:
  # Programs of the password grant (isFallbackPublicClient) keep it until this day; without it they lose it.
  password_grant:
    reason: Programs of the old system
    ends: 2027-12-31
  each:
    00000000-0000-0000-0000-000000000000:
      customer: c-contoso
      type: daemon
      account: svc-reports
      leave_out: false
  # Where two APIs have a scope of the same name: what it is called here.
  scopes:
    00000000-0000-0000-0000-000000000000:
      read: crm.read
"""
