"""hoistway setup: makes what an empty installation needs before the first person can sign in (docs/production.md)."""

import sys
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from msgspec import Struct

from hoistway import clock
from hoistway.applications.apis import ScopeRefused, add_new_api
from hoistway.applications.granting import CUSTOMER_API, CUSTOMER_SCOPES
from hoistway.applications.managing import keep_management_api
from hoistway.authn.passwords import Passwords
from hoistway.commands.context import (
    USAGE,
    AsJson,
    fail,
    in_transaction,
    known_environment,
    note,
    on_database,
    read_settings,
    show_one,
    warn,
)
from hoistway.commands.next_steps import next_steps
from hoistway.commands.nouns import verb
from hoistway.commands.passwords import FromStdin, choose_password
from hoistway.commands.tenants import kept_id, other_tenant
from hoistway.portal.own_application import keep_own_application
from hoistway.protocol.email_domain import own_addresses
from hoistway.protocol.ids import ClientId, CustomerId, UserId
from hoistway.protocol.sandbox import SANDBOX
from hoistway.settings import Settings
from hoistway.store.apis import Api, ApiScope, find_api
from hoistway.store.backup import restore_warnings
from hoistway.store.clients import Client, LegacyException, add_client, find_client
from hoistway.store.customers import Customer, add_customer, find_customer
from hoistway.store.db import Writer
from hoistway.store.tenants import find_tenant, put_tenant
from hoistway.store.users import User, add_user, find_user_by_name
from hoistway.tokens.issue import DEFAULT_LIFETIME

POLICIES = [("B2C_1_ROPC", "ropc"), ("B2C_1_SignIn", "sign_in")]


class Wanted(Struct, frozen=True):
    """What should exist afterwards; what exists already stays as it is. `tenant` is its name, and the id that it shall keep.
    `keeps_uri` is False where somebody named the API's URI."""

    operator: User
    api: Api
    keeps_uri: bool
    customer: Customer
    tenant: tuple[str, str | None] | None
    proxy: Client | None


async def _operator(tx: Writer, row: User) -> bool:
    if await find_user_by_name(tx, row.username) is not None:
        return False
    await add_user(tx, row)
    await note(tx, "user.added", id=row.id, flags=list(row.flags))
    return True


async def _api(tx: Writer, row: Api, *, keeps_uri: bool) -> tuple[str, bool]:
    """Returns its URI, and whether it was made."""
    known = await find_api(tx, row.id)
    if known is not None:
        if not keeps_uri and known.uri != row.uri:
            fail(
                f"the API {row.id} has the URI {known.uri} and keeps it, because tokens and consents hang on it: leave --api-uri "
                "out, or begin with an empty database"
            )
        return known.uri, False
    try:
        await add_new_api(tx, row)
    except ScopeRefused as error:
        fail(str(error))
    await note(tx, "api.added", id=row.id)
    return row.uri, True


async def _customer(tx: Writer, row: Customer) -> bool:
    if await find_customer(tx, row.id) is not None:
        return False
    await add_customer(tx, row)
    await note(tx, "customer.added", id=row.id)
    return True


async def _proxy(tx: Writer, row: Client) -> bool:
    if await find_client(tx, row.id) is not None:
        return False
    await add_client(tx, row)
    await note(tx, "application.added", id=row.id)
    await note(
        tx, "application.exception_granted", id=row.id, kind="password", reason=row.exceptions[0].reason,
        ends_at=row.exceptions[0].ends_at,
    )  # fmt: skip
    return True


async def _tenant(tx: Writer, name: str, kept: str | None) -> bool:
    known = await find_tenant(tx, name)
    if known is not None:
        if kept is not None and known.id != kept:
            fail(other_tenant(name, known.id))
        return False
    tenant_id = kept or str(uuid.uuid4())
    await put_tenant(tx, tenant_id, [name], POLICIES)
    await note(tx, "tenant.added", id=tenant_id)
    return True


async def _write(tx: Writer, wanted: Wanted) -> dict[str, str]:
    """Returns what was made and what existed, by kind."""
    uri, is_new = await _api(tx, wanted.api, keeps_uri=wanted.keeps_uri)
    done = {
        f"operator {wanted.operator.username}": await _operator(tx, wanted.operator),
        f"API {wanted.api.id} ({uri})": is_new,
        f"customer {wanted.customer.id}": await _customer(tx, wanted.customer),
    }
    if wanted.tenant is not None:
        done[f"tenant {wanted.tenant[0]}"] = await _tenant(tx, *wanted.tenant)
    if wanted.proxy is not None:
        done[f"ROPC proxy {wanted.proxy.id}"] = await _proxy(tx, wanted.proxy)
    return {what: "made" if made else "was there, unchanged" for what, made in done.items()}


def _exception(reason: str | None, ends: datetime | None) -> LegacyException:
    if not reason or ends is None:
        fail("--ropc-proxy needs --ropc-reason and --ropc-ends: the password grant is lent until a date", USAGE)
    until, now = int(ends.replace(tzinfo=UTC).timestamp()), clock.now()
    if until <= now:
        fail("--ropc-ends must lie in the future", USAGE)
    return LegacyException("password", reason, until, "cli", now)


def _proxy_row(client_id: str | None, exception: LegacyException) -> Client:
    return Client(
        ClientId(client_id or str(uuid.uuid4())), "ROPC Proxy", "desktop", grants=("password", "refresh_token"),
        scopes=("openid", "profile", "email", "offline_access", *CUSTOMER_SCOPES), exceptions=(exception,), consent="implied",
        created_at=clock.now(),
    )  # fmt: skip


