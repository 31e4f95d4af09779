"""Secrets and dated exceptions of applications, and which applications programs change nothing of."""

import uuid
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hoistway.api.paging import conditional
from hoistway.api.reading import check_media_type, read_json
from hoistway.applications.apis import PORTAL
from hoistway.applications.secrets import TwoSecrets, add_further_secret
from hoistway.authn.client_secret import LIFETIMES, ends_at, new_secret
from hoistway.engine import Engine
from hoistway.manage import application_bodies as bodies
from hoistway.manage.bodies import waiting_body
from hoistway.manage.guard import Managed, Manager, managing
from hoistway.manage.nouns import as_problems, row_id_of
from hoistway.manage.problems import invalid, not_found, refused
from hoistway.manage.repeating import Answer, find_answer, keep_answer, read_attempt
from hoistway.manage.replies import PRIVATE, answer_of, check_version, is_dry, reply_of
from hoistway.manage.values import Names, changed_values
from hoistway.protocol.ids import ClientId, CustomerId
from hoistway.protocol.manage_scopes import MANAGE, manages
from hoistway.store.apis import Api
from hoistway.store.client_secrets import ClientSecret, remove_secret, secrets_of
from hoistway.store.clients import Client, find_client, lock_client
from hoistway.store.customers import lock_customer
from hoistway.store.proposals import Proposal
from hoistway.things.changing import change_thing
from hoistway.things.registry import THINGS
from hoistway.web.forms import read_body
from hoistway.web.portal_words import PORTAL_WORDS

NAMES: Final[Names] = {
    "customer_id": "customer", "service_account_id": "account", "post_logout_redirect_uris": "post_logout_uris",
}  # fmt: skip
_OWN: Final = "Applications of the management API are made and changed at the console and the command line alone."
_EXCEPTIONS: Final[Names] = {"items": "exceptions"}


def check_changeable(row: Client) -> None:
    """A program that could give scopes of this API, or make a secret of an application that has them, would have them all.
    Raises Problem."""
    if manages(row.scopes):
        raise refused(_OWN)
    if row.id == PORTAL:
        raise refused("This is the portal's own application: the server keeps it.")


def check_wanted(waits: Proposal) -> None:
    """Two people may give these scopes, but no program asks them to: it would know the secret. Raises Problem."""
    if manages(waits.after.get("scopes", "").split()):
        raise refused(_OWN)


def check_own_api(row: Api) -> None:
    """Raises Problem."""
    if row.id == MANAGE:
        raise refused("The management API itself is changed at the console and the command line alone.")


async def _find(engine: Engine, request: Request) -> Client:
    row = await find_client(engine.db, ClientId(row_id_of(request)))
    if row is None:
        raise not_found()
    return row


async def _lock(managed: Managed, before: Client) -> Client:
    """With its customer first. Raises Problem."""
    if before.customer_id is not None:
        await lock_customer(managed.tx, CustomerId(before.customer_id))
    row = await lock_client(managed.tx, before.id)
    if row is None or row.customer_id != before.customer_id:
        raise not_found()
    check_changeable(row)
    return row


async def list_secrets(engine: Engine, request: Request, _manager: Manager) -> Response:
    """GET /manage/v1/applications/{id}/secrets"""
    row = await _find(engine, request)
    page = bodies.SecretList([bodies.secret_body(one) for one in await secrets_of(engine.db, row.id)])
    return conditional(request, msgspec.json.encode(page), PRIVATE, compress=False)


async def make_secret(engine: Engine, request: Request, manager: Manager) -> Response:
    """POST /manage/v1/applications/{id}/secrets"""
    check_media_type(request, ("application/json",))
    dry, sent, before = is_dry(request), await read_body(request), await _find(engine, request)
    attempt = None if dry else read_attempt(request, sent)
    wanted = read_json(sent, bodies.NewSecret).lifetime_days
    days = 0 if wanted is msgspec.UNSET or wanted is None else wanted
    if days not in LIFETIMES:
        raise invalid({"lifetime_days": f"Use {', '.join(str(one) for one in LIFETIMES if one)}, or leave it out."})
    async with managing(engine, request, manager, dry=dry) as managed:
        answer = await find_answer(managed, attempt)
        if answer is None:
            row = await _lock(managed, before)
            answer = await _made_secret(managed, row, days, dry=dry)
            await keep_answer(managed, attempt, answer)
    return reply_of(answer, dry=dry)


