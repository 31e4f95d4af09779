"""The demo's requests for applications: one to decide, one with a conversation, one granted in the sandbox."""

import uuid

from hoistway.applications.granting import Prepared, grant_application
from hoistway.applications.simulated import keep_sandbox
from hoistway.demo.world import FIRST, MANAGER, SECOND
from hoistway.engine import time_ordered_id
from hoistway.protocol.ids import ClientId, CustomerId, RequestId, UserId
from hoistway.protocol.sandbox import Environment
from hoistway.store.db import Writer
from hoistway.store.messages import Message, Side, add_message
from hoistway.store.requests import Request, State, add_request

HOUR = 3600
QUESTION = "Why can't the browsers of your tenants use code with PKCE? Every browser since 2017 can. And which host serves the page?"


def _request(
    customer: CustomerId, user: UserId, name: str, kind: str, uris: tuple[str, ...], at: int, *, purpose: str,
    state: State = "submitted", environment: Environment = "production", flows: tuple[str, ...] = ("code",),
    reason: str = "", client_id: ClientId | None = None,
) -> Request:  # fmt: skip
    return Request(
        RequestId(str(uuid.uuid4())), customer, user, "application", name, kind, uris, purpose, flows, reason, environment,
        state, client_id, at, at,
    )  # fmt: skip


async def _say(tx: Writer, request: Request, author: UserId, side: Side, event: str, text: str, at: int) -> None:
    await add_message(tx, Message(time_ordered_id(), request.id, at, author, side, event, text))


async def write_requests(tx: Writer, people: dict[str, UserId], now: int) -> None:
    """`people` are keyed by the first part of their user names."""
    desk = _request(
        SECOND, people["david.ortiz"], "Lindenhof service desk", "web", ("https://desk.lindenhof.example/callback",),
        now - 2 * HOUR, purpose="Our caretakers see which lift a tenant reports and whether it stands. 12 lifts, about 8 people.",
    )  # fmt: skip
    kiosk = _request(
        MANAGER, people["mei.tanaka"], "Building portal", "single-page", ("https://kiosk.northgate.example/signed-in",),
        now - 26 * HOUR, purpose="A page on the kiosks in our lobbies that shows which lift is out of service.",
        state="asked", flows=("implicit",), reason="The kiosks were bought in 2016 and the vendor's library knows nothing else.",
    )  # fmt: skip
    prepared = Prepared(ClientId(str(uuid.uuid4())), "!")  # it is no daemon, so no account needs a password
    trial = _request(
        FIRST, people["sofia.rossi"], "Pier report trial", "single-page", ("http://localhost:5173/callback",),
        now - 3 * HOUR, purpose="", state="approved", environment="sandbox", client_id=prepared.client_id,
    )  # fmt: skip
    for request in (desk, kiosk, trial):
        await add_request(tx, request)
        author, at = request.requested_by, request.created_at
        await _say(tx, request, author, "customer", "submitted", request.purpose, at)
    await _say(tx, kiosk, people["otto.operator"], "operator", "asked", QUESTION, now - 20 * HOUR)
    await keep_sandbox(tx, now)
    await grant_application(tx, trial, prepared, until=None, granted_by="sandbox", now=trial.created_at)
