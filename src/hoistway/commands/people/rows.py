"""One row of a file of people or technical accounts: its columns, and what is wrong with them."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

import msgspec
from msgspec import Struct

from hoistway.authn.foreign.costs import BadDigest
from hoistway.authn.foreign.reading import LONGEST, Foreign, read_foreign
from hoistway.protocol.email_domain import is_address, own_addresses
from hoistway.protocol.sandbox import SANDBOX
from hoistway.protocol.text import BadText, read_line

PERSON: Final = (
    "username", "name", "id", "emails", "locale", "disabled", "password_digest", "customer_id", "role", "sites", "memberships",
)  # fmt: skip
ACCOUNT: Final = ("username", "name", "id", "disabled", "password_digest", "customer_id")
ROLES: Final = {"member", "administrator"}
LONGEST_TEXT: Final = 200
MOST_EMAILS: Final = 5
MOST_SITES: Final = 500
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_YES, _NO = {"yes", "true", "1", "y"}, {"no", "false", "0", "n", ""}


class BadRow(Exception):
    """Its text says what is wrong, and what to do."""


class Place(Struct, frozen=True):
    customer_id: str
    role: str = "member"
    sites: tuple[str, ...] = ()


class Row(Struct, frozen=True):
    """`line` is its number in the file. `digest` is None where the password is not taken over."""

    line: int
    username: str
    name: str
    id: str | None
    emails: tuple[str, ...]
    locale: str | None
    disabled: bool
    digest: Foreign | None
    places: tuple[Place, ...]


def read_row(line: int, said: Mapping[str, Any], columns: Sequence[str], customer: str | None) -> Row:
    """`customer` is the place of rows that name none. Raises BadRow."""
    check_names(said, columns)
    username = _text(said, "username", needed=True) or ""
    found = _text(said, "id")
    if found is not None and not _ID.fullmatch(found.lower()):
        raise BadRow("id must be a UUID such as 0e2a1f0c-6a0d-4b6e-9d0f-3a5f5f4c1b2d; leave it out, and one is made")
    return Row(
        line, username, _text(said, "name") or username, None if found is None else found.lower(), _emails(said, username),
        _locale(said), _flag(said, "disabled"), _digest(said), _places(said, customer),
    )  # fmt: skip


def check_names(said: Iterable[str], columns: Collection[str]) -> None:
    """Raises BadRow."""
    for name in said:
        if name in columns:
            continue
        if name in {"password", "pass", "pwd"}:
            raise BadRow(
                "passwords in plain text are not read: give password_digest, or nothing, and the person resets it"
            )
        near = get_close_matches(name, columns, 1, 0.6)
        meant = f": did you mean {near[0]}?" if near else f"; known are {', '.join(columns)}"
        raise BadRow(f"there is no column {name[:40]!r}{meant}")


def _text(said: Mapping[str, Any], name: str, *, needed: bool = False) -> str | None:
    value = said.get(name)
    if value is None:
        if needed:
            raise BadRow(f"{name} is missing")
        return None
    if not isinstance(value, str):
        raise BadRow(f"{name} must be a text")
    return _checked(value, name)


def _checked(value: str, name: str) -> str:
    try:
        read = read_line(value)
    except BadText as error:
        raise BadRow(f"{name} {error}") from None
    if not 1 <= len(read) <= LONGEST_TEXT:
        raise BadRow(f"{name} must have 1 to {LONGEST_TEXT} characters")
    return read


def _list(value: Any, name: str) -> tuple[str, ...]:
    """Several values stand in a list, or in one text with semicolons between."""
    found = value.split(";") if isinstance(value, str) else value
    if found is None:
        return ()
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise BadRow(f"{name} must be a text, or a list of texts")
    return tuple(dict.fromkeys(_checked(one, name) for one in found if one.strip()))


def _emails(said: Mapping[str, Any], username: str) -> tuple[str, ...]:
    """The user name where it is an address and no other is named."""
    found = _list(said.get("emails"), "emails")
    if len(found) > MOST_EMAILS:
        raise BadRow(f"emails: {len(found)} addresses, {MOST_EMAILS} at the most")
    if not all(map(is_address, found)):
        raise BadRow("emails must be addresses such as anna@example.com, with semicolons between")
    return found or own_addresses(username)


def _locale(said: Mapping[str, Any]) -> str | None:
    found = _text(said, "locale")
    short = None if found is None else found.lower()[:2]
    if short not in {None, "en", "de"}:
        raise BadRow("locale must be en or de; leave it out, and the browser decides")
    return short


def _flag(said: Mapping[str, Any], name: str) -> bool:
    word = str(said.get(name, "")).strip().lower()
    if word not in _YES | _NO:
        raise BadRow(f"{name} must be yes or no")
    return word in _YES


def _digest(said: Mapping[str, Any]) -> Foreign | None:
    value = said.get("password_digest")
    if value is None:
        return None
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    if len(text) > LONGEST:
        raise BadRow(f"password_digest has more than {LONGEST} characters")
    try:
        return read_foreign(text)
    except BadDigest as error:
        raise BadRow(f"password_digest: {error}") from None


def _places(said: Mapping[str, Any], customer: str | None) -> tuple[Place, ...]:
    several = said.get("memberships")
    if several is None:
        one = {name: said[name] for name in ("customer_id", "role", "sites") if name in said}
        if "customer_id" not in one and customer is not None:
            one["customer_id"] = customer
        return (_place(one),) if one else ()
    if not isinstance(several, list) or not all(isinstance(one, dict) for one in several):
        raise BadRow('memberships must be a list of objects such as {"customer_id": "c-1", "role": "member"}')
    if {"customer_id", "role", "sites"} & said.keys():
        raise BadRow("memberships stand beside customer_id, role or sites: write them in one way")
    places = tuple(_place(one) for one in several)
    if len({one.customer_id for one in places}) < len(places):
        raise BadRow("memberships name a customer twice")
    return places


def _place(said: Mapping[str, Any]) -> Place:
    unknown = said.keys() - {"customer_id", "role", "sites"}
    if unknown:
        raise BadRow(f"a membership has no {min(unknown)[:40]!r}: known are customer_id, role and sites")
    customer_id, role = _text(said, "customer_id", needed=True) or "", _text(said, "role") or "member"
    if role not in ROLES:
        raise BadRow(f"role must be {' or '.join(sorted(ROLES))}")
    if customer_id == SANDBOX:
        raise BadRow("the simulated customer has no members")
    sites = _list(said.get("sites"), "sites")
    if len(sites) > MOST_SITES:
        raise BadRow(f"sites: {len(sites)}, {MOST_SITES} at the most")
    return Place(customer_id, role, sites)
