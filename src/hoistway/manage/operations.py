"""What an operation of the management API is: one value gives the route, the guard and the description."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.manage.guard import Manager
from hoistway.protocol.manage_scopes import PATH

Endpoint = Callable[[Engine, Request, Manager], Awaitable[Response]]


class Parameter(Struct, frozen=True):
    """One of the query; `options` are what it may be, where that is not any text."""

    name: str
    description: str
    example: str
    options: Sequence[str] = ()


DISABLED: Final = Parameter("disabled", "Disabled ones alone, or those that work.", "false", ("true", "false"))


class Operation(Struct, frozen=True):
    """`path` is below PATH. `asks` is what the body is read as, `answers` what is encoded. `filters` are those of a list,
    `refusals` the statuses beside those that every operation has. `waits` is True where a second operator may have to
    approve. A body of another `media` than JSON is lines of what it `asks`. What is
    carried out `alone` is no line of a job."""

    name: str
    method: str
    path: str
    summary: str
    tag: str
    scope: str
    endpoint: Endpoint
    asks: type[Struct] | None = None
    answers: type[Struct] | None = None
    status: int = 200
    filters: Sequence[Parameter] = ()
    is_list: bool = False
    refusals: Sequence[int] = ()
    repeats: bool = False
    changes: bool = False
    needs_version: bool = False
    description: str = ""
    waits: bool = False
    media: str = "application/json"
    alone: bool = False

    @property
    def address(self) -> str:
        return PATH + self.path
