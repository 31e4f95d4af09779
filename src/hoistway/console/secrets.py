"""The secrets of any application, as its owner has them in the portal: made, shown once, revoked."""

import uuid

from starlette.responses import Response

from hoistway.applications.secrets import TwoSecrets, add_further_secret
from hoistway.authn.client_secret import LIFETIMES, MOST_SECRETS, ends_at, living_secrets, new_secret
from hoistway.console.thing_pages import lock_shown
from hoistway.engine import Engine
from hoistway.portal.applications.secrets import lifetime
from hoistway.portal.changing import operating
from hoistway.portal.visit import NotFound, Visit, see_other
from hoistway.protocol.ids import ClientId
from hoistway.store.client_secrets import remove_secret, secrets_of
from hoistway.store.clients import Client, find_client
from hoistway.store.users import User
from hoistway.things.known_applications import APPLICATIONS
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.segments import segment


async def secrets_page(engine: Engine, visit: Visit, operator: User) -> Response:
    """GET or POST /console/applications/{id}/secrets: `do` is make, with `lifetime` in days, or revoke, with `secret` and its
    first characters in `confirm`."""
    row = await find_client(engine.db, ClientId(visit.request.path_params["id"]))
    if row is None or not row.is_confidential_type:
        raise NotFound
    if not visit.posted:
        return await _show(engine, visit, row, None)
    visit.check_shown(row)
    act = {"make": _make, "revoke": _revoke}.get(visit.form.need("do"))
    if act is None:
        raise NotFound
    return await act(engine, visit, operator, row)


async def _make(engine: Engine, visit: Visit, operator: User, row: Client) -> Response:
    if row.disabled_at is not None:
        raise NotFound
    now = engine.now()
    secret, value = new_secret(row.id, now, expires_at=ends_at(lifetime(visit), now), secret_id=str(uuid.uuid4()))
    try:
        async with operating(engine, visit, operator, *filter(None, (row.customer_id,))) as change:
            await lock_shown(change, APPLICATIONS, row)
            await add_further_secret(change.tx, row, secret, now)
            await change.leads_to(_address(row))
            about = {"customer_id": row.customer_id, "client_id": row.id}
            await change.record("secret.added", **about, secret=secret.id, prefix=secret.prefix)
    except TwoSecrets:
        return await _show(engine, visit, row, Problems({"lifetime": PORTAL_WORDS[visit.lang]["app_secret_two"]}))
    return engine.pages.portal(
        "console/made_once.html", visit.frame, title=row.name, address=_address(row), shown=(("client_secret", value),)
    )


async def _revoke(engine: Engine, visit: Visit, operator: User, row: Client) -> Response:
    secret = next((one for one in await secrets_of(engine.db, row.id) if one.id == visit.form.get("secret")), None)
    if secret is None:
        raise NotFound
    if (visit.form.get("confirm") or "").strip() != secret.prefix:
        wrong = Problems({f"confirm-{secret.id}": PORTAL_WORDS[visit.lang]["app_secret_wrong"]})
        return await _show(engine, visit, row, wrong)
    async with operating(engine, visit, operator, *filter(None, (row.customer_id,))) as change:
        await lock_shown(change, APPLICATIONS, row)
        if await remove_secret(change.tx, row.id, secret.id):
            about = {"customer_id": row.customer_id, "client_id": row.id}
            await change.record("secret.revoked", **about, secret=secret.id, prefix=secret.prefix)
    return see_other(_address(row), "notice_app_secret_revoked")


def _address(row: Client) -> str:
    return f"/console/applications/{segment(row.id)}/secrets"


async def _show(engine: Engine, visit: Visit, row: Client, problems: Problems | None) -> Response:
    t, found = PORTAL_WORDS[visit.lang], await secrets_of(engine.db, row.id)
    return engine.pages.portal(
        "console/secrets.html", visit.showing(row), 422 if problems else 200, row=row, secrets=found, problems=problems,
        now=engine.now(), lifetimes=LIFETIMES, is_full=len(living_secrets(found, engine.now())) >= MOST_SECRETS,
        crumbs=(
            Crumb(t["frame_operate"], "/console"), Crumb(t["things_applications"], "/console/applications"),
            Crumb(row.name, f"/console/applications/{segment(row.id)}"),
        ),
    )  # fmt: skip
