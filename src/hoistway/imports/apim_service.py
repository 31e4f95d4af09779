"""What the first pass over an API Management instance's files finds: all but subscriptions and users, which may be many."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import unquote

from msgspec import Struct, field

from hoistway.authn.subscription_key import key_digest
from hoistway.imports.apim_records import (
    ApiSaid,
    Arm,
    GroupSaid,
    NamedSaid,
    NoRecord,
    Parts,
    PolicySaid,
    ProductSaid,
    SubscriptionSaid,
    UserSaid,
    id_text,
    key_of,
    said_of,
    split_id,
)
from hoistway.imports.carrying import Item
from hoistway.imports.seen import short_of
from hoistway.protocol.subscription_key import LONGEST, PREFIX, SHORTEST, may_be_imported
from hoistway.protocol.text import BadText, composed, is_plain, read_line

MOST_KEPT: Final = 100_000
MOST_USERS: Final = 500_000
MOST_PAIRS: Final = 1_000_000
MOST_BYTES: Final = 64 * 1024 * 1024
MOST_GROUPS: Final = 100
"""Of a user."""
LONGEST_OID: Final = 100
SHORT: Final = 20
SHOWN: Final = 6


class TooMuch(Exception):
    """There is more of something than is kept in memory."""


class Named(Struct, frozen=True):
    """Something of the old system, with its place in the files. `parts` are kinds and names, as they were written."""

    file: str
    line: int
    parts: Parts
    said: Any

    @property
    def name(self) -> str:
        return self.parts[-1]

    @property
    def id(self) -> str:
        return id_text(self.parts)


class Key(Struct, frozen=True):
    """Of an imported one; nothing of it is readable but its beginning."""

    digest: bytes
    prefix: str
    is_short: bool


def read_key(text: str) -> Key:
    """Raises NoRecord, without the key."""
    if not may_be_imported(text):
        because = f"begins with {PREFIX}, as keys that are made here" if text.startswith(PREFIX) else (
            f"is none that a request can carry: {SHORTEST} to {LONGEST} visible characters without blanks"
        )  # fmt: skip
        raise NoRecord(f"a key {because}: regenerate it at the old system, give it to the program, and fetch it again")
    return Key(key_digest(text), text[: min(SHOWN, len(text) // 4)], len(text) < SHORT)


class Service(Struct):
    """By names as they are compared. `users` are oids, "" where a person has none. `subscribed` are the names of APIs that have
    subscriptions of their own, "" where one is on all; those that are `left_out` don't count."""

    products: dict[str, Named] = field(default_factory=dict)
    apis: dict[str, Named] = field(default_factory=dict)
    groups: dict[str, Named] = field(default_factory=dict)
    product_apis: dict[str, list[str]] = field(default_factory=dict)
    product_groups: dict[str, list[str]] = field(default_factory=dict)
    policies: dict[Parts, Named] = field(default_factory=dict)
    named: dict[str, str | None] = field(default_factory=dict)
    fragments: dict[str, Named] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    user_groups: dict[str, list[str]] = field(default_factory=dict)
    subscribed: dict[str, None] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()
    pairs: dict[str, tuple[Key, ...]] = field(default_factory=dict)
    paths: set[str] = field(default_factory=set)
    refused: list[Item] = field(default_factory=list)
    others: dict[str, int] = field(default_factory=dict)
    people: int = 0
    subscriptions: int = 0
    replaced: int = 0
    kept_bytes: int = 0

    def refuse(self, file: str, line: int, parts: Parts, because: str) -> None:
        self._check_room(self.refused, MOST_KEPT)
        self.refused.append(Item(file, line, id_text(parts) or None, because=because))

    def _check_room(self, kept: Any, most: int) -> None:
        if len(kept) >= most:
            raise TooMuch(f"there are more than {most} of one kind: export one instance, in parts")

    def hear(self, file: str, line: int, parts: Parts, arm: Arm) -> None:
        """Raises NoRecord, TooMuch."""
        check_names(parts)
        match parts:
            case ("products" | "apis" | "groups", _):
                self._thing(file, line, parts, arm)
            case ("products", product, "apis" | "groups", name):
                links = self.product_apis if parts[2] == "apis" else self.product_groups
                self._check_room(links, MOST_KEPT)
                self._add(links, product, name)
            case ("groups", group, "users", user):
                self._check_room(self.user_groups, MOST_USERS)
                self._add(self.user_groups, user, group)
            case ("users", user):
                self._user(user, arm)
            case ("subscriptions", name):
                self._subscription(name, arm)
            case ("namedvalues", name):
                said = said_of(arm, NamedSaid)
                self._check_room(self.named, MOST_KEPT)
                self.named[said.display_name or name] = None if said.secret else said.value
            case ("policyfragments", _) if said_of(arm, PolicySaid).value is not None:
                self.policy(file, line, parts, said_of(arm, PolicySaid).value or "")
            case (*_, "policies", _):
                # Registered first: whose policy can't be read is open to nobody.
                self.policy(file, line, parts, "")
                self.policy(file, line, parts, said_of(arm, PolicySaid).value or "")
            case _:
                kind = parts[-2] if len(parts) > 1 else "?"
                if kind not in {"operations", "policyfragments"} and len(self.others) < SHORT:
                    self.others[short_of(kind)] = self.others.get(short_of(kind), 0) + 1

    def _add(self, links: dict[str, list[str]], owner: str, name: str) -> None:
        known = links.setdefault(key_of(owner), [])
        if len(known) < MOST_KEPT and key_of(name) not in known[-SHORT:]:
            known.append(key_of(name))

    def _thing(self, file: str, line: int, parts: Parts, arm: Arm) -> None:
        kinds: dict[str, tuple[dict[str, Named], type[Any]]] = {
            "products": (self.products, ProductSaid), "apis": (self.apis, ApiSaid), "groups": (self.groups, GroupSaid),
        }  # fmt: skip
        kept, kind = kinds[parts[0]]
        said, key = said_of(arm, kind), key_of(parts[1])
        if isinstance(said, ApiSaid) and said.is_current is False:
            raise NoRecord("is a revision that is not the current one: nothing calls it by its own name")
        self._check_room(kept, MOST_KEPT)
        if key in kept:
            first = kept[key]
            raise NoRecord(
                f"has the name of {first.file}, line {first.line} (capitals and accents written apart make no difference): keep one"
            )
        kept[key] = Named(file, line, parts, said)

    def _user(self, name: str, arm: Arm) -> None:
        said = said_of(arm, UserSaid)
        self.people += 1
        self._check_room(self.users, MOST_USERS)
        self.users.setdefault(key_of(name), oid_of(said))
        for group in (said.groups or ())[:MOST_GROUPS]:
            word = group.name or (group.id or "").rpartition("/")[2]
            if word and len(word) <= LONGEST:
                self._add(self.user_groups, name, word)

    def _subscription(self, name: str, arm: Arm) -> None:
        self.subscriptions += 1
        scope = split_id(said_of(arm, SubscriptionSaid).scope or "")[1]
        if key_of(name) in self.left_out:
            return
        if len(scope) != 2:
            self.subscribed.setdefault("")
        elif scope[0] == "apis" and len(scope[1]) <= LONGEST and len(self.subscribed) < MOST_KEPT:
            self.subscribed.setdefault(key_of(scope[1]))

    def keep(self, number: int) -> None:
        """Raises TooMuch."""
        self.kept_bytes += number
        if self.kept_bytes > MOST_BYTES:
            raise TooMuch(
                f"products, APIs, groups and policies have more than {MOST_BYTES >> 20} MB in all: export one instance, in parts"
            )

    def policy(self, file: str, line: int, parts: Parts, text: str) -> None:
        """Of one that comes twice the last one counts."""
        if parts[0] == "policyfragments":
            self.fragments[parts[1]] = Named(file, line, parts, text)
            return
        scope = tuple(one if place % 2 == 0 else key_of(one) for place, one in enumerate(parts[:-2]))
        self.policies[scope] = Named(file, line, parts, text)

    def hear_pair(self, arm: Arm) -> None:
        """Raises NoRecord, TooMuch. Of two pairs the later one counts."""
        name = unquote((arm.subscription or arm.id or "").rpartition("/")[2])
        if not name:
            raise NoRecord("names no subscription: write its name as `subscription`")
        check_names(("subscriptions", name))
        keys = tuple(read_key(one) for one in dict.fromkeys((arm.primary_key, arm.secondary_key)) if one)
        key = key_of(name)
        self._check_room(self.pairs, MOST_PAIRS)
        self.replaced += key in self.pairs and self.pairs[key] != keys
        self.pairs[key] = keys


def oid_of(said: UserSaid) -> str:
    """The person's id in Azure AD B2C, "" without one."""
    found = (
        one.id
        for one in said.identities or ()
        if one.provider is not None and one.provider.lower() == "aadb2c" and one.id
    )
    oid = next(found, "").lower()
    return oid if len(oid) <= LONGEST_OID else ""


def check_names(parts: Sequence[str]) -> None:
    """Raises NoRecord."""
    if not parts:
        raise NoRecord("says neither by its id nor by its file what it is: keep the files as they were fetched")
    for name in parts[1::2]:
        if is_plain(name) and len(name) <= LONGEST:
            continue
        try:
            good = read_line(name) == composed(name) and len(name) <= LONGEST
        except BadText:
            good = False
        if not good:
            raise NoRecord("its name has characters that can't be seen, or too many: give it another at the old system")
