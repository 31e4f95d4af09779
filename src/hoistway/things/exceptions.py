"""Dated exceptions of an application, as an operator types them (approving/application_values)."""

from hoistway.applications.addresses import lines_of
from hoistway.approving.application_values import FLOWS, line_of, read_exception, text_of
from hoistway.store.clients import Client, ExceptionKind, LegacyException
from hoistway.things.making import Misfit, Unfit


def _read(line: str) -> tuple[ExceptionKind, int, str]:
    """Raises Misfit."""
    found = read_exception(line)
    if found is None:
        raise Misfit("make_exception", line=line[:60], flows=", ".join(FLOWS))
    return found


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
