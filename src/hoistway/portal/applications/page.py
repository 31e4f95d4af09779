"""The page of one application: what it is, its secrets, addresses and appearance, the requests about it, and how to end it."""

from msgspec import Struct, field
from starlette.responses import Response

from hoistway.authn.client_secret import LIFETIMES, MOST_SECRETS, living_secrets
from hoistway.engine import Engine
from hoistway.portal.applications.conversation import Thread, read_thread
from hoistway.portal.changing import shown_of
from hoistway.portal.not_now import Forbidden
from hoistway.portal.visit import NotFound, Reader, Visit
from hoistway.protocol.ids import ClientId, RequestId
from hoistway.protocol.sandbox import SANDBOX
from hoistway.store.client_lists import find_client_of
from hoistway.store.client_logos import find_logo_of
from hoistway.store.client_secrets import secrets_of
from hoistway.store.client_uses import last_use_of
from hoistway.store.clients import Client
from hoistway.store.request_lists import requests_for_client
from hoistway.store.service_accounts import find_service_account
from hoistway.web.frame import Crumb, Leaf, Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.segments import segment
from hoistway.web.words import Words

LONGEST_CONSENT_TEXT = 500
FLOWS = {
    "authorization_code": "code",
    "client_credentials": "client_credentials",
    "refresh_token": "refresh_token",
    "implicit": "implicit",
    "password": "password",
}


class Said(Struct, frozen=True):
    """What a form on the page reports: its mistakes with what was typed, or the secret that is shown once."""

    problems: Problems = field(default_factory=Problems)
    typed: dict[str, str] = field(default_factory=dict)
    secret: str | None = None


def may_change(reader: Reader, client: Client) -> bool:
    """Administrators may; in the sandbox every member may, because nothing real is opened there
    (docs/adr/0008-applications.md)."""
    return reader.may_manage or (client.environment == "sandbox" and reader.role == "member")


async def find_own(engine: Engine, visit: Visit, reader: Reader) -> Client:
    """The application in the address. Raises NotFound, also for one of another customer."""
    client_id = ClientId(visit.request.path_params["client_id"])
    client = await find_client_of(engine.db, reader.customer_id, client_id)
    if client is None:
        raise NotFound
    return client


async def find_changeable(engine: Engine, visit: Visit, reader: Reader) -> Client:
    """Raises NotFound, and Forbidden where the person may only see it."""
    client = await find_own(engine, visit, reader)
    if not may_change(reader, client):
        raise Forbidden("Only administrators of the customer change applications in production: ask one of them.")
    return client


def address_of(client: Client) -> str:
    return f"/portal/applications/{segment(client.id)}"


def in_console(client: Client) -> str:
    """The page on which operators give it to another customer."""
    return f"/console/applications/{segment(client.id)}/owner"


async def _thread(engine: Engine, request_id: RequestId) -> Thread:
    """Earlier messages are on the page of the request."""
    return await read_thread(engine.db, request_id, f"/portal/requests/{segment(request_id)}")


def _leaves(client: Client, words: Words, *, changes: bool, gives: bool, has_requests: bool) -> tuple[Leaf, ...]:
    here = address_of(client)
    names = [("overview", "app_overview"), ("connect", "app_connect")]
    names += [("exceptions", "app_exceptions")] if client.exceptions else []
    names += [("secrets", "app_secrets")] if client.is_confidential_type else []
    names += [("addresses", "app_addresses"), ("look", "app_look")] if client.type != "daemon" else []
    names += [("requests", "app_requests")] if has_requests else []
    names += [("transfer", "app_transfer")] if gives else []
    names += [("off", "app_switch_off")] if changes else []
    return (
        Leaf(words["app_contents"], None, 0),
        *(Leaf(words[key], f"{here}#{anchor}") for anchor, key in names),
    )


async def show(
    engine: Engine, visit: Visit, reader: Reader, client: Client, said: Said | None = None, status: int = 200
) -> Response:
    said, now = said or Said(), engine.now()
    all_secrets = await secrets_of(engine.db, client.id)
    secrets = all_secrets if client.is_confidential_type else []
    requests = await requests_for_client(engine.db, reader.customer_id, client.id)
    account_id, words = client.service_account_id, PORTAL_WORDS[visit.lang]
    changes = may_change(reader, client) and client.disabled_at is None
    gives = changes and reader.may_manage
    return engine.pages.portal(
        "portal/application.html",
        visit.showing(*shown_of(client, all_secrets)),
        422 if said.problems else status,
        app=client,
        here=address_of(client),
        flows=[FLOWS[grant] for grant in client.grants if grant in FLOWS],
        account=None if account_id is None else await find_service_account(engine.db, account_id),
        last_used_at=await last_use_of(engine.db, client.id),
        secrets=secrets,
        may_make=len(living_secrets(secrets, now)) < MOST_SECRETS,
        lifetimes=LIFETIMES,
        logo=await find_logo_of(engine.db, reader.customer_id, client.id),
        requests=requests,
        thread=await _thread(engine, requests[0].id) if requests else None,
        changes=changes,
        places=targets_of(reader),
        said=said,
        problems=said.problems,
        typed=said.typed,
        most_text=LONGEST_CONSENT_TEXT,
        sandbox=SANDBOX,
        base_url=engine.settings.base_url,
        now=now,
        crumbs=(Crumb(words["frame_applications"], "/portal/applications"),),
        gives=gives,
        given_at=in_console(client) if reader.acting else None,
        leaves=_leaves(client, words, changes=changes, gives=gives, has_requests=bool(requests)),
    )


def targets_of(reader: Reader) -> list[tuple[str, str]]:
    """(id, name) of the other customers that the person administers. None for whoever acts for this one: their own places
    have nothing to do with it, and where two must approve, a transfer in the console waits for the second one."""
    if reader.acting:
        return []
    return [
        (place.customer_id, place.customer_name)
        for place in reader.places
        if place.role == "administrator"
        and place.customer_disabled_at is None
        and place.customer_id != reader.customer_id
    ]


async def application(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """GET /portal/applications/{client_id}"""
    return await show(engine, visit, reader, await find_own(engine, visit, reader))
