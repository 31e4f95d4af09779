"""The subscription key of a request (https://learn.microsoft.com/azure/api-management/api-management-subscriptions)."""

from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from starlette.requests import Request

from hoistway.api.problems import Turned, sent_once
from hoistway.authn.offers import Plan
from hoistway.authn.subscription_key import key_digest
from hoistway.engine import Engine
from hoistway.protocol.ids import ApiId, CustomerId
from hoistway.protocol.subscription_key import HEADER, QUERY, KeyNames, is_well_formed
from hoistway.store.subscription_keys import KeyHolder

_HEADER, _QUERY = HEADER.lower().encode(), QUERY.encode()
MISSING = "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API."
INVALID = "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription."


class Presented(NamedTuple):
    """`plan` is None where the API is in no product, so nothing is limited. `holder` is None where no key was sent and
    none is needed."""

    plan: Plan | None
    holder: KeyHolder | None


FREE = Presented(None, None)


def _refuse(engine: Engine, slug: str, message: str, log: str) -> Turned:
    realm = f"{engine.settings.base_url}/api/v1"
    challenge = f'AzureApiManagementKey realm="{realm}",name="{HEADER}",type="header"'
    return Turned(401, slug, message, {"www-authenticate": challenge}, log)


def refuse_key(engine: Engine, log: str) -> Turned:
    """The answer is the same for every cause; the log has the cause."""
    return _refuse(engine, "key-refused", INVALID, log)


async def _read_key(engine: Engine, request: Request, api_id: ApiId, now: int) -> str | None:
    """From the header, else from the query; afterwards under the API's own names. A text that can't be a key counts as a
    wrong one. Raises Problem for more than one header."""
    key = sent_once(request, _HEADER)
    if key:
        return key
    query: bytes = request.scope["query_string"]
    found = _in_query(query, _QUERY) if b"subscription" in query or b"%" in query else None
    if found is not None:
        return found
    api = (await engine.directory.apis(now)).by_id.get(api_id)
    return None if api is None or api.key_names is None else _under_own_names(request, api.key_names)


def _under_own_names(request: Request, names: KeyNames) -> str | None:
    found = next((key for name in names.header if (key := sent_once(request, name.encode()))), None)
    for name in names.query:
        query: bytes = request.scope["query_string"]
        key = _in_query(query, name.encode())
        if key is not None:
            found = found or key
            # It is no parameter of the list, and belongs into no link to the next page.
            request.scope["query_string"] = _without(query, name.encode())
    return found


def _in_query(query: bytes, wanted: bytes) -> str | None:
    for piece in query.split(b"&"):
        name, _, value = piece.partition(b"=")
        if value and unquote_to_bytes(name) == wanted:
            return unquote_to_bytes(value).decode("latin-1")
    return None


def _without(query: bytes, name: bytes) -> bytes:
    """Without the first of that name; whoever sends it twice hears that the second is no parameter."""
    pieces = query.split(b"&")
    pieces.remove(
        next(one for one in pieces if unquote_to_bytes(one.partition(b"=")[0]) == name and one.partition(b"=")[2])
    )
    return b"&".join(pieces)


async def present(engine: Engine, request: Request, api_id: ApiId, now: int) -> Presented:
    """Raises Turned where a key is missing or wrong, Problem where it was sent twice. Whether it belongs to the token's
    customer is checked later."""
    key = await _read_key(engine, request, api_id, now)
    offers = engine.directory.known_offers(now) or await engine.directory.offers(now)
    if key is None:
        if not offers.guards(api_id):
            return FREE
        plan = offers.keyless.get(api_id)
        if plan is None:
            raise _refuse(engine, "key-missing", MISSING, "no subscription key, and no product that needs none")
        return Presented(plan, None)
    holder = await engine.directory.key_holder(key_digest(key), now) if is_well_formed(key) else None
    if holder is None:
        raise refuse_key(engine, "unknown subscription key")
    plan = offers.plans.get(holder.product_id)
    if plan is None or api_id not in plan.product.apis:
        raise refuse_key(engine, f"subscription {holder.subscription_id}: its product is disabled or lacks the API")
    if not holder.is_open(api_id, now):
        raise refuse_key(engine, f"subscription {holder.subscription_id} or its key is not active")
    return Presented(plan, holder)


def check_customer(engine: Engine, presented: Presented, customer_id: CustomerId) -> None:
    """A key must belong to the token's customer. Raises Turned."""
    holder = presented.holder
    if holder is not None and holder.customer_id != customer_id:
        raise refuse_key(engine, f"subscription {holder.subscription_id} is not of the token's customer")
