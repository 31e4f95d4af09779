"""A user of an Azure AD B2C tenant as the Graph has it, in its present form or that of the old Azure AD Graph
(https://learn.microsoft.com/graph/api/resources/user)."""

import base64
import binascii
import re
from calendar import timegm
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, Literal

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from hoistway.protocol.numbers import read_whole

SELECT: Final = (
    "id,accountEnabled,createdDateTime,creationType,displayName,givenName,surname,identities,mail,otherMails,"
    "passwordPolicies,passwordProfile,preferredLanguage,userPrincipalName,userType"
)
HOW: Final = f"https://graph.microsoft.com/v1.0/users?$top=999&$select={SELECT},extension_APPID_NAME"
_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]{1,9})?(?:Z|[+-]00:00)?"
)
EXTENSION: Final = re.compile(r"extension_([0-9a-f]{32})_([A-Za-z0-9_]{1,100})")
LONGEST_TEXT: Final = 1000
Local = tuple[str, str]
"""(sign-in type, name)."""
Fate = Literal["take", "deleted", "guest", "work", "federated"]


class NoUser(ValueError):
    """The text says what is wrong with the record, and what to do."""


class Identity(Struct, frozen=True, rename="camel"):
    sign_in_type: str | None = None
    issuer: str | None = None
    issuer_assigned_id: str | None = None


class _OldName(Struct, frozen=True):
    type: str | None = None
    value: str | None = None


class _OldIdentity(Struct, frozen=True, rename="camel"):
    issuer: str | None = None
    issuer_user_id: str | None = None


class _Profile(Struct, frozen=True, rename="camel"):
    """Whoever must change the password gets no verdict from the password grant; the last member is the old Graph's."""

    force_change_password_next_sign_in: bool | None = None
    force_change_password_next_sign_in_with_mfa: bool | None = None
    force_change_password_next_login: bool | None = None

    @property
    def is_forced(self) -> bool:
        return bool(
            self.force_change_password_next_sign_in
            or self.force_change_password_next_sign_in_with_mfa
            or self.force_change_password_next_login
        )


class _Graph(Struct, frozen=True, rename="camel"):
    id: str | None = None
    object_id: str | None = None
    account_enabled: bool | None = None
    created_date_time: str | None = None
    creation_type: str | None = None
    deleted_date_time: str | None = None
    deletion_timestamp: str | None = None
    display_name: str | None = None
    given_name: str | None = None
    surname: str | None = None
    identities: list[Identity] | UnsetType | None = UNSET
    sign_in_names: list[_OldName] | UnsetType | None = UNSET
    user_identities: list[_OldIdentity] | None = None
    mail: str | None = None
    other_mails: list[str] | None = None
    password_profile: _Profile | None = None
    preferred_language: str | None = None
    user_type: str | None = None


_DECODE: Final = msgspec.json.Decoder(_Graph).decode
_MEMBERS: Final = msgspec.json.Decoder(dict[str, Raw]).decode
_VALUE: Final = msgspec.json.Decoder(str | bool | int | float | None).decode


class GraphUser(Struct, frozen=True):
    """`names` are those that somebody types, `former` (issuer, subject). `has_identities` is False where the page was read without
    them. `attributes` are by their names alone; `twice` are those that two applications own. `must_change` says that the password has to be
    changed at the next sign-in there."""

    id: str
    fate: Fate
    names: tuple[Local, ...]
    former: tuple[tuple[str, str], ...]
    name: str | None
    mails: tuple[str, ...]
    locale: str | None
    enabled: bool
    created_at: int | None
    attributes: Mapping[str, Any]
    has_identities: bool = True
    twice: frozenset[str] = frozenset()
    must_change: bool = False


def looks_like_user(members: Mapping[str, Any]) -> bool:
    return bool(members.keys() & {"userPrincipalName", "identities", "signInNames", "creationType", "userType"})


