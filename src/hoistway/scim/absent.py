"""What the standard leaves open and is not here (https://www.rfc-editor.org/rfc/rfc7644#section-3.11)."""

from starlette.requests import Request
from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.scim.guard import admit
from hoistway.scim.refusals import ScimRefusal


async def me(engine: Engine, request: Request) -> Response:
    """Raises ScimRefusal."""
    await admit(engine, request)
    raise ScimRefusal(501, "A token is a customer's, not a person's, so there is no /Me: find the person below /Users.")


async def bulk(engine: Engine, request: Request) -> Response:
    """Raises ScimRefusal."""
    await admit(engine, request)
    raise ScimRefusal(501, "There is no /Bulk, as /ServiceProviderConfig says: send each operation by itself.")
