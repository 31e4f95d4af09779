"""The first passes over a realm's export: which realm it is, whether it is whole, and what its people name. They write nothing."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct, field

from hoistway.imports.b2c_looking import Looked
from hoistway.imports.keycloak_realm import (
    LISTS,
    MASKED,
    OWN_CLIENTS,
    KeycloakClient,
    KeycloakGroup,
    KeycloakRole,
    KeycloakUser,
    Provider,
    Realm,
    decoded,
)
from hoistway.imports.naming import Unread
from hoistway.imports.records import BadFile
from hoistway.imports.sections import Found, sections_of
from hoistway.imports.sources import Source
from hoistway.protocol.numbers import read_whole

HOW: Final = "bin/kc.sh export --dir export --realm NAME --users different_files --users-per-file 10000"
WHOLE: Final = f"make a whole one on the server, with Keycloak stopped: `{HOW}`"
PARTIAL: Final = f"it is a partial export, as the administration console makes it, with secrets hidden: {WHOLE}"
NO_USERS: Final = f"no file has users: it is a partial export, or one with --users skip: {WHOLE}"
FROM_API: Final = (
    f"it is a list of users as the administration's API gives it, which has no passwords and no realm: {WHOLE}"
)
NO_PASSWORDS: Final = (
    f"nobody in it has a password: it comes from the administration's API, or was changed since: {WHOLE}. If nobody has one, say "
    "realm.without_passwords: take in the mapping"
)
MOST_CLIENTS: Final = 50_000
MOST_GROUPS: Final = 1_000_000
_NUMBERED: Final = re.compile(r"(.*)-users-([0-9]{1,9})\.json")


class Seen(Struct):
    """Of the realm's users: how many are people, and what is told of them together."""

    people: int = 0
    with_password: int = 0
    elsewhere: int = 0
    unverified: int = 0
    providers: Counter[str] = field(default_factory=Counter)
    services: dict[str, KeycloakUser] = field(default_factory=dict)


class Looking(Struct):
    """`clients` are (file, line, record or why it is none); `own` are Keycloak's own, left out without a word for each."""

    realm: Realm = field(default_factory=Realm)
    looked: Looked = field(default_factory=Looked)
    seen: Seen = field(default_factory=Seen)
    clients: list[tuple[str, int, KeycloakClient | str]] = field(default_factory=list)
    own: list[str] = field(default_factory=list)
    others: set[str] = field(default_factory=set)
    has_users: bool = False


def objects_of(source: Source, wanted: str | None) -> Iterator[tuple[Found, bool]]:
    """Each record of a file, and whether it is of the realm that is wanted. The name of a realm stands before its lists, as Keycloak
    writes it; where it doesn't, it is not known yet and taken for the one. Raises BadFile."""
    is_wanted = True
    for found in sections_of(source, LISTS):
        if not found.path and found.name == "realm":
            is_wanted = wanted is None or _word(found.raw) == wanted
        yield found, is_wanted
        if not found.path and not found.name:
            is_wanted = True


def _word(raw: bytes | Raw) -> str:
    try:
        said = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return ""
    return said if isinstance(said, str) else bytes(raw).decode("utf-8", "replace")


def look(sources: Sequence[Source], wanted: str | None) -> Looking:
    """Everything but the people."""
    looking, names = Looking(), set[str]()
    for source in sources:
        try:
            _file(source, wanted, looking, names)
        except BadFile as error:
            looking.looked.faults.append(str(error))
    faults = looking.looked.faults
    if wanted is not None and wanted not in names and not faults:
        faults.append(
            f"there is no realm {wanted} in the files, but {', '.join(sorted(names)[:10]) or 'none'}: correct realm.name in the mapping"
        )
    elif wanted is None and len(names) > 1:
        faults.append(
            f"the files hold several realms ({', '.join(sorted(names)[:10])}): name one, realm.name in the mapping"
        )
    elif not looking.has_users and not faults:
        faults.append(NO_USERS)
    _check_numbers(sources, looking.looked.notes)
    if looking.own:
        looking.looked.notes.append(f"Keycloak's own clients stay behind: {', '.join(sorted(set(looking.own)))}")
    return looking


def _file(source: Source, wanted: str | None, looking: Looking, names: set[str]) -> None:
    """Raises BadFile."""
    has_realm = is_list = False
    for found, is_wanted in objects_of(source, wanted):
        if not found.path:
            if found.name == "realm":
                has_realm = True
                names.add(_word(found.raw))
            is_list = is_list or (found.name == "username" and not has_realm)
            if is_wanted and found.name and found.name not in looking.realm.texts:
                looking.realm.texts[found.name[:100]] = _word(found.raw)[:1000]
            continue
        if not is_wanted:
            continue
        if found.path[0] == "users":
            looking.has_users = True
            looking.looked.users += 1
        else:
            _part(source, found, looking)
    if is_list:
        raise BadFile(source, 0, 0, FROM_API)
    if not has_realm:
        raise BadFile(source, 0, 0, f"it is no export of a realm, which begins with its id and its name: {WHOLE}")


