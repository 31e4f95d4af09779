"""A tenant's older system, by programs: the rules are those of the console (things/connecting.py, approving/tenant.py)."""

from typing import Annotated, Final

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from hoistway.api.bodies import said
from hoistway.api.paging import conditional
from hoistway.api.reading import check_media_type, read_json
from hoistway.approving.kind import Gone
from hoistway.approving.proposing import give
from hoistway.engine import Engine
from hoistway.manage.bodies import Instant, moment, waiting_body
from hoistway.manage.guard import Managed, Manager, managing
from hoistway.manage.nouns import as_problems, row_id_of
from hoistway.manage.operations import Operation
from hoistway.manage.problems import not_found
from hoistway.manage.repeating import Answer
from hoistway.manage.replies import PRIVATE, answer_of, check_version, is_dry, reply_of
from hoistway.manage.values import Names, new_values
from hoistway.protocol.manage_scopes import read_scope_of, write_scope_of
from hoistway.store.carried_accounts import count_carried_of
from hoistway.store.change_row import lock_row
from hoistway.store.db import Reader
from hoistway.store.tenant_connections import Connection as Row
from hoistway.store.tenant_connections import find_connection, lock_connection
from hoistway.things.connecting import DISCONNECTING, ENTRIES, check_connection, connecting
from hoistway.things.tenants import find_named
from hoistway.web.forms import read_body

_NAMES: Final[Names] = {
    "token_endpoint": "endpoint", "until": "ends_at",
}  # fmt: skip
_KIND: Final = "tenant"
_ENDPOINT = said("It takes the password grant.", "https://old.example.com/token")
_CLIENT = said("A public client there that may use it.", "5a1d9c1e-52a1-4b86-8f3e-3d3f6f0a7c11")
_SCOPE = said("Its token must name the account.", "openid 5a1d9c1e-52a1-4b86-8f3e-3d3f6f0a7c11")
_WRONG = said("Different wrong passwords of an account that may arrive there: fewer than lock it.", 3)


class TenantConnection(Struct):
    """Passwords that could not be exported are proven there, once each."""

    token_endpoint: Annotated[str, _ENDPOINT]
    client_id: Annotated[str, _CLIENT]
    scope: Annotated[str, _SCOPE]
    until: Annotated[Instant, said("From then on nothing is asked.", "2090-06-30T00:00:00Z")]
    wrong_per_account: Annotated[int, _WRONG]


class TenantConnectionChange(Struct, forbid_unknown_fields=True):
    """The whole of it."""

    token_endpoint: Annotated[str, _ENDPOINT]
    client_id: Annotated[str, _CLIENT]
    scope: Annotated[str, _SCOPE]
    until: Annotated[str, said("A day or a minute, UTC, in the future.", "2090-06-30")]
    wrong_per_account: Annotated[int, _WRONG]


class CarriedAccounts(Struct):
    """How many accounts are how far."""

    carried: Annotated[int, said("Their password was proven there, and is here.", 12)]
    waiting: Annotated[int, said("Never used yet.", 1234)]
    failing: Annotated[int, said("Of those that wait: with a wrong password.", 1)]
    reset: Annotated[int, said("They chose another password here first.", 3)]


def _body(row: Row) -> TenantConnection:
    return TenantConnection(row.endpoint, row.client_id, row.scope, moment(row.ends_at), row.wrong_per_account)


async def _found(db: Reader, tenant_id: str) -> Row | None:
    """None where it is not connected any more. Raises Problem."""
    if await find_named(db, tenant_id) is None:
        raise not_found()
    row = await find_connection(db, tenant_id)
    return None if row is None or row.stopped_at is not None else row


async def read_one(engine: Engine, request: Request, _manager: Manager) -> Response:
    """GET /manage/v1/tenants/{id}/connection"""
    row = await _found(engine.db, row_id_of(request))
    if row is None:
        raise not_found()
    return conditional(request, msgspec.json.encode(_body(row)), PRIVATE, compress=False)


async def read_progress(engine: Engine, request: Request, _manager: Manager) -> Response:
    """GET /manage/v1/tenants/{id}/carried"""
    row_id = row_id_of(request)
    await _found(engine.db, row_id)
    counts = await count_carried_of(engine.db, row_id)
    body = CarriedAccounts(**{name: counts.get(name, 0) for name in CarriedAccounts.__struct_fields__})
    return conditional(request, msgspec.json.encode(body), PRIVATE, compress=False)


async def _lock(managed: Managed, request: Request, tenant_id: str) -> Row | None:
    """Where it is in the version that If-Match names; of none there is no version. Raises Problem."""
    await lock_row(managed.tx, "tenants", tenant_id)
    await lock_connection(managed.tx, tenant_id)
    row = await _found(managed.tx, tenant_id)
    if row is not None:
        check_version(request, _body(row))
    return row


async def put(engine: Engine, request: Request, manager: Manager) -> Response:
    """PUT /manage/v1/tenants/{id}/connection"""
    check_media_type(request, ("application/json",))
    row_id, dry = row_id_of(request), is_dry(request)
    values = new_values(ENTRIES, read_json(await read_body(request), TenantConnectionChange), _NAMES)
    async with as_problems(_NAMES), managing(engine, request, manager, dry=dry) as managed:
        before = await _lock(managed, request, row_id)
        check_connection(values, managed.hand.now, engine.settings)
        try:
            waits = await give(managed.hand, _KIND, row_id, connecting(values))
        except Gone as error:
            raise not_found() from error
        after = await _found(managed.tx, row_id)
        if waits is not None or after is None:
            answer = Answer(204, b"", {}) if waits is None else answer_of(waiting_body(waits), 202)
        else:
            answer = answer_of(_body(after), 201 if before is None else 200)
    return reply_of(answer, dry=dry)


async def end(engine: Engine, request: Request, manager: Manager) -> Response:
    """DELETE /manage/v1/tenants/{id}/connection"""
    row_id, dry = row_id_of(request), is_dry(request)
    async with as_problems(_NAMES), managing(engine, request, manager, dry=dry) as managed:
        if await _lock(managed, request, row_id) is None:
            raise not_found()
        await give(managed.hand, _KIND, row_id, dict(DISCONNECTING))
    return reply_of(Answer(204, b"", {}), dry=dry)


_READS, _WRITES, _PATH = read_scope_of("connections"), write_scope_of("connections"), "/tenants/{id}/connection"
CONNECTIONS: Final = (
    Operation(
        "readConnection", "GET", _PATH, "Read a tenant's older system", "TenantConnection", _READS, read_one, answers=TenantConnection
    ),
    Operation(
        "putConnection", "PUT", _PATH, "Prove passwords at a tenant's older system, once each", "TenantConnection", _WRITES, put,
        TenantConnectionChange, TenantConnection, 201, changes=True, needs_version=True, refusals=(409,), waits=True,
        description="201 where there was none; If-Match is needed where there was",
    ),
    Operation(
        "endConnection", "DELETE", _PATH, "Ask a tenant's older system no more", "TenantConnection", _WRITES, end, status=204,
        changes=True, needs_version=True, refusals=(409,), description="Who was not carried over chooses a new password",
    ),
    Operation(
        "readCarried", "GET", "/tenants/{id}/carried", "Read how many accounts are carried over", "TenantConnection", _READS,
        read_progress, answers=CarriedAccounts,
    ),
)  # fmt: skip
