"""Files in forms: read from those alone who may send them, so that strangers fill no memory."""

from collections.abc import Callable

from msgspec import Struct
from starlette.requests import Request

from hoistway.endpoints.browser import signed_in
from hoistway.engine import Engine
from hoistway.portal.not_now import Forbidden
from hoistway.store.users import User


class Upload(Struct, frozen=True):
    """How many bytes the one file of a form may have, and who may send it. `carries` is the name of a field that carries
    what a file said, and may therefore be as long."""

    most: int
    allows: Callable[[User], bool]
    carries: str = ""

    async def is_read(self, engine: Engine, request: Request) -> bool:
        """False for whoever is not signed in. Raises Forbidden."""
        person = await signed_in(engine, request)
        if person is not None and not self.allows(person.user):
            raise Forbidden
        return person is not None
