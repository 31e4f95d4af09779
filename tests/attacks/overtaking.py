"""What may be committed between the reading and the writing of a change, each with what takes it back; and the world of it."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace
from sqlalchemy import bindparam, update

from hoistway.applications.granting import origins_of
from hoistway.authn.passwords import random_digest
from hoistway.grants.new_password import replace_password
from hoistway.protocol.ids import (
    ApiId,
    ClientId,
    CustomerId,
    ProductId,
    ProviderId,
    RequestId,
    ServiceAccountId,
    SiteId,
    SubscriptionId,
    UnitId,
    UserId,
)
from hoistway.store.account_passwords import (
    put_service_account_password,
    set_service_account_addresses,
    set_service_account_password,
)
from hoistway.store.brownouts import Brownout, add_brownout
from hoistway.store.change_row import change_row
from hoistway.store.client_logos import ClientLogo, put_logo
from hoistway.store.client_secrets import ClientSecret, add_secret
from hoistway.store.clients import add_client, find_client, put_client, set_client_disabled
from hoistway.store.consents import add_consent
from hoistway.store.customers import set_customer_disabled
from hoistway.store.db import Statement, Writer, nothing
from hoistway.store.identities import Identity, add_identity
from hoistway.store.links import use_link
from hoistway.store.memberships import Membership, put_membership, remove_membership
from hoistway.store.messages import Message, add_message
from hoistway.store.operators import set_flags
from hoistway.store.products import Product, add_product, put_product, set_product_disabled
from hoistway.store.profiles import change_profile, rename_user
from hoistway.store.proposals import Proposal, add_proposal, end_proposal
from hoistway.store.provider_domains import ProviderDomain, add_domain, remove_domain
from hoistway.store.providers import Provider, add_provider, change_provider
from hoistway.store.request_owners import give_requests
from hoistway.store.requests import (
    Request,
    add_request,
    approve_request_first,
    ask_about_request,
    confirm_request,
    reject_request,
    withdraw_request,
)
from hoistway.store.scim_tokens import ScimToken, add_scim_token, remove_scim_token
from hoistway.store.service_accounts import (
    BY_CUSTOMER,
    ServiceAccount,
    add_service_account,
    set_service_account_disabled,
)
from hoistway.store.sessions import SESSIONS, end_sessions_of
from hoistway.store.sites import Site, put_sites
from hoistway.store.subscription_moves import (
    approve_subscription_first,
    confirm_subscription,
    move_subscription,
)
from hoistway.store.subscriptions import Subscription, add_subscription
from hoistway.store.tenant_connections import Connection, put_connection
from hoistway.store.tenants import put_tenant
from hoistway.store.units import Unit, put_units
from hoistway.store.users import add_user, set_user_disabled, set_user_password
from tests.attacks.overtaken import TOLD, Work
from tests.portal.pictures import png
from tests.world import DIGEST, NOW, TENANT, A, B, client, user

LATE = NOW + 1000
ADAM, ANN, OLGA, OSKAR = (UserId(f"u-{name}") for name in ("adam", "ann", "olga", "oskar"))
APP = client(
    "app", "web", customer_id=A, redirect_uris=("https://app.example/cb",), post_logout_redirect_uris=(), created_at=NOW
)
AUTO = Product(
    ProductId("p-auto"), "Automatic", "For tests", (ApiId("customer-api"),), key_use="optional", created_at=NOW
)
OFF = ServiceAccount(
    ServiceAccountId("sa-off"), "svc-off", "svc-off", "Off", A, DIGEST, NOW, NOW, NOW, disabled_by=BY_CUSTOMER
)


ON = Provider(
    ProviderId("p-on"), A, "On", "https://on.example", "us", "client_secret_basic", b"sealed", "verified", None, (), (), "here", NOW,
)  # fmt: skip
CONNECTION = Connection(TENANT, "https://old.example/token", "app", "openid app", LATE, 3, NOW)
OFF_PROVIDER = replace(ON, id=ProviderId("p-off"), name="Off", disabled_at=NOW)


def _request(row_id: str, **changes: Any) -> Request:
    return replace(
        Request(
            RequestId(row_id), A, ADAM, "application", f"Request {row_id}", "single-page", ("https://new.example/cb",),
            "Shows lifts to caretakers.", ("code",), "", "production", "submitted", None, NOW, NOW,
        ),
        **changes,
    )  # fmt: skip


def _subscription(row_id: str, state: str, name: str, **changes: Any) -> Subscription:
    started = NOW if state == "active" else None
    row = Subscription(
        SubscriptionId(row_id), A, None, AUTO.id, None, name, state, "", ADAM, None, NOW, NOW, None, started
    )
    return replace(row, **changes)


async def furnish(tx: Writer) -> None:
    """What the changes are made to, in the world of tests/world. Adam administers both customers."""
    await add_user(tx, user("oskar", None, "employee", "operator"))
    await add_user(tx, replace(user("left", A), disabled_at=NOW, ended_at=NOW))
    await put_membership(tx, Membership(ADAM, B, "administrator", "all", NOW))
    await add_client(tx, APP, origins_of(APP))
    await add_secret(tx, ClientSecret("one", APP.id, secrets.token_bytes(32), "hws_abcd", NOW))
    await put_logo(tx, ClientLogo(APP.id, "image/png", png(), NOW))
    for product in (AUTO, replace(AUTO, id=ProductId("p-asked"), approval="asked")):
        await add_product(tx, product)
    await add_service_account(tx, OFF)
    await put_connection(tx, CONNECTION)
    await put_sites(tx, [Site(SiteId("s-empty"), "Empty", "", "", "", "", NOW)])
    await add_consent(tx, ADAM, APP.id, A, {(ApiId("customer-api"), "units.read")}, NOW)
    await _ask(tx)
    for row in (
        _subscription("s-live", "active", "Live"),
        _subscription("s-wait", "submitted", "Wait", message="Why?"),
        _subscription("s-new", "submitted", "New"),
        _subscription("s-first", "submitted", "First", first_by=OSKAR),
    ):
        await add_subscription(tx, row)
    await add_proposal(
        tx,
        Proposal(
            "ch-1",
            "person",
            "u-bob",
            "Bob",
            {"flags": "", "emails": "bob@example.com", "username": "bob@example.com"},
            {"flags": "auditor"},
            "waiting",
            OSKAR,
            NOW,
        ),
    )
    await add_scim_token(tx, ScimToken("t-a", A, b"t" * 32, "hwd_abcd", NOW, 4_000_000_000, made_by=ADAM))
    for provider in (ON, OFF_PROVIDER):
        await add_provider(tx, provider)
    await add_domain(tx, ProviderDomain(OFF_PROVIDER.id, "acme.example", TOLD, NOW))
    await add_identity(tx, Identity(ON.id, "adam-there", ADAM, "proof", NOW))
    await add_brownout(tx, Brownout("b-1", "password", 4_000_000_000, 4_000_003_600, "", OLGA, NOW))


async def _ask(tx: Writer) -> None:
    for row in (
        _request("r-new"),
        _request("r-asked", state="asked"),
        _request("r-first", decided_at=NOW, decided_by=OSKAR),
        _request("r-redirects", kind="redirects", client_id=APP.id, decided_at=NOW, decided_by=OSKAR),
    ):
        await add_request(tx, row)
        await add_message(tx, Message(f"m-{row.id}", row.id, NOW, ADAM, "customer", "submitted", row.purpose))


async def _give(tx: Writer) -> None:
    found = await find_client(tx, APP.id)
    assert found is not None
    await put_client(tx, replace(found, customer_id=B), origins_of(found))
    await give_requests(tx, APP.id, A, B, LATE)


async def _readdress(tx: Writer) -> None:
    found = await find_client(tx, APP.id)
    assert found is not None
    changed = replace(found, redirect_uris=("https://else.example/cb",))
    await put_client(tx, changed, origins_of(changed))


def _role(who: UserId, customer: CustomerId, role: str) -> Work:
    return lambda tx: put_membership(tx, Membership(who, customer, role, "all", NOW))


def _flags(who: UserId, *flags: str) -> Work:
    return lambda tx: set_flags(tx, who, flags)


def _named(kind: str, row_id: str, **values: Any) -> Work:
    return lambda tx: change_row(tx, kind, row_id, values)


def _moved(row_id: str, act: str) -> Work:
    return lambda tx: move_subscription(tx, SubscriptionId(row_id), act, by=OSKAR, now=LATE, message="So it is.")


_DOUBTED = Statement(
    lambda: update(SESSIONS).where(SESSIONS.c.user_id == bindparam("b_user")).values(amr="", proven_at=None), nothing
)
# What ends all that a person may do, wherever they are.
ENDS: Mapping[str, Callable[[UserId], Work]] = {
    "person disabled": lambda who: lambda tx: set_user_disabled(tx, who, LATE),
    "session ended": lambda who: lambda tx: end_sessions_of(tx, who),
    "password changed": lambda who: lambda tx: set_user_password(tx, who, DIGEST, 4_000_000_000),
    "what a provider said doubted": lambda who: lambda tx: tx.run(_DOUBTED, {"b_user": who}),
}
PORTAL_ENDS: Mapping[str, Work] = {
    "demoted": _role(ADAM, A, "member"),
    "no member any more": lambda tx: remove_membership(tx, ADAM, A),
    "customer disabled": lambda tx: set_customer_disabled(tx, A, LATE),
}
CONSOLE_ENDS: Mapping[str, Work] = {"operator no more": _flags(OLGA, "employee")}
_NEW, _FIRST, _REDIRECTS = (RequestId(f"r-{name}") for name in ("new", "first", "redirects"))


async def _providers_renamed(tx: Writer) -> None:
    for row in (ON, OFF_PROVIDER):
        await change_provider(tx, replace(row, name="Renamed"))


async def _prove_elsewhere(tx: Writer) -> None:
    """A company proves the domain of the address that Adam asked for."""
    provider = ProviderId("p-else")
    await add_provider(
        tx,
        Provider(
            provider,
            B,
            "Elsewhere",
            "https://id.elsewhere.example",
            "c",
            "client_secret_basic",
            b"",
            "verified",
            None,
            (),
            (),
            "here",
            NOW,
        ),
    )
    await add_domain(tx, ProviderDomain(provider, "elsewhere.example", "proof", NOW, NOW))


async def _withdrawn(tx: Writer) -> None:
    for row_id in (_NEW, _FIRST, _REDIRECTS):
        await withdraw_request(tx, A, row_id, LATE)


OVERTAKING: Mapping[str, Work] = {
    "application given away": _give,
    "application switched off": lambda tx: set_client_disabled(tx, APP.id, LATE),
    "addresses changed": _readdress,
    "customer disabled": PORTAL_ENDS["customer disabled"],
    "customer elsewhere disabled": lambda tx: set_customer_disabled(tx, B, LATE),
    "place elsewhere gone": lambda tx: remove_membership(tx, ADAM, B),
    "product disabled": lambda tx: set_product_disabled(tx, AUTO.id, LATE),
    "product changed": lambda tx: put_product(tx, replace(AUTO, approval="asked")),
    "directory token ended": lambda tx: remove_scim_token(tx, A, "t-a"),
    "provider changed": _providers_renamed,
    "domain removed": lambda tx: remove_domain(tx, OFF_PROVIDER.id, "acme.example"),
    "invitation used": lambda tx: use_link(tx, "i-1", LATE),
    "own name changed": lambda tx: change_profile(tx, ADAM, name="Adam Other", locale=None),
    "own address changed": lambda tx: rename_user(tx, ADAM, "adam@example.com", ("adam@example.org",)),
    "own domain proved": _prove_elsewhere,
    "address link used": lambda tx: use_link(tx, "a-1", LATE),
    "address taken by another": lambda tx: rename_user(tx, ANN, "adam@elsewhere.example", ()),
    "own password replaced": lambda tx: replace_password(tx, "user", ADAM, random_digest(), LATE),
    "member changed": _role(ANN, A, "administrator"),
    "member removed": lambda tx: remove_membership(tx, ANN, A),
    "account disabled": lambda tx: set_service_account_disabled(tx, ServiceAccountId("sa-a"), LATE),
    "account disabled by the operator": lambda tx: set_service_account_disabled(tx, OFF.id, LATE),
    "account has two passwords": lambda tx: put_service_account_password(
        tx, ServiceAccountId("sa-a"), "second", DIGEST, LATE, None
    ),
    "account limited": lambda tx: set_service_account_addresses(tx, ServiceAccountId("sa-a"), "127.0.0.0/8"),
    "account password changed": lambda tx: set_service_account_password(tx, ServiceAccountId("sa-a"), DIGEST, LATE),
    "request rejected": lambda tx: reject_request(tx, RequestId("r-asked"), OSKAR, LATE),
    "request withdrawn": _withdrawn,
    "first approval": lambda tx: approve_request_first(tx, _NEW, OSKAR, LATE, until=None),
    "first approval taken back": lambda tx: ask_about_request(tx, _FIRST, LATE),
    "second approval": lambda tx: confirm_request(tx, _FIRST, UserId("u-third"), LATE, client_id=ClientId("spa")),
    "subscription suspended": _moved("s-live", "suspend"),
    "subscription rejected": _moved("s-wait", "reject"),
    "subscription withdrawn": _moved("s-new", "cancel"),
    "subscription asked about": _moved("s-first", "ask"),
    "first approval of the subscription": lambda tx: approve_subscription_first(
        tx, SubscriptionId("s-new"), by=OSKAR, now=LATE, ends_at=None
    ),
    "second approval of the subscription": lambda tx: confirm_subscription(
        tx, SubscriptionId("s-first"), OSKAR, by="u-third", now=LATE, message=""
    ),
    "customers changed": _named("customers", "c-b", name="Renamed"),
    "sites changed": _named("sites", "c-a-s1", name="Renamed"),
    "units changed": _named("units", "US-c-a-10", controller_type="Renamed"),
    "users changed": _named("users", "u-ann", name="Renamed"),
    "role changed": _flags(ANN, "support"),
    "person to be erased renamed": _named("users", "u-left", name="Renamed"),
    "person to be erased enabled": lambda tx: set_user_disabled(tx, UserId("u-left"), None),
    "role of the change changed": _flags(UserId("u-bob"), "support"),
    "change withdrawn": lambda tx: end_proposal(tx, "ch-1", "withdrawn", OSKAR, LATE),
    "who approved first disabled": lambda tx: set_user_disabled(tx, OSKAR, LATE),
    "accounts changed": _named("accounts", "sa-a", name="Renamed"),
    "applications changed": _give,
    "tenants changed": lambda tx: put_tenant(tx, TENANT, ["renamed.example"], []),
    "tenant connected elsewhere": lambda tx: put_connection(
        tx, replace(CONNECTION, endpoint="https://other.example/token")
    ),
    "something hung on it": lambda tx: put_units(tx, [Unit(UnitId("US-hung"), SiteId("s-empty"), "elevator", LATE)]),
    "apis changed": _named("apis", "customer-api", name="Renamed"),
}


@dataclass(frozen=True)
class Actor:
    """Who makes a change, and what ends that they may."""

    user_id: UserId
    ends: Mapping[str, Work]


def _actor(who: UserId, ends: Mapping[str, Work]) -> Actor:
    return Actor(who, {name: work(who) for name, work in ENDS.items()} | dict(ends))


ACTORS = {
    "/portal": _actor(ADAM, PORTAL_ENDS),
    "/console": _actor(OLGA, CONSOLE_ENDS),
    # What is the person's own, whatever their place in a customer.
    "/account": _actor(ADAM, {}),
}
