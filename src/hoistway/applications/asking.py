"""A customer asks: in the sandbox the application is made at once, in production the request waits for an operator."""

from hoistway.applications.granting import SANDBOX_LEGACY, Prepared, grant_application
from hoistway.applications.simulated import keep_sandbox
from hoistway.applications.threads import say_about
from hoistway.applications.wish import Wish
from hoistway.engine import Engine
from hoistway.protocol.ids import ClientId, CustomerId, RequestId, UserId
from hoistway.store.db import Writer
from hoistway.store.requests import Kind, Request, add_request

MOST_OPEN = 20
MOST_IN_SANDBOX = 50


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
    """In the sandbox it is approved as it is made."""
    return Request(
        request_id, customer_id, user_id, kind, wish.name, wish.type, wish.redirect_uris, wish.purpose, wish.chosen,
        wish.reason, wish.environment, "approved" if wish.environment == "sandbox" else "submitted", client_id, now, now,
    )  # fmt: skip


async def submit(
    engine: Engine, tx: Writer, request: Request, prepared: Prepared | None, correlation_id: str
) -> ClientId | None:
    """Writes it, and the application where it is granted at once, whose id this gives. Raises Conflict where the same form
    was sent before."""
    now, is_sandbox = engine.now(), request.environment == "sandbox"
    await add_request(tx, request)
    await say_about(engine, tx, request.id, request.requested_by, "customer", "submitted", request.purpose)
    await engine.record(
        tx, "request.submitted", actor=request.requested_by, customer_id=request.customer_id,
        client_id=request.client_id, correlation_id=correlation_id, request=request.id, kind=request.kind,
        environment=request.environment,
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
