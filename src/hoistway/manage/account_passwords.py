"""The two passwords of technical accounts, by programs (docs/adr/0037-two-passwords.md); and giving an application to another
customer (docs/adr/0008-applications.md).
"""

import msgspec
from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response

from hoistway.accounts.technical import (
    LIFETIMES,
    NoSuchPassword,
    TwoPasswords,
    end_after,
    fresh_password,
    give_password,
    has_password,
    passwords_of,
    take_password,
)
from hoistway.api.paging import conditional
from hoistway.api.reading import check_media_type, read_json
from hoistway.applications.apis import PORTAL
from hoistway.approving.proposing import give
from hoistway.engine import Engine
from hoistway.manage import invitation_bodies as bodies
from hoistway.manage.application_bodies import application_body
from hoistway.manage.applications import check_changeable
from hoistway.manage.bodies import optional_moment, waiting_body
from hoistway.manage.guard import Managed, Manager, managing
from hoistway.manage.nouns import as_problems, row_id_of
from hoistway.manage.problems import invalid, not_found, refused
from hoistway.manage.repeating import Answer, find_answer, keep_answer, read_attempt
from hoistway.manage.replies import PRIVATE, answer_of, check_version, is_dry, reply_of
from hoistway.manage.values import line_of
from hoistway.protocol.ids import ClientId, CustomerId, ServiceAccountId
from hoistway.protocol.sandbox import SANDBOX
from hoistway.protocol.two_passwords import BOTH
from hoistway.store.change_row import lock_row
from hoistway.store.clients import find_client, lock_client
from hoistway.store.customers import find_customer
from hoistway.store.service_accounts import ServiceAccount, find_service_account
from hoistway.web.forms import read_body
from hoistway.web.portal_words import PORTAL_WORDS


async def _find(engine: Engine, request: Request) -> ServiceAccount:
    """Raises Problem."""
    row = await find_service_account(engine.db, ServiceAccountId(row_id_of(request)))
    if row is None:
        raise not_found()
    return row


async def _lock(managed: Managed, before: ServiceAccount) -> ServiceAccount:
    """Raises Problem for one that is reached through an application alone, too."""
    await lock_row(managed.tx, "accounts", before.id)
    row = await find_service_account(managed.tx, before.id)
    if row is None or row.customer_id != before.customer_id:
        raise not_found()
    if not has_password(row):
        raise refused("This account came with an application, and is reached through its secret alone.")
    return row


async def list_passwords(engine: Engine, request: Request, _manager: Manager) -> Response:
    """GET /manage/v1/accounts/{id}/passwords"""
    row = await _find(engine, request)
    page = bodies.AccountPasswordList([bodies.password_body(one) for one in passwords_of(row, engine.now())])
    return conditional(request, msgspec.json.encode(page), PRIVATE, compress=False)


async def make_password(engine: Engine, request: Request, manager: Manager) -> Response:
    """POST /manage/v1/accounts/{id}/passwords"""
    check_media_type(request, ("application/json",))
    dry, sent, before = is_dry(request), await read_body(request), await _find(engine, request)
    attempt = None if dry else read_attempt(request, sent)
    wanted = read_json(sent, bodies.NewPassword).lifetime_days
    days = 0 if wanted is UNSET else wanted
    if days not in LIFETIMES or wanted == 0:
        raise invalid({"lifetime_days": f"Use {', '.join(str(one) for one in LIFETIMES if one)}, or leave it out."})
    two = PORTAL_WORDS["en"]["account_two"]
    try:
        fresh = fresh_password(before, engine.now())
    except TwoPasswords:
        fresh = None
    # What is slow, before the transaction.
    digest = "" if fresh is None else await engine.passwords.hash(fresh.password)
    async with managing(engine, request, manager, before.customer_id, dry=dry) as managed:
        answer = await find_answer(managed, attempt)
        if answer is None:
            row, end = await _lock(managed, before), end_after(days, managed.hand.now)
            if fresh is None:
                raise refused(two)
            try:
                await give_password(managed.tx, row, fresh.which, digest, managed.hand.now, end)
            except TwoPasswords as error:
                raise refused(two) from error
            about = {"customer_id": row.customer_id, "id": row.id, "password": fresh.which}
            await managed.hand.record("service_account.password_added", **about)
            shown = None if dry else fresh.password
            answer = answer_of(bodies.PasswordMade(fresh.which, shown, optional_moment(end)), 201)
            await keep_answer(managed, attempt, answer)
    return reply_of(answer, dry=dry)


async def end_password(engine: Engine, request: Request, manager: Manager) -> Response:
    """DELETE /manage/v1/accounts/{id}/passwords/{which}"""
    dry, before = is_dry(request), await _find(engine, request)
    which = next((one for one in BOTH if one == row_id_of(request, "which")), None)
    async with managing(engine, request, manager, before.customer_id, dry=dry) as managed:
        row, now = await _lock(managed, before), managed.hand.now
        found = next((one for one in passwords_of(row, now) if one.which == which), None)
        if found is None or which is None:
            raise not_found()
        check_version(request, bodies.password_body(found))
        try:
            ended = await take_password(managed.tx, row, which, now)
        except NoSuchPassword as error:
            raise not_found() from error
        about = {"customer_id": row.customer_id, "id": row.id, "password": which, "refresh_tokens": ended}
        await managed.hand.record("service_account.password_ended", **about)
    return reply_of(Answer(204, b"", {}), dry=dry)


async def read_password(engine: Engine, request: Request, _manager: Manager) -> Response:
    """GET /manage/v1/accounts/{id}/passwords/{which}"""
    row, which = await _find(engine, request), row_id_of(request, "which")
    found = next((one for one in passwords_of(row, engine.now()) if one.which == which), None)
    if found is None:
        raise not_found()
    return conditional(request, msgspec.json.encode(bodies.password_body(found)), PRIVATE, compress=False)


async def give_to(engine: Engine, request: Request, manager: Manager) -> Response:
    """PUT /manage/v1/applications/{id}/owner"""
    check_media_type(request, ("application/json",))
    row_id, dry = row_id_of(request), is_dry(request)
    said = read_json(await read_body(request), bodies.NewOwner)
    wanted = CustomerId(line_of("customer_id", said.customer_id))
    before = await find_client(engine.db, ClientId(row_id))
    if before is None or before.id == PORTAL:
        raise not_found()
    both = [one for one in (before.customer_id, wanted) if one is not None]
    async with as_problems({}), managing(engine, request, manager, *both, dry=dry) as managed:
        row = await lock_client(managed.tx, before.id)
        if row is None or row.customer_id != before.customer_id:
            raise not_found()
        check_changeable(row)
        check_version(request, application_body(row))
        if wanted == SANDBOX or await find_customer(managed.tx, wanted) is None:
            raise invalid({"customer_id": PORTAL_WORDS["en"]["make_no_customer"].format(id=wanted[:100])})
        if wanted == row.customer_id:
            raise invalid({"customer_id": PORTAL_WORDS["en"]["owner_same"]})
        waits = await give(managed.hand, "application", row.id, {"owner": wanted})
        after = await find_client(managed.tx, row.id)
        if after is None:
            raise not_found()
        answer = answer_of(application_body(after)) if waits is None else answer_of(waiting_body(waits), 202)
    return reply_of(answer, dry=dry)
