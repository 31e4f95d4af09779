"""What programs do for people beside their data: a link by mail to choose a password, the end of sign-ins. Roles and passwords
are for pages and commands alone.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec.structs import asdict
from starlette.requests import Request
from starlette.responses import Response

from hoistway.accounts.resetting import send_reset
from hoistway.engine import Engine
from hoistway.grants.new_password import end_everywhere
from hoistway.mail.post import lang_of
from hoistway.manage.guard import Managed, Manager, managing
from hoistway.manage.nouns import row_id_of
from hoistway.manage.problems import not_found, refused
from hoistway.manage.repeating import Answer
from hoistway.manage.replies import is_dry, reply_of
from hoistway.protocol.ids import UserId
from hoistway.store.users import User, lock_user
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.replies import correlation_id


def check_changeable(row: User) -> None:
    """Whoever changes the address or the password of an operator is that operator. Raises Problem."""
    if row.flags:
        raise refused("The operator's own people are changed at the console and the command line alone.")


async def send_link(engine: Engine, request: Request, manager: Manager) -> Response:
    """POST /manage/v1/users/{id}/link"""

    async def work(managed: Managed, row: User) -> None:
        key = "pass_no_mail" if not engine.settings.takes_mail else "pass_no_address" if not row.emails else None
        if row.disabled_at is not None:
            key = "pass_disabled"
        who = {"actor": manager.client.id, "correlation_id": correlation_id(request)}
        if key is None and not await send_reset(engine, managed.tx, row, lang_of(row), **who):
            key = "pass_several"
        if key is not None:
            raise refused(PORTAL_WORDS["en"][key])

    return await _with(engine, request, manager, work)


async def end_sessions(engine: Engine, request: Request, manager: Manager) -> Response:
    """POST /manage/v1/users/{id}/sign-out"""

    async def work(managed: Managed, row: User) -> None:
        ended = await end_everywhere(managed.tx, row.id, managed.hand.now)
        await managed.hand.record("user.sessions_ended", id=row.id, **asdict(ended))

    return await _with(engine, request, manager, work)


async def _with(
    engine: Engine, request: Request, manager: Manager, work: Callable[[Managed, User], Awaitable[Any]]
) -> Response:
    """Neither changes what a program could have read, so neither names a version."""
    row_id, dry = row_id_of(request), is_dry(request)
    async with managing(engine, request, manager, dry=dry) as managed:
        row = await lock_user(managed.tx, UserId(row_id))
        if row is None:
            raise not_found()
        check_changeable(row)
        await work(managed, row)
    return reply_of(Answer(204, b"", {}), dry=dry)
