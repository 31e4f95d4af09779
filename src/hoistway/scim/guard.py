"""The one guard of SCIM: a bearer token becomes the customer whose people it may change."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec import Struct
from starlette.requests import Request

from hoistway.accounts.pushed import Directory
from hoistway.authn.client import secret_digest
from hoistway.engine import MOST_WAITING, Engine
from hoistway.protocol.bearer import read_bearer
from hoistway.protocol.ids import CustomerId
from hoistway.scim.refusals import ScimRefusal
from hoistway.store.customers import find_customer, lock_customer
from hoistway.store.db import Reader
from hoistway.store.scim_tokens import ScimToken, find_scim_token
from hoistway.web.replies import client_address, correlation_id, header_once

RETRY = 60


class Sender(Struct, frozen=True):
    """Only `admit` makes one. `base` is the address under which the customer's resources are."""

    customer_id: CustomerId
    token: ScimToken
    base: str


def _refused() -> ScimRefusal:
    """The same for a wrong token, an ended one, another customer's, and one of a disabled customer."""
    return ScimRefusal(
        401,
        "The token is not accepted at this address: send `Authorization: Bearer` with a token of this customer that has not ended.",
    )


def _too_often() -> ScimRefusal:
    return ScimRefusal(429, "Too many requests within a minute: send them more slowly.", retry_after=RETRY)


async def _living(db: Reader, digest: bytes, customer_id: str, now: int) -> ScimToken | None:
    token = await find_scim_token(db, digest)
    return token if token is not None and token.customer_id == customer_id and token.expires_at > now else None


async def admit(engine: Engine, request: Request) -> Sender:
    """Raises ScimRefusal, InvalidRequest, DatabaseUnavailable."""
    now, address = engine.now(), client_address(request, engine.settings.trusted_proxies)
    if not engine.pushing.may(address, now):
        raise _too_often()
    said = read_bearer(header_once(request, b"authorization"))
    customer_id = CustomerId(request.path_params["customer"])
    token = None if said is None else await _living(engine.db, secret_digest(said), customer_id, now)
    customer = None if token is None else await find_customer(engine.db, customer_id)
    if token is None or customer is None or customer.disabled_at is not None:
        if not engine.strangers.may(address, now):
            raise _too_often()
        refusal = _refused()
        refusal.error = refusal.error if said is not None else None
        raise refusal
    if not engine.pushing.may(token.id, now):
        raise _too_often()
    if len(engine.scim_used) < MOST_WAITING:
        engine.scim_used[token.id] = now
    return Sender(customer_id, token, f"{engine.settings.base_url}/scim/v2/{customer_id}")


@asynccontextmanager
async def pushing(engine: Engine, request: Request, sender: Sender) -> AsyncIterator[Directory]:
    """One change, under the customer's lock, with the token judged again. Raises ScimRefusal."""
    async with engine.db.write() as tx:
        customer = await lock_customer(tx, sender.customer_id)
        token = await _living(tx, sender.token.token_digest, sender.customer_id, engine.now())
        if customer is None or customer.disabled_at is not None or token is None:
            raise _refused()
        directory = Directory(engine, tx, sender.customer_id, f"scim:{token.prefix}", correlation_id(request), [])
        yield directory
    directory.forget()
