"""What a company says of a person or a group over SCIM, read and written (https://www.rfc-editor.org/rfc/rfc7643#section-4.1).

What the standard knows and is not kept here (telephone numbers, photos, passwords, roles, …) is passed over, not refused: a directory
sends what it has.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from hoistway.protocol.email_domain import domain_of
from hoistway.protocol.scim_filter import CORE, plain_name
from hoistway.protocol.scim_operations import BadPatch, Document
from hoistway.protocol.scim_patch import Shape
from hoistway.protocol.text import BadText, read_line

USER: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP: Final = "urn:ietf:params:scim:schemas:core:2.0:Group"
UNSAID: Final = "activeUnsaid"
"""Stands in the details where the directory removed `active`: it is not shown then, and what it was goes on."""
MOST_EMAILS: Final = 10
MOST_MEMBERS: Final = 10_000
"""Of a group that is no role."""
_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")
_NOT_KEPT = frozenset(
    [
        "nickname",
        "profileurl",
        "title",
        "usertype",
        "preferredlanguage",
        "locale",
        "timezone",
        "password",
        "phonenumbers",
        "ims",
        "photos",
        "addresses",
        "entitlements",
        "roles",
        "x509certificates",
    ]
)
USERS: Final = Shape(
    {
        name.lower(): name
        for name in (
            "id",
            "meta",
            "schemas",
            "groups",
            "userName",
            "externalId",
            "displayName",
            "name",
            "emails",
            "active",
        )
    },
    frozenset({"emails"}),
    _NOT_KEPT,
)
GROUPS: Final = Shape(
    {name.lower(): name for name in ("id", "meta", "schemas", "displayName", "externalId", "members")},
    frozenset({"members"}),
    frozenset(),
    frozenset({"members.value", "members.$ref", "members.type"}),
)


class SaidPerson(Struct, frozen=True):
    """`details` is what is kept of name and e-mails, in the names of the standard."""

    user_name: str
    external_id: str | None
    display_name: str
    active: bool
    details: dict[str, Any]


class SaidGroup(Struct, frozen=True):
    display_name: str
    external_id: str | None
    members: tuple[str, ...]


def known(body: Mapping[str, Any], shape: Shape) -> Document:
    """The attributes that are kept, by their names as the standard spells them, also with the core schema in front (RFC 7644
    section 3.10). Raises BadPatch for what would otherwise be passed over unseen, or be left to chance."""
    found: Document = {}
    for name, value in body.items():
        plain = plain_name(name)
        if plain in CORE and value:
            raise BadPatch(
                "invalidSyntax",
                f"{name[:60]}: attributes of the core schema stand in the resource itself: move them out of this member.",
            )
        kept = shape.names.get(plain)
        if kept in found:
            raise BadPatch("invalidSyntax", f"{kept} stands there twice: send it once.")
        if kept is not None:
            found[kept] = value
    return {name: value for name, value in found.items() if value not in (None, [], {})}


def _line(name: str, value: Any, most: int, *, required: bool = False) -> str | None:
    if value is None or (value == "" and not required):
        return None
    try:
        line = read_line(value) if isinstance(value, str) else ""
    except BadText as error:
        raise BadPatch("invalidValue", f"{name} {error}.") from None
    if not 0 < len(line) <= most:
        raise BadPatch("invalidValue", f"{name} is text of 1 to {most} characters.")
    return line


def read_switch(name: str, value: Any) -> bool:
    """Entra ID sends "True" and "False" as text. Raises BadPatch."""
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise BadPatch("invalidValue", f"{name} is true or false.")
    return value


def _name(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise BadPatch("invalidValue", "name is an object with givenName, familyName, formatted.")
    spelled = {key.lower(): one for key, one in value.items()}
    parts = {
        part: _line(f"name.{part}", spelled.get(part.lower()), 200) for part in ("formatted", "familyName", "givenName")
    }
    parts |= {
        part: _line(f"name.{part}", spelled.get(part.lower()), 200)
        for part in ("middleName", "honorificPrefix", "honorificSuffix")
    }
    return {part: line for part, line in parts.items() if line is not None}


def _email(value: Any) -> dict[str, Any]:
    spelled = {key.lower(): one for key, one in value.items()} if isinstance(value, dict) else {}
    address = _line("emails.value", spelled.get("value"), 254, required=True)
    kind, shown = spelled.get("type"), _line("emails.display", spelled.get("display"), 254)
    if address is None:
        raise BadPatch("invalidValue", "Each of emails has a value, the address.")
    if kind is not None and not (isinstance(kind, str) and _TYPE.fullmatch(kind)):
        raise BadPatch("invalidValue", "The type of an e-mail address is a word such as work.")
    primary = spelled.get("primary")
    found: dict[str, Any] = {"value": address}
    found |= {} if shown is None else {"display": shown}
    found |= {} if kind is None else {"type": kind}
    return found if primary is None else found | {"primary": read_switch("emails.primary", primary)}


def _emails(value: Any) -> list[dict[str, Any]]:
    given = value if isinstance(value, list) else [value]
    if len(given) > MOST_EMAILS:
        raise BadPatch("invalidValue", f"A person has at most {MOST_EMAILS} e-mail addresses.")
    found = [_email(one) for one in given]
    if sum(one.get("primary") is True for one in found) > 1:
        raise BadPatch("invalidValue", "At most one e-mail address is the primary one.")
    return found


def read_user(document: Document) -> SaidPerson:
    """Raises BadPatch."""
    user_name = _line("userName", document.get("userName"), 254, required=True)
    if user_name is None:
        raise BadPatch("invalidValue", "userName is missing: send the person's e-mail address.")
    details: dict[str, Any] = {}
    if document.get("name"):
        details["name"] = _name(document["name"])
    if document.get("emails"):
        details["emails"] = _emails(document["emails"])
    shown = _line("displayName", document.get("displayName"), 200)
    if shown is not None:
        details["displayName"] = shown
    # A switch that is there without a value is refused: taken for a missing one, it would let somebody in again.
    active = read_switch("active", document["active"]) if "active" in document else True
    external = _line("externalId", document.get("externalId"), 255)
    return SaidPerson(user_name, external, shown or spoken(details) or user_name, active, details)


def spoken(details: Mapping[str, Any]) -> str:
    """The name in one piece, "" where there is none."""
    name = details.get("name", {})
    both = " ".join(name[part] for part in ("givenName", "familyName") if part in name)
    return str(name.get("formatted") or both)[:200]


def shown_of(name: str, username: str) -> dict[str, Any]:
    """What is said of a member whom the directory did not push."""
    mail = {} if domain_of(username) is None else {"emails": [{"value": username, "primary": True}]}
    return {"displayName": name, **mail}


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 100 and "\x00" not in value


def read_group(document: Document, *, is_role: bool = False) -> SaidGroup:
    """Everybody of a customer may have a role. Raises BadPatch."""
    name = _line("displayName", document.get("displayName"), 200, required=True)
    if name is None:
        raise BadPatch("invalidValue", "displayName is missing: it is the group's name.")
    given = document.get("members") or []
    members = given if isinstance(given, list) else [given]
    ids = [one.get("value") if isinstance(one, dict) else None for one in members]
    if (len(ids) > MOST_MEMBERS and not is_role) or not all(_is_id(one) for one in ids):
        raise BadPatch(
            "invalidValue", f"members is a list of at most {MOST_MEMBERS} objects with the id of a person as value."
        )
    external = _line("externalId", document.get("externalId"), 255)
    return SaidGroup(name, external, tuple(dict.fromkeys(str(one) for one in ids)))


def email_lines(details: Mapping[str, Any]) -> str:
    """The addresses in a form in which they are searched: each is a line, behind its type."""
    found = (f"{one.get('type', '').lower()}={one['value'].casefold()}" for one in details.get("emails", ()))
    return "".join(f"\n{line}\n" for line in found)