def _part(source: Source, found: Found, looking: Looking) -> None:
    """A record of another list. Raises BadFile where it shows that the export is a partial one."""
    kind = found.path[0]
    if kind == "clients":
        _client(source, found, looking)
        return
    try:
        if found.because:
            raise Unread(found.because)
        if kind == "groups" and len(looking.realm.groups) < MOST_GROUPS:
            looking.realm.add_group(decoded(found.raw, KeycloakGroup))
        elif kind == "roles":
            looking.realm.add_role(decoded(found.raw, KeycloakRole), found.path[2] if len(found.path) > 2 else "")
        elif kind == "identityProviders":
            _provider(source, found, decoded(found.raw, Provider), looking)
        elif kind == "federatedUsers":
            looking.others.add("federatedUsers")
    except Unread as error:
        looking.looked.notes.append(f"{source.name}, line {found.line}: a record of {kind} is left out: {error}")


def _provider(source: Source, found: Found, provider: Provider, looking: Looking) -> None:
    said: dict[str, Any] = provider.config or {}
    if said.get("clientSecret") == MASKED:
        raise BadFile(source, found.line, 1, PARTIAL)
    issuer = said.get("issuer") or {"google": "https://accounts.google.com"}.get(provider.provider_id or "")
    if provider.alias and isinstance(issuer, str):
        looking.realm.issuers[provider.alias] = issuer


def _client(source: Source, found: Found, looking: Looking) -> None:
    if len(looking.clients) >= MOST_CLIENTS:
        raise BadFile(
            source, found.line, 1, f"it has more than {MOST_CLIENTS} clients: leave out those that nobody needs"
        )
    try:
        if found.because:
            raise Unread(found.because)
        client = decoded(found.raw, KeycloakClient)
    except Unread as error:
        looking.clients.append((source.name, found.line, str(error)))
        return
    if client.secret == MASKED:
        raise BadFile(source, found.line, 1, PARTIAL)
    name = client.client_id or ""
    if name in OWN_CLIENTS or name.endswith("-realm"):
        looking.own.append(name)
        return
    looking.clients.append((source.name, found.line, client))


def _check_numbers(sources: Sequence[Source], notes: list[str]) -> None:
    """Files of people are numbered from 0."""
    numbers: dict[str, set[int]] = {}
    for source in sources:
        found = _NUMBERED.fullmatch(source.name)
        if found is not None:
            numbers.setdefault(found[1], set()).add(read_whole(found[2], 0, 10**9) or 0)
    for realm, known in numbers.items():
        missing = next((one for one in range(max(known)) if one not in known), None)
        if missing is not None:
            notes.append(f"{realm}-users-{missing}.json is missing: a part of the people. What is here is taken")


def see_people(
    sources: Sequence[Source], wanted: str | None, looking: Looking, heard: Callable[[KeycloakUser], None], told: Callable[[int], None]
) -> None:  # fmt: skip
    """The second pass, in which groups and roles are known; `heard` hears of each person."""
    for source in sources:
        for found, is_wanted in objects_of(source, wanted):
            if is_wanted and found.path == ("users",) and not found.because:
                _see(found, looking, heard)
        told(source.size)


def _see(found: Found, looking: Looking, heard: Callable[[KeycloakUser], None]) -> None:
    try:
        user = decoded(found.raw, KeycloakUser)
    except Unread:
        return
    seen = looking.seen
    if user.service_account_client_id:
        looking.looked.users -= 1
        if len(seen.services) < MOST_CLIENTS:
            seen.services[user.service_account_client_id] = user
        return
    seen.people += 1
    seen.with_password += any(one.get("type", "password") == "password" for one in user.credentials or ())
    seen.elsewhere += bool(user.federation_link or user.federated_identities)
    seen.unverified += bool(user.email) and user.email_verified is False
    for one in user.federated_identities or ():
        if len(seen.providers) < MOST_CLIENTS:
            seen.providers[one.identity_provider or ""] += 1
    heard(user)


def judge_passwords(looking: Looking, *, may_lack: bool) -> None:
    seen = looking.seen
    if seen.people and not seen.with_password and seen.elsewhere < seen.people and not may_lack:
        looking.looked.faults.append(NO_PASSWORDS)
    lacking = seen.people - seen.with_password
    if lacking:
        looking.looked.notes.append(
            f"{lacking} of {seen.people} people have no password here: they reset it, or sign in by their company"
        )
    if seen.unverified:
        looking.looked.notes.append(
            f"{seen.unverified} people have an address that Keycloak never verified: it is taken as it is"
        )
