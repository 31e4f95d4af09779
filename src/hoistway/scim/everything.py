"""A search in people and groups together (https://www.rfc-editor.org/rfc/rfc7644#section-3.4.3)."""

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.protocol.scim_filter import BadFilter
from hoistway.scim.asked import list_reply, read_search
from hoistway.scim.groups import find_groups
from hoistway.scim.guard import admit
from hoistway.scim.users import find_users


async def search_all(engine: Engine, request: Request) -> Response:
    """People first. An attribute that only one of the two has finds only that."""
    sender = await admit(engine, request)
    asked = await read_search(request)
    refused: BadFilter | None = None
    try:
        people, many = await find_users(engine, sender, asked)
    except BadFilter as error:
        people, many, refused = [], 0, error
    rest = replace(asked, begin=max(0, asked.begin - many), most=asked.most - len(people))
    try:
        groups, few = await find_groups(engine, sender, rest)
    except BadFilter:
        if refused is not None:
            raise refused from None
        groups, few = [], 0
    return list_reply([*people, *groups], many + few, asked)
