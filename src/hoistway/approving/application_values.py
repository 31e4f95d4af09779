"""The values of an application that two must approve, as text: lists have a line for each value, and dated exceptions are
lines of the form FLOW YYYY-MM-DD reason.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from msgspec.structs import replace

from hoistway.protocol.flows import IMPLICIT, flows_of, stored_flows
from hoistway.protocol.ids import ServiceAccountId
from hoistway.protocol.numbers import read_moment
from hoistway.protocol.text import read_name
from hoistway.store.clients import Client, ExceptionKind, LegacyException

FLOWS: Final[dict[ExceptionKind, str]] = {
    "implicit": "tokens in the address of the answer, with a nonce",
    "password": "the password grant, for technical accounts",
    "no_pkce": "a web application with a secret may leave PKCE out, where it sends a nonce; without either it is refused",
    "no_iss": "answers to authorization requests leave iss out",
}
LONGEST_REASON: Final = 500
_BY_CONSOLE: Final = "console"
_LISTS: Final = {"redirect_uris": "redirect_uris", "post_logout_uris": "post_logout_redirect_uris", "scopes": "scopes"}
"""The entry, and where it is stored."""


def flow_of(client: Client, kind: str) -> dict[str, Any]:
    """What else changes in the row, so that the flow can be used."""
    if kind == "password":
        return {"grants": tuple(dict.fromkeys((*client.grants, "password")))}
    if kind == "implicit":
        return {"response_types": tuple(dict.fromkeys((*client.response_types, *IMPLICIT)))}
    return {}


def line_of(one: LegacyException) -> str:
    day = datetime.fromtimestamp(one.ends_at, UTC).date().isoformat()
    return f"{one.kind} {day} {' '.join(one.reason.split())}"


def text_of(exceptions: Sequence[LegacyException]) -> str:
    return "\n".join(map(line_of, exceptions))


def read_exception(line: str) -> tuple[ExceptionKind, int, str] | None:
    """(flow, its end, reason); None where the line is none."""
    flow, day, reason = (*line.split(maxsplit=2), "", "", "")[:3]
    kind = next((one for one in FLOWS if one == flow), None)
    moment = read_moment(day) if len(day) == len("2027-01-31") else None
    reason, good = read_name(reason, 1, LONGEST_REASON)
    return None if kind is None or moment is None or not good else (kind, int(moment.timestamp()), reason)


def with_exceptions(client: Client, text: str, by: str, now: int) -> dict[str, Any]:
    """The values of the row with these exceptions; those that it has already stay as they are."""
    had = {line_of(one): one for one in client.exceptions}
    changed, exceptions = dict[str, Any](), []
    for line in text.splitlines():
        known, read = had.get(line), read_exception(line)
        if known is not None:
            exceptions.append(known)
        elif read is not None:
            kind, ends_at, reason = read
            changed |= flow_of(client, kind)
            exceptions.append(LegacyException(kind, reason, ends_at, by, now))
    return {**changed, "exceptions": tuple(exceptions)}


def application_values(client: Client) -> dict[str, str]:
    """As text, for a change that two must approve: lists have a line for each value."""
    lists = {name: "\n".join(getattr(client, column)) for name, column in _LISTS.items()}
    return {
        **lists, "flows": "\n".join(flows_of(client.grants, client.response_types)), "exceptions": text_of(client.exceptions),
        "account": client.service_account_id or "",
    }  # fmt: skip


def application_with(client: Client, values: Mapping[str, str], now: int) -> Client:
    """The row with some of these values changed, and consent."""
    if "flows" in values:
        client = replace(client, **stored_flows(client.grants, client.response_types, values["flows"].split()))
    changed: dict[str, Any] = {column: tuple(values[name].split()) for name, column in _LISTS.items() if name in values}
    if "exceptions" in values:
        changed |= with_exceptions(client, values["exceptions"], _BY_CONSOLE, now)
    if "account" in values:
        changed["service_account_id"] = ServiceAccountId(values["account"]) if values["account"] else None
    if "consent" in values:
        changed["consent"] = values["consent"]
    return replace(client, **changed)


def gives_more(before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    """True where it can do more than before; taking away is for one operator, at once."""
    lists = any(set(after.get(name, "").split()) - set(before[name].split()) for name in (*_LISTS, "flows"))
    exceptions = set(after.get("exceptions", "").splitlines()) - set(before["exceptions"].splitlines())
    return lists or bool(exceptions) or bool(after.get("account", before["account"]) != before["account"])
