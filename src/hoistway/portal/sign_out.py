"""Signing out from the menu of the portal: done at once, because the form is proof enough; then the portal is shown again."""

from starlette.responses import Response

from hoistway.endpoints.browser import session_here
from hoistway.endpoints.logout import end_sign_in
from hoistway.engine import Engine
from hoistway.portal.visit import Visit, see_other


async def sign_out(engine: Engine, visit: Visit) -> Response:
    """POST /portal/sign-out"""
    return await end_sign_in(
        engine, visit.request, await session_here(engine, visit.request), see_other("/portal", "notice_signed_out")
    )
