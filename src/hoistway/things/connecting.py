"""A tenant is connected to the token endpoint of an older system, where passwords that could not be exported are proven once: the
rules, the same for every way in (docs/adr/0041-carried-passwords.md).
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from hoistway.approving.tenant import NONE, connection_values, end_text
from hoistway.outbound.failed import Failed
from hoistway.outbound.target import is_same_server, read_target
from hoistway.protocol.numbers import read_moment, read_whole
from hoistway.settings import Settings
from hoistway.store.db import Writer
from hoistway.store.tenant_connections import Connection, put_connection, stop_connection
from hoistway.things.making import Entry, Misfit, Unfit

MOST_WRONG: Final = 50
_WORD: Final = re.compile(r"[\x21-\x7e]{1,255}")
_SCOPE: Final = re.compile(r"[\x21-\x7e]+(?: [\x21-\x7e]+)*")


def _check_endpoint(value: str) -> str:
    """The rest depends on the settings. Raises Misfit."""
    if not value:
        raise Misfit("old_endpoint_missing")
    return value


def _check_client(value: str) -> str:
    """Raises Misfit."""
    if not _WORD.fullmatch(value):
        raise Misfit("old_client_wrong")
    return value


def _check_scope(value: str) -> str:
    """Raises Misfit."""
    if not _SCOPE.fullmatch(value) or len(value) > 1000:
        raise Misfit("old_scope_wrong")
    return value


def _check_end(value: str) -> int:
    """Raises Misfit."""
    moment = read_moment(value)
    if moment is None:
        raise Misfit("old_end_wrong")
    return int(moment.timestamp())


def _check_wrong(value: str) -> int:
    """Raises Misfit."""
    number = read_whole(value, 1, MOST_WRONG)
    if number is None:
        raise Misfit("old_wrong_wrong", most=MOST_WRONG)
    return number


ENTRIES: Final = (
    Entry("endpoint", "old_endpoint", lambda row: row.endpoint, _check_endpoint, hint="old_endpoint_hint"),
    Entry("client_id", "old_client", lambda row: row.client_id, _check_client, hint="old_client_hint"),
    Entry("scope", "old_scope", lambda row: row.scope, _check_scope, hint="old_scope_hint"),
    Entry("ends_at", "old_end", lambda row: end_text(row.ends_at), _check_end, hint="old_end_hint"),
    Entry(
        "wrong_per_account", "old_wrong", lambda row: str(row.wrong_per_account), _check_wrong, hint="old_wrong_hint"
    ),
)
"""What is shown of an end is a minute, so one is given as a minute, too."""


def check_connection(values: Mapping[str, Any], now: int, settings: Settings) -> None:
    """Raises Unfit. A name that moves here at the switch would let this server ask itself."""
    try:
        read_target(values["endpoint"], loopback=settings.outbound_loopback)
    except Failed as error:
        raise Unfit("endpoint", "old_endpoint_wrong", reason=str(error)) from None
    if is_same_server(values["endpoint"], settings.base_url):
        raise Unfit("endpoint", "old_endpoint_here")
    if values["ends_at"] <= now:
        raise Unfit("ends_at", "old_end_past")


async def connect(tx: Writer, tenant_id: str, values: Mapping[str, Any], now: int) -> Connection:
    """In place of a connection that was there. The caller checked the values, locked the tenant, and records."""
    row = Connection(tenant_id, **values, changed_at=now)
    await put_connection(tx, row)
    return row


def connecting(values: Mapping[str, Any]) -> dict[str, str]:
    """Checked values in the form of approving/tenant.py: two must give them where that rule is on."""
    return connection_values(Connection("", **values, changed_at=0))


DISCONNECTING: Final = dict(NONE)


def facts_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """For the audit trail, whose own column is the id of an application of ours."""
    return {"old_client_id" if name == "client_id" else name: value for name, value in values.items()}


async def disconnect(tx: Writer, tenant_id: str, now: int) -> bool:
    """Returns False where it was not connected. Who was not carried over by then chooses a new password."""
    return await stop_connection(tx, tenant_id, now)