def _asked(given: str | None, option: str, question: str) -> str:
    """Asks where a person is at a terminal; a program is told which option is missing."""
    if given:
        return given
    if not sys.stdin.isatty():
        fail(f"{option} is missing: {question.lower()}", USAGE)
    answer: str = typer.prompt(question, err=True)
    return answer.strip()


Text = str | None
Operator = Annotated[Text, typer.Option(help="User name of the first operator, such as an e-mail address.")]
OperatorName = Annotated[Text, typer.Option(help="As pages show it; the user name without it.")]
FirstCustomer = Annotated[Text, typer.Option(help="Id of the first customer.")]
CustomerName = Annotated[Text, typer.Option(help="Its name.")]
Uri = Annotated[
    Text, typer.Option(help="Audience of the Customer API, prefix of its scopes; HOISTWAY_BASE_URL/api/v1 without it.")
]
TenantName = Annotated[
    Text, typer.Option(help="Name of an Azure AD B2C tenant whose programs move here: its URL shapes are answered.")
]
TenantId = Annotated[
    Text,
    typer.Option(
        metavar="GUID", help="Its id, which programs find in `iss`, `tid` and addresses; a new one without it."
    ),
]
Proxy = Annotated[bool, typer.Option("--ropc-proxy", help="Make the application of the password grant.")]
ProxyId = Annotated[Text, typer.Option(help="Keep the id of the older system's ROPC proxy.")]
ProxyReason = Annotated[Text, typer.Option(help="Why it can't be missed yet.")]
ProxyEnds = Annotated[datetime | None, typer.Option(help="It ends when this day begins (UTC).", formats=["%Y-%m-%d"])]


def add_setup(app: typer.Typer, prepare: Callable[[Settings], list[str]]) -> None:
    """`prepare` makes schema and keys, and returns warnings about the database."""

    @verb(app, "setup", "Make what an empty installation needs: operator, Customer API, customer; say what to do next.")
    def setup(
        operator: Operator = None, operator_name: OperatorName = None, customer: FirstCustomer = None,
        customer_name: CustomerName = None, api_uri: Uri = None, tenant: TenantName = None,
        tenant_id: TenantId = None, ropc_proxy: Proxy = False, ropc_client_id: ProxyId = None,
        ropc_reason: ProxyReason = None, ropc_ends: ProxyEnds = None, password_stdin: FromStdin = False, as_json: AsJson = False,
    ) -> None:  # fmt: skip
        base_url = known_environment().base_url
        if base_url is None:
            fail("HOISTWAY_BASE_URL is not set: the public https URL of this server, the issuer of tokens", USAGE)
        kept = kept_id(tenant_id, "--tenant-id")
        if kept is not None and tenant is None:
            fail("--tenant-id needs --tenant: the name to which it belongs", USAGE)
        proxy = _proxy_row(ropc_client_id, _exception(ropc_reason, ropc_ends)) if ropc_proxy else None
        username = _asked(operator, "--operator", "User name of the first operator")
        customer_id = _asked(customer, "--customer", "Id of the first customer")
        if customer_id == SANDBOX:
            fail("the id sandbox is that of the simulated customer: choose another", USAGE)
        password, shown_once = choose_password(password_stdin, (username, operator_name, customer_name))
        wanted = Wanted(
            _operator_row(username, operator_name or username, password),
            _api_row(api_uri or f"{base_url.rstrip('/')}/api/v1"),
            api_uri is None,
            Customer(CustomerId(customer_id), customer_name or customer_id, clock.now()),
            None if tenant is None else (tenant, kept),
            proxy,
        )
        settings = read_settings()
        warn(prepare(settings))
        warn(restore_warnings(settings.database))
        done = in_transaction(lambda tx: _write(tx, wanted))
        on_database(settings, lambda db: keep_management_api(db, settings.base_url, clock.now()))
        on_database(settings, lambda db: keep_own_application(db, settings.base_url, clock.now()))
        left = on_database(settings, lambda db: next_steps(db, base_url.rstrip("/"), wanted.customer.id))
        _show(done, wanted, shown_once, left, as_json)


def _operator_row(username: str, name: str, password: str) -> User:
    now, emails = clock.now(), own_addresses(username)
    digest = Passwords(1).hash_now(password)
    return User(
        UserId(str(uuid.uuid4())), username, name, emails, ("employee", "operator"), None, digest, None, now, now
    )


def _api_row(uri: str) -> Api:
    scopes = tuple(ApiScope(name, text) for name, text in CUSTOMER_SCOPES.items())
    return Api(CUSTOMER_API, "Customer API", uri, uri, scopes, DEFAULT_LIFETIME, "ES256", None, clock.now())


def _show(
    done: dict[str, str], wanted: Wanted, shown_once: dict[str, str], steps: Sequence[str], as_json: bool
) -> None:
    is_new = done[f"operator {wanted.operator.username}"] == "made"
    secret = {f"operator_{name}": value for name, value in shown_once.items()} if is_new else {}
    if as_json:
        proxy = {} if wanted.proxy is None else {"ropc_proxy": wanted.proxy.id}
        show_one({"done": done, "next": list(steps), **proxy, **secret}, as_json)
        return
    show_one({**done, **secret}, as_json)
    typer.echo("\nNext:")
    for number, step in enumerate(steps, 1):
        typer.echo(f"  {number}. {step}")