def members_of(raw: Raw | bytes) -> Mapping[str, Raw]:
    """Raises NoUser."""
    try:
        return _MEMBERS(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise NoUser("the record is no JSON object: fetch it again") from None


def read_user(raw: Raw | bytes) -> GraphUser:
    """Raises NoUser."""
    try:
        said = _DECODE(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise NoUser(f"the record can't be read: {error}") from None
    user_id = (said.id or said.object_id or "").lower()
    if not _ID.fullmatch(user_id):
        raise NoUser("its id is no GUID: it stays what programs know as oid, so it can't be made up")
    has_identities = isinstance(said.identities, list) or isinstance(said.sign_in_names, list)
    names, former, guest = _identities(said)
    attributes, twice = _attributes(raw)
    return GraphUser(
        user_id, _fate(said, names, former, guest=guest), names, former, _name(said), _mails(said, names),
        _locale(said.preferred_language), said.account_enabled is not False, read_time(said.created_date_time), attributes,
        has_identities, twice, said.password_profile is not None and said.password_profile.is_forced,
    )  # fmt: skip


def _identities(said: _Graph) -> tuple[tuple[Local, ...], tuple[tuple[str, str], ...], bool]:
    """(names, who they are elsewhere, whether they are a guest)."""
    names: list[Local] = []
    former: list[tuple[str, str]] = []
    guest = said.user_type == "Guest" or said.creation_type == "Invitation"
    for one in said.identities or ():
        kind, word = one.sign_in_type or "", one.issuer_assigned_id
        guest = guest or one.issuer == "ExternalAzureAD"
        if not word or kind == "userPrincipalName":
            continue
        if kind == "federated":
            former.append((one.issuer or "", word))
        else:
            names.append((kind, word))
    old = () if isinstance(said.sign_in_names, UnsetType) else said.sign_in_names or ()
    names += [(one.type or "", one.value) for one in old if one.value and one.type != "userPrincipalName"]
    former += [
        (one.issuer or "", _unpacked(one.issuer_user_id)) for one in said.user_identities or () if one.issuer_user_id
    ]
    return tuple(dict.fromkeys(names)), tuple(dict.fromkeys(former)), guest


def _unpacked(text: str) -> str:
    """The old Graph has base64 of the subject."""
    try:
        return base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return text


def _fate(said: _Graph, names: tuple[Local, ...], former: tuple[tuple[str, str], ...], *, guest: bool) -> Fate:
    if said.deleted_date_time or said.deletion_timestamp:
        return "deleted"
    if guest:
        return "guest"
    if names:
        return "take"
    return "federated" if former else "work"


def _name(said: _Graph) -> str | None:
    """B2C writes `unknown` where nobody asked."""
    if said.display_name and said.display_name.strip() and said.display_name.strip().lower() != "unknown":
        return said.display_name
    return " ".join(part for part in (said.given_name, said.surname) if part and part.strip()) or None


def _mails(said: _Graph, names: tuple[Local, ...]) -> tuple[str, ...]:
    """Of local accounts the address is what they sign in with; `mail` is null then."""
    own = [name for kind, name in names if kind.startswith("emailAddress")]
    return tuple(dict.fromkeys(own or [one for one in (said.mail, *(said.other_mails or ())) if one]))


def _locale(language: str | None) -> str | None:
    short = (language or "")[:2].lower()
    return short if short in {"en", "de"} else None


def read_time(text: str | None) -> int | None:
    """Seconds since the epoch, of a time in UTC with up to nine decimals; None for anything else."""
    found = _TIME.fullmatch(text) if text else None
    if found is None:
        return None
    parts = [read_whole(one, 0, 9999) or 0 for one in found.groups()]
    try:
        moment = timegm((*parts, 0, 0, 0))
    except ValueError:
        # Months go up to 12, and years begin with 1.
        return None
    return moment if 0 < moment < 2**35 else None


@lru_cache(maxsize=1000)
def _attribute(member: str) -> str | None:
    """Its name alone; None for what is no attribute."""
    named = EXTENSION.fullmatch(member)
    return None if named is None else named[2]


def _attributes(raw: Raw | bytes) -> tuple[Mapping[str, Any], frozenset[str]]:
    if b'"extension_' not in bytes(raw):
        return {}, frozenset()
    found: dict[str, Any] = {}
    twice: set[str] = set()
    for member, value in members_of(raw).items():
        name = _attribute(member) if member.startswith("extension_") else None
        if name is None:
            continue
        try:
            read = _VALUE(value)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            raise NoUser(f"{member} is no text, number or truth value") from None
        if read is not None:
            if name in found:
                twice.add(name)
            found[name] = read
    return found, frozenset(twice)
