"""Makes and revokes secrets of an application."""

import uuid

from starlette.responses import Response

from hoistway.applications.secrets import TwoSecrets, add_further_secret
from hoistway.authn.client_secret import LIFETIMES, ends_at, new_secret
from hoistway.engine import Engine
from hoistway.portal.applications.page import Said, address_of, find_changeable, show
from hoistway.portal.changing import changing, lock_application
from hoistway.portal.visit import NotFound, Reader, Visit, see_other
from hoistway.protocol.numbers import read_whole
from hoistway.store.client_secrets import remove_secret, secrets_of
from hoistway.store.clients import Client
from hoistway.web.frame import Problems
from hoistway.web.portal_words import PORTAL_WORDS


def lifetime(visit: Visit) -> int:
    days = read_whole(visit.form.get("lifetime"), 0, max(LIFETIMES))
    return days if days in LIFETIMES else LIFETIMES[0]


async def make_secret(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """POST /portal/applications/{client_id}/secrets: `lifetime` in days, 0 for no end. The answer shows the secret,
    once."""
    client = await find_changeable(engine, visit, reader)
    if not client.is_confidential_type or client.disabled_at is not None:
        raise NotFound
    now = engine.now()
    secret, value = new_secret(client.id, now, expires_at=ends_at(lifetime(visit), now), secret_id=str(uuid.uuid4()))
    try:
        async with changing(engine, visit, reader) as change:
            client = await lock_application(change, reader, client)
            await add_further_secret(change.tx, client, secret, now)
            await change.record("secret.added", client_id=client.id, secret=secret.id, prefix=secret.prefix)
    except TwoSecrets:
        problems = Problems({"lifetime": PORTAL_WORDS[visit.lang]["app_secret_two"]})
        return await show(engine, visit, reader, client, Said(problems))
    return await show(engine, visit, reader, client, Said(secret=value), 201)


async def revoke_secret(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """POST /portal/applications/{client_id}/secrets/{secret_id}: `confirm` is the beginning of the secret."""
    client = await find_changeable(engine, visit, reader)
    secret_id = visit.request.path_params["secret_id"]
    secret = next((one for one in await secrets_of(engine.db, client.id) if one.id == secret_id), None)
    if secret is None:
        raise NotFound
    if (visit.form.get("confirm") or "").strip() != secret.prefix:
        return await _again(engine, visit, reader, client, secret_id)
    async with changing(engine, visit, reader) as change:
        client = await lock_application(change, reader, client)
        if await remove_secret(change.tx, client.id, secret_id):
            await change.record("secret.revoked", client_id=client.id, secret=secret_id, prefix=secret.prefix)
    return see_other(address_of(client), "notice_app_secret_revoked")


async def _again(engine: Engine, visit: Visit, reader: Reader, client: Client, secret_id: str) -> Response:
    name, typed = f"confirm-{secret_id}", visit.form.get("confirm") or ""
    problems = Problems({name: PORTAL_WORDS[visit.lang]["app_secret_wrong"]})
    return await show(engine, visit, reader, client, Said(problems, {name: typed}))
