"""The first pass over the files of an Azure AD B2C tenant: what each holds, what is missing, what the mapping can't place. It writes nothing."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal

import msgspec
from msgspec import Raw, Struct, field

from hoistway.imports.graph_user import HOW, GraphUser, NoUser, looks_like_user, members_of, read_user
from hoistway.imports.records import BadFile, Facts, Record, records_of
from hoistway.imports.sources import Source

Holds = Literal["users", "applications", "organization", "flows", "policies", "other"]
PORTAL_CSV: Final = (
    f"it is the portal's CSV, which has neither identities nor attributes: read the people from the Graph instead, GET {HOW}, "
    "each page into a file, following @odata.nextLink to the end"
)
OWN_CSV: Final = "it is a CSV: `hoistway import csv` reads those; from B2C come the Graph's pages"
UNSELECTED: Final = (
    "its people have no identities, so nobody knows how they sign in: the Graph leaves them out where they are not asked for. "
    f"Read them again, GET {HOW}"
)
_PORTAL: Final = ("userprincipalname", "objectid")


class Looked(Struct):
    """`holds` says what each file has; `faults` keep everything from being written, `notes` are told and do not. `users` counts
    those records, `others` has all records of the other files."""

    holds: dict[str, Holds] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    users: int = 0
    others: list[tuple[str, Record, Mapping[str, Raw]]] = field(default_factory=list)


class Found(Struct):
    """Of one file."""

    records: int = 0
    with_identities: int = 0
    facts: Facts = field(default_factory=Facts)


MOST_OTHERS: Final = 100_000
"""Records of applications, policies and the like, which are kept in memory."""
Heard = Callable[[GraphUser], None]


def look(sources: Sequence[Source], heard: Heard, told: Callable[[int], None]) -> Looked:
    """`heard` hears of each person, `told` of bytes that were read."""
    looked = Looked()
    open_ended: dict[Holds, list[bool]] = {}
    for source in sources:
        found = Found()
        try:
            _file(source, looked, found, heard)
        except BadFile as error:
            looked.faults.append(_as_csv(source) or str(error))
        holds = looked.holds.get(source.name, "other")
        if found.facts.pages:
            open_ended.setdefault(holds, []).append(found.facts.has_next)
        if holds == "users" and found.records and not found.with_identities:
            looked.faults.append(f"{source.name}: {UNSELECTED}")
        if holds == "other" and found.records:
            looked.notes.append(f"{source.name} holds nothing that is known: it is left out")
        told(source.size)
    for holds, several in open_ended.items():
        if all(several):
            looked.notes.append(
                f"a part of the {holds} is missing: the last page still names a next one (@odata.nextLink). "
                "What is here is taken; fetch the rest, and import it, too"
            )
    return looked


def _as_csv(source: Source) -> str:
    """What to say of a file that is no JSON because it is a CSV."""
    with source.path.open("rb") as file:
        first = file.readline(4096).decode("utf-8", "replace").lower()
    if all(name in first for name in _PORTAL):
        return f"{source.name}: {PORTAL_CSV}"
    return f"{source.name}: {OWN_CSV}" if source.path.suffix.lower() == ".csv" else ""


def _file(source: Source, looked: Looked, found: Found, heard: Heard) -> None:
    """Raises BadFile."""
    waiting: list[Record] = []
    for record in records_of(source, found.facts):
        found.records += 1
        waiting += [record] if len(waiting) < MOST_OTHERS else []
        if record.because and source.name not in looked.holds:
            # Of what it is, the first one that can be read says.
            continue
        holds = looked.holds.get(source.name) or _holds(record)
        looked.holds[source.name] = holds
        for one in waiting if holds != "other" else ():
            if holds == "users":
                _user(one, looked, found, heard)
            else:
                _other(source, one, looked)
        waiting.clear()


def _user(record: Record, looked: Looked, found: Found, heard: Heard) -> None:
    looked.users += 1
    try:
        user = read_user(record.raw)
    except NoUser:
        # It is told with its line when the file is read again.
        found.with_identities += b'"identities"' in bytes(record.raw)
        return
    found.with_identities += user.has_identities
    heard(user)


def _other(source: Source, record: Record, looked: Looked) -> None:
    if len(looked.others) >= MOST_OTHERS:
        raise BadFile(
            source, record.line, 1, f"there are more than {MOST_OTHERS} applications and policies: import them in parts"
        )
    try:
        members = {} if record.because else members_of(record.raw)
    except NoUser as error:
        record, members = msgspec.structs.replace(record, because=str(error)), {}
    looked.others.append((source.name, record, members))


def _holds(record: Record) -> Holds:
    """By the first record that can be read."""
    try:
        members = members_of(record.raw)
    except NoUser:
        return "other"
    if "verifiedDomains" in members:
        return "organization"
    if "appId" in members and "appOwnerOrganizationId" not in members:
        return "applications"
    if "userFlowType" in members:
        return "flows"
    policy = members.get("id")
    if policy is not None and bytes(policy).upper().startswith(b'"B2C_1A_'):
        return "policies"
    return "users" if looks_like_user(members) or {"id", "displayName"} <= members.keys() else "other"
