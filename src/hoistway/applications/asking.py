"""A customer asks for an application: in the sandbox it is made at once, in production the request waits for an operator."""

from hoistway.applications.granting import SANDBOX_LEGACY, Prepared, grant_application
from hoistway.applications.named_account import lock_named
from hoistway.applications.simulated import keep_sandbox
from hoistway.applications.threads import say_about
from hoistway.applications.wish import Wish
from hoistway.engine import Engine
from hoistway.protocol.ids import ClientId, CustomerId, RequestId, ServiceAccountId, UserId
from hoistway.store.client_lists import count_in_sandbox
from hoistway.store.customers import lock_customer
from hoistway.store.db import Conflict, Writer
from hoistway.store.requests import Kind, Request, add_request, count_open_requests, find_request

MOST_OPEN = 20
MOST_IN_SANDBOX = 50


class NoRoom(Exception):
    """The customer has as many open requests, or applications in the sandbox, as it may have; nothing was written."""


def request_of(
    wish: Wish,
    *,
    request_id: RequestId,
    customer_id: CustomerId,
    user_id: UserId,
    now: int,
    client_id: ClientId | None,
    kind: Kind = "application",
) -> Request:
    """In the sandbox the request is approved from the start."""
    return Request(
        request_id, customer_id, user_id, kind, wish.name, wish.type, wish.redirect_uris, wish.purpose, wish.chosen,
        wish.reason, wish.environment, "approved" if wish.environment == "sandbox" else "submitted", client_id, now, now,
        post_logout_uris=wish.post_logout_uris,
        service_account_id=ServiceAccountId(wish.account) if wish.account else None,
    )  # fmt: skip


def account_of(request: Request) -> dict[str, str]:
    """For the audit trail."""
    return {} if request.service_account_id is None else {"account": request.service_account_id}


async def _check_room(tx: Writer, request: Request) -> None:
    """One customer must not fill the queue for all others. Of several requests at the same time one is counted after
    the other."""
    await lock_customer(tx, request.customer_id)
    if await find_request(tx, request.id) is not None:
        raise Conflict("the form was sent before")
    if request.environment == "production":
        is_full = await count_open_requests(tx, request.customer_id) >= MOST_OPEN
    else:
        is_full = await count_in_sandbox(tx, request.customer_id) >= MOST_IN_SANDBOX
    if is_full:
        raise NoRoom


async def submit(
    engine: Engine, tx: Writer, request: Request, prepared: Prepared | None, correlation_id: str
) -> ClientId | None:
    """Writes the request, and the application where it is granted at once; returns the application's id then. Raises
    Conflict where the same form was sent before, NoRoom, WrongAccount."""
    now, is_sandbox = engine.now(), request.environment == "sandbox"
    await _check_room(tx, request)
    await lock_named(tx, request.customer_id, request.service_account_id)
    await add_request(tx, request)
    await say_about(engine, tx, request.id, request.requested_by, "customer", "submitted", request.purpose)
    await engine.record(
        tx, "request.submitted", actor=request.requested_by, customer_id=request.customer_id,
        client_id=request.client_id, correlation_id=correlation_id, request=request.id, kind=request.kind,
        environment=request.environment, **account_of(request),
    )  # fmt: skip
    if not is_sandbox or prepared is None:
        return None
    await keep_sandbox(tx, now)
    until = now + SANDBOX_LEGACY if request.legacy_flows else None
    client = await grant_application(tx, request, prepared, until=until, granted_by="sandbox", now=now)
    await engine.record(
        tx, "application.granted", actor=request.requested_by, customer_id=request.customer_id, client_id=client.id,
        correlation_id=correlation_id, request=request.id, environment="sandbox",
    )  # fmt: skip
    return client.id
