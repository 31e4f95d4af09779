"""Records of API Management: what each is about, and what it says
(https://learn.microsoft.com/rest/api/apimanagement)."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Final, TypeVar
from urllib.parse import unquote

import msgspec
from msgspec import Raw, Struct

from hoistway.imports.seen import seen
from hoistway.protocol.text import composed

T = TypeVar("T")
KNOWN: Final = frozenset(
    (
        "products",
        "apis",
        "groups",
        "users",
        "subscriptions",
        "namedvalues",
        "policyfragments",
        "policies",
        "operations",
    )
)
_IN_FOLDERS: Final = frozenset((("products", "apis"), ("products", "groups"), ("groups", "users")))
_PROVIDER: Final = "microsoft.apimanagement"
_SERVICE: Final = "/service/"
LONGEST_NAME: Final = 256
Parts = tuple[str, ...]


class NoRecord(ValueError):
    """The text says what is wrong with the record, and what to do."""


class Arm(Struct, frozen=True, rename="camel"):
    """A resource, or a pair of keys with the name of its subscription."""

    id: str | None = None
    name: str | None = None
    properties: Raw = Raw(b"{}")
    subscription: str | None = None
    primary_key: str | None = None
    secondary_key: str | None = None


class ProductSaid(Struct, frozen=True, rename="camel"):
    display_name: str | None = None
    description: str | None = None
    terms: str | None = None
    subscription_required: bool | None = None
    approval_required: bool | None = None
    subscriptions_limit: int | None = None
    state: str | None = None


class _KeyNames(Struct, frozen=True):
    header: str | None = None
    query: str | None = None


class ApiSaid(Struct, frozen=True, rename="camel"):
    display_name: str | None = None
    path: str | None = None
    subscription_required: bool | None = None
    subscription_key_parameter_names: _KeyNames | None = None
    is_current: bool | None = None


class GroupSaid(Struct, frozen=True, rename="camel"):
    display_name: str | None = None
    built_in: bool | None = None
    type: str | None = None


class _Identity(Struct, frozen=True):
    provider: str | None = None
    id: str | None = None


class _Group(Struct, frozen=True):
    id: str | None = None
    name: str | None = None


class UserSaid(Struct, frozen=True, rename="camel"):
    state: str | None = None
    identities: list[_Identity] | None = None
    groups: list[_Group] | None = None


class SubscriptionSaid(Struct, frozen=True, rename="camel"):
    scope: str | None = None
    owner_id: str | None = None
    display_name: str | None = None
    state: str | None = None
    created_date: str | None = None
    start_date: str | None = None
    expiration_date: str | None = None


class PolicySaid(Struct, frozen=True):
    value: str | None = None


class NamedSaid(Struct, frozen=True, rename="camel"):
    display_name: str | None = None
    value: str | None = None
    secret: bool | None = None


_ARM: Final = msgspec.json.Decoder(Arm).decode


def read_arm(raw: Raw | bytes) -> Arm:
    """Raises NoRecord."""
    try:
        return _ARM(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise NoRecord(f"the record can't be read: {error}") from None


def said_of(arm: Arm, kind: type[T]) -> T:
    """Raises NoRecord."""
    try:
        return msgspec.json.decode(arm.properties, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise NoRecord(f"its properties can't be read: {error}") from None


def key_of(name: str) -> str:
    """How names are compared: case makes no difference there, and how letters are composed makes none here."""
    return composed(name).lower()


def split_id(text: str) -> tuple[str, Parts]:
    """(the path of the instance in small letters, "" where it has none; kinds and names behind it, those of APIs without their
    revision). `/…/service/NAME/products/x` and `/products/x` are about the same."""
    behind = text.find(_SERVICE)
    begin = -1 if behind < 0 else text.find("/", behind + len(_SERVICE))
    if begin > 0 and (path := _path_of(text[:begin])):
        # As nearly all are written.
        return path, _parts(text[begin:].split("/")[1:])
    pieces = [piece for piece in text.split("/") if piece]
    small = [piece.lower() for piece in pieces]
    if _PROVIDER in small:
        begin = small.index(_PROVIDER) + 3
        return "/".join(small[:begin]), _parts(pieces[begin:])
    return "", _parts(pieces)


@lru_cache(maxsize=16)
def _path_of(text: str) -> str:
    """ "" where it is not written as usual."""
    pieces = text.lower().split("/")[1:]
    return "/".join(pieces) if all(pieces) and pieces[-3:-2] == [_PROVIDER] else ""


@lru_cache(maxsize=16)
def _kind(text: str) -> str:
    return text.replace(" ", "").lower()


def _parts(pieces: Sequence[str]) -> Parts:
    """Kinds in small letters."""
    if len(pieces) == 2 and ";" not in pieces[1] and pieces[1]:
        return _kind(pieces[0]), pieces[1]
    named = [piece.partition(";rev=")[0] for piece in pieces if piece]
    return tuple(_kind(piece) if place % 2 == 0 else piece for place, piece in enumerate(named))


@lru_cache(maxsize=16)
def folder_parts(name: str) -> Parts:
    """What a file is about by the folders in which it lies, as APIOps has them, or a loop that fetched lists of lists."""
    folders = PurePosixPath(name).parts[:-1]
    begin = next((place for place, one in enumerate(folders) if one.replace(" ", "").lower() in KNOWN), len(folders))
    named = [unquote(one) for one in folders[begin:]]
    return tuple(_kind(piece) if place % 2 == 0 else piece for place, piece in enumerate(named))


def parts_of(name: str, arm: Arm) -> Parts:
    """What a record of this file is about: by its id, otherwise by its file."""
    folder = folder_parts(name)
    if arm.id:
        parts = split_id(arm.id)[1]
        if not folder:
            return parts
        # Lists of a product's APIs may have the ids of these alone: then the folder says whose they are.
        is_within = len(parts) == 2 and len(folder) == 2 and (folder[0], parts[0]) in _IN_FOLDERS
        return folder + parts if is_within else parts
    stem = PurePosixPath(name).stem.lower()
    if arm.name and len(folder) == 2 and (folder[0], stem) in _IN_FOLDERS:
        return (*folder, stem, arm.name)
    if not stem.endswith("information"):
        return ()
    return folder or tuple(one.lower() for one in PurePosixPath(name).parts[-3:-1])


def id_text(parts: Parts) -> str:
    return seen("/".join(parts)[: 2 * LONGEST_NAME])
