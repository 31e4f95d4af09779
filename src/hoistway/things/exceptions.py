"""Dated exceptions of an application, as lines of text: FLOW YYYY-MM-DD reason."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from hoistway.applications.addresses import lines_of
from hoistway.protocol.numbers import read_moment
from hoistway.protocol.text import read_name
from hoistway.store.clients import Client, ExceptionKind, LegacyException
from hoistway.things.making import Misfit, Unfit

FLOWS: Final[Mapping[ExceptionKind, str]] = {
    "implicit": "tokens in the address of the answer, with a nonce",
    "password": "the password grant, for technical accounts",
    "no_pkce": "a web application with a secret may leave PKCE out, where it sends a nonce; without either it is refused",
    "no_iss": "answers to authorization requests leave iss out",
}
LONGEST_REASON: Final = 500


def flow_of(client: Client, kind: str) -> dict[str, Any]:
    """What else changes in the row, so that the flow can be used."""
    if kind == "password":
        return {"grants": tuple(dict.fromkeys((*client.grants, "password")))}
    if kind == "implicit":
        return {"response_types": tuple(dict.fromkeys((*client.response_types, "token", "id_token", "id_token token")))}
    return {}


def line_of(one: LegacyException) -> str:
    day = datetime.fromtimestamp(one.ends_at, UTC).date().isoformat()
    return f"{one.kind} {day} {' '.join(one.reason.split())}"


def text_of(exceptions: Sequence[LegacyException]) -> str:
    return "\n".join(map(line_of, exceptions))


def _read(line: str) -> tuple[ExceptionKind, int, str]:
    """Raises Misfit."""
    flow, day, reason = (*line.split(maxsplit=2), "", "", "")[:3]
    kind = next((one for one in FLOWS if one == flow), None)
    moment = read_moment(day) if len(day) == len("2027-01-31") else None
    reason, good = read_name(reason, 1, LONGEST_REASON)
    if kind is None or moment is None or not good:
        raise Misfit("make_exception", line=line[:60], flows=", ".join(FLOWS))
    return kind, int(moment.timestamp()), reason


def check_exceptions(value: str) -> str:
    """In the form of `text_of`. Raises Misfit."""
    found = {}
    for _number, line in lines_of(value):
        kind, ends_at, reason = _read(line)
        if kind in found:
            raise Misfit("make_exception_twice", flow=kind)
        found[kind] = LegacyException(kind, reason, ends_at, "", 0)
    return text_of(list(found.values()))


def check_new(client: Client, text: str, now: int) -> None:
    """Judges the lines that the row does not have yet. Raises Unfit."""
    had = set(map(line_of, client.exceptions))
    for line in text.splitlines():
        kind, ends_at, _reason = _read(line)
        if line in had:
            continue
        if ends_at <= now:
            raise Unfit("exceptions", "make_exception_past", flow=kind)
        if kind == "no_pkce" and not client.is_confidential_type:
            raise Unfit("exceptions", "make_exception_no_secret")


def with_exceptions(client: Client, text: str, by: str, now: int) -> dict[str, Any]:
    """The values of the row with these exceptions; those that it has already stay as they are."""
    had = {line_of(one): one for one in client.exceptions}
    changed, exceptions = dict[str, Any](), []
    for line in text.splitlines():
        kind, ends_at, reason = _read(line)
        if line not in had:
            changed |= flow_of(client, kind)
        exceptions.append(had.get(line) or LegacyException(kind, reason, ends_at, by, now))
    return {**changed, "exceptions": tuple(exceptions)}
