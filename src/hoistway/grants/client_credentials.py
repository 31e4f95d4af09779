"""The client credentials grant: a daemon acts as itself (https://www.rfc-editor.org/rfc/rfc6749#section-4.4).

An application that is bound to a technical account gets the same claims as with the password grant, which it can
therefore leave. A daemon of the operator that has scopes of the management API gets tokens about itself
(docs/adr/0042-management-api.md).
"""

from hoistway.authn.managing import is_manager
from hoistway.engine import Engine
from hoistway.grants.base import Ask, Grant, Proof, asked_resource, check_address, resolve
from hoistway.protocol.errors import InvalidGrant, InvalidScope, InvalidTarget, UnauthorizedClient
from hoistway.protocol.ids import CustomerId
from hoistway.protocol.manage_scopes import MANAGE
from hoistway.protocol.sandbox import SANDBOX
from hoistway.protocol.scope import OFFLINE, OIDC_SCOPES
from hoistway.protocol.subject import Subject
from hoistway.store.clients import Client


async def prove(engine: Engine, ask: Ask) -> Proof:
    client = ask.proven.client
    if ask.proven.secret_id is None:
        raise UnauthorizedClient(
            "Public applications can't use client_credentials: they have no secret to prove.", b2c="90058"
        )
    manages = is_manager(client)
    subject = _itself(client) if manages else await _account_of(engine, ask)
    check_address(ask, subject)
    wanted = ask.params.get("customer")
    if wanted is not None and wanted != subject.customer_id:
        raise InvalidTarget("The technical account belongs to another customer: leave customer out.", b2c="90128")
    text = ask.params.get("scope") or " ".join(name for name in client.scopes if name not in OIDC_SCOPES)
    resource = asked_resource(ask)
    resolved = await resolve(engine, ask, text, resource)
    # `resolve` drops offline_access where it is not allowed.
    if resolved.oidc or OFFLINE in text.split(" "):
        raise InvalidScope(
            "OpenID scopes are for people: leave openid, profile, email and offline_access out here.", b2c="90055"
        )
    if (resolved.api_id == MANAGE) != manages:
        raise InvalidScope(
            "The management API is for daemons of the operator that have its scopes alone: ask for scopes of your own.",
            b2c="90055",
        )
    scope_text = ask.params.get("scope") or " ".join(resolved.names)
    return Proof(subject, resolved, scope_text, ask.now, resource=resource)


def _itself(client: Client) -> Subject:
    """A daemon of the operator acts for nobody."""
    return Subject("application", client.id, client.id, client.name, (), (), CustomerId(""))


async def _account_of(engine: Engine, ask: Ask) -> Subject:
    """The technical account of a customer's daemon. Raises UnauthorizedClient, InvalidGrant."""
    client = ask.proven.client
    account_id = client.service_account_id
    if account_id is None:
        raise UnauthorizedClient(
            "This application is bound to no technical account, so it has no customer: ask the operator to bind one."
        )
    owner = client.customer_id or await engine.directory.owner(account_id, ask.now)
    customer_id = SANDBOX if client.environment == "sandbox" else owner
    subject = None
    if customer_id is not None:
        asked = ("service_account", account_id, customer_id, ask.now, client.environment)
        subject = engine.directory.known_subject(*asked) or await engine.directory.subject(*asked)
    if subject is None:
        raise InvalidGrant(
            "The technical account of this application or its customer is disabled: ask the operator.",
            log="account gone",
            b2c="90128",
        )
    return subject


CLIENT_CREDENTIALS = Grant("client_credentials", prove, None)
