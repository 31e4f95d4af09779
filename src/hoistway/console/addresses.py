"""Every address of the operators' console, and who may open it."""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from hoistway.console import (
    account_passwords,
    credentials,
    filing,
    find,
    health,
    home,
    inviting,
    jobs,
    keys,
    legacy,
    linking,
    making,
    owner,
    person_access,
    person_data,
    person_factors,
    products,
    request,
    role,
    secrets,
    subscribing,
    subscriptions,
    why,
)
from hoistway.console.act_for import act_for, stop_acting
from hoistway.console.audit import audit
from hoistway.console.branding import LOGO_LIMIT, branding, change_logo
from hoistway.console.changes import change_page, list_changes
from hoistway.console.requests import request_queue
from hoistway.console.tenant_connection import connection_page
from hoistway.console.thing_lists import list_things
from hoistway.console.thing_pages import thing_page
from hoistway.engine import Engine
from hoistway.portal.doors import for_operator
from hoistway.things.files import FIELD, LARGEST

Endpoint = Callable[[Engine, Request], Awaitable[Response]]
ADDRESSES: Final[tuple[tuple[str, Endpoint, tuple[str, ...]], ...]] = (
    ("/console/requests", for_operator(request_queue), ("GET",)),
    ("/console/requests/{request_id}", for_operator(request.request_page), ("GET", "POST")),
    ("/console", for_operator(home.home), ("GET",)),
    ("/console/health", for_operator(health.health), ("GET",)),
    ("/console/find", for_operator(find.find), ("GET",)),
    ("/console/why", for_operator(why.why), ("GET",)),
    ("/console/act-for", for_operator(act_for, act="act_for"), ("GET", "POST")),
    ("/console/act-for/end", for_operator(stop_acting, act="act_for"), ("POST",)),
    ("/console/keys", for_operator(keys.keys), ("GET", "POST")),
    ("/console/audit", for_operator(audit, act="audit"), ("GET",)),
    ("/console/legacy", for_operator(legacy.legacy), ("GET", "POST")),
    ("/console/jobs", for_operator(jobs.jobs), ("GET",)),
    ("/console/branding", for_operator(branding), ("GET", "POST")),
    ("/console/branding/logo", for_operator(change_logo, upload=LOGO_LIMIT), ("POST",)),
    ("/console/subscriptions", for_operator(subscriptions.list_all), ("GET",)),
    ("/console/subscriptions/{id}", for_operator(subscriptions.subscription_page), ("GET", "POST")),
    ("/console/subscriptions/{id}/keys", for_operator(subscribing.keys_page), ("GET", "POST")),
    ("/console/customers/{id}/subscriptions/new", for_operator(subscribing.add, act="change"), ("GET", "POST")),
    ("/console/products", for_operator(products.list_all), ("GET",)),
    ("/console/products/new", for_operator(products.new_product), ("GET", "POST")),
    ("/console/products/{id}", for_operator(products.product_page), ("GET", "POST")),
    ("/console/changes", for_operator(list_changes), ("GET",)),
    ("/console/changes/{id}", for_operator(change_page), ("GET", "POST")),
    ("/console/users/{id}/role", for_operator(role.role_page), ("GET", "POST")),
    ("/console/users/{id}/factors", for_operator(person_factors.person_factors), ("GET", "POST")),
    ("/console/users/{id}/data", for_operator(person_data.person_data), ("GET", "POST")),
    ("/console/applications/{id}/owner", for_operator(owner.owner_page), ("GET", "POST")),
    ("/console/applications/{id}/secrets", for_operator(secrets.secrets_page), ("GET", "POST")),
    ("/console/accounts/{id}/passwords", for_operator(account_passwords.passwords_page), ("GET", "POST")),
    ("/console/tenants/{id}/connection", for_operator(connection_page), ("GET", "POST")),
    ("/console/users/{id}/applications", for_operator(person_access.person_access), ("GET", "POST")),
    # Listed after every page with an address of its own, because these match the same paths.
    ("/console/{word}", for_operator(list_things), ("GET",)),
    ("/console/{word}/new", for_operator(making.new_thing, act="change"), ("GET", "POST")),
    ("/console/customers/{id}/invitations", for_operator(inviting.invitations), ("GET", "POST")),
    (
        "/console/{word}/new/file",
        for_operator(filing.file_page, act="change", upload=LARGEST, carries=FIELD),
        ("GET", "POST"),
    ),
    ("/console/{word}/{id}/password", for_operator(credentials.credentials_page), ("GET", "POST")),
    ("/console/{word}/{id}/customers", for_operator(linking.links_page), ("GET", "POST")),
    ("/console/{word}/{id}", for_operator(thing_page), ("GET", "POST")),
)