async def _made_secret(managed: Managed, row: Client, days: int, *, dry: bool) -> Answer:
    """Raises Problem."""
    if not row.is_confidential_type or row.disabled_at is not None:
        raise refused("This application is disabled, or of a type that has no secret.")
    now = managed.hand.now
    secret, value = new_secret(row.id, now, expires_at=ends_at(days, now), secret_id=str(uuid.uuid4()))
    try:
        await add_further_secret(managed.tx, row, secret, now)
    except TwoSecrets as error:
        raise refused(PORTAL_WORDS["en"]["app_secret_two"]) from error
    await managed.hand.record("secret.added", **_about(row, secret))
    return answer_of(bodies.SecretMade(bodies.secret_body(secret), None if dry else value), 201)


def _about(row: Client, secret: ClientSecret) -> dict[str, str | None]:
    """For the trail."""
    return {"customer_id": row.customer_id, "client_id": row.id, "secret": secret.id, "prefix": secret.prefix}


async def revoke_secret(engine: Engine, request: Request, manager: Manager) -> Response:
    """DELETE /manage/v1/applications/{id}/secrets/{secret_id}"""
    secret_id, dry, before = row_id_of(request, "secret_id"), is_dry(request), await _find(engine, request)
    async with managing(engine, request, manager, dry=dry) as managed:
        row = await _lock(managed, before)
        secret = next((one for one in await secrets_of(managed.tx, row.id) if one.id == secret_id), None)
        if secret is None:
            raise not_found()
        check_version(request, bodies.secret_body(secret))
        await remove_secret(managed.tx, row.id, secret.id)
        await managed.hand.record("secret.revoked", **_about(row, secret))
    return reply_of(Answer(204, b"", {}), dry=dry)


async def read_secret(engine: Engine, request: Request, _manager: Manager) -> Response:
    """GET /manage/v1/applications/{id}/secrets/{secret_id}"""
    row, secret_id = await _find(engine, request), row_id_of(request, "secret_id")
    secret = next((one for one in await secrets_of(engine.db, row.id) if one.id == secret_id), None)
    if secret is None:
        raise not_found()
    return conditional(request, msgspec.json.encode(bodies.secret_body(secret)), PRIVATE, compress=False)


async def read_exceptions(engine: Engine, request: Request, _manager: Manager) -> Response:
    """GET /manage/v1/applications/{id}/exceptions"""
    body = bodies.exceptions_body(await _find(engine, request))
    return conditional(request, msgspec.json.encode(body), PRIVATE, compress=False)


async def put_exceptions(engine: Engine, request: Request, manager: Manager) -> Response:
    """PUT /manage/v1/applications/{id}/exceptions"""
    check_media_type(request, ("application/json",))
    dry, before, thing = is_dry(request), await _find(engine, request), THINGS["applications"]
    body = read_json(await read_body(request), bodies.LegacyFlows)
    differing = changed_values(thing.entries, body, _EXCEPTIONS)
    async with as_problems(_EXCEPTIONS), managing(engine, request, manager, dry=dry) as managed:
        row = await _lock(managed, before)
        check_version(request, bodies.exceptions_body(row))
        waits = await change_thing(managed.hand, thing, row, differing(row), engine.settings)
        after = await find_client(managed.tx, row.id)
        if after is None:
            raise not_found()
        answer = answer_of(bodies.exceptions_body(after)) if waits is None else answer_of(waiting_body(waits), 202)
    return reply_of(answer, dry=dry)
