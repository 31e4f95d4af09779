"""Every reason for which the API would refuse an access token, where the API itself stops at the first (endpoints/judge)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hoistway.commands.token_words import is_time, moment, span
from hoistway.protocol.claims import audiences_of
from hoistway.protocol.ids import ApiId, ClientId, CustomerId, ServiceAccountId, UserId
from hoistway.protocol.jwt import BadToken, UnknownKey, verify
from hoistway.protocol.sandbox import SANDBOX, may_name
from hoistway.store.apis import Api, list_apis
from hoistway.store.clients import find_client
from hoistway.store.customers import find_customer
from hoistway.store.db import Database
from hoistway.store.keys import all_keys
from hoistway.store.memberships import find_membership
from hoistway.store.service_accounts import ServiceAccount, find_service_account
from hoistway.store.users import User, find_user
from hoistway.tokens.keyring import Keyring
from hoistway.tokens.revoked import Revoked
from hoistway.tokens.vault import Vault

Claims = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reason:
    """`code` is for programs and stays; `because` is for people."""

    code: str
    because: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which API, for which scope; `base_url` is None where this server's own URL is not known here."""

    api_id: ApiId
    scope: str | None
    base_url: str | None
    now: int


async def judge(db: Database, vault: Vault, token: str, header: Claims, claims: Claims, asked: Asked) -> list[Reason]:
    """Empty where the API accepts it."""
    return [
        *_kind(header),
        *await _signature(db, vault, token, header, asked.now),
        *_times(claims, asked.now),
        *_issuer(claims, asked.base_url),
        *await _api(db, claims, asked),
        *await _revoked(db, claims, asked.now),
        *await judge_application(db, str(claims.get("client_id") or ""), str(claims.get("customer") or "")),
        *await _account(db, claims),
    ]


def _kind(header: Claims) -> list[Reason]:
    kind = str(header.get("typ")).lower().removeprefix("application/")
    if kind == "at+jwt":
        return []
    if kind == "jwt":
        return [Reason("wrong_kind", "this is an ID token, for the application itself: send the access token")]
    return [Reason("wrong_kind", f"typ is {header.get('typ')}: an access token has at+jwt")]


async def _signature(db: Database, vault: Vault, token: str, header: Claims, now: int) -> list[Reason]:
    keyring = Keyring(vault)
    await keyring.load(db, now)
    kind = str(header.get("typ")).lower().removeprefix("application/")
    try:
        verify(token, keyring.verifying, typ=frozenset({kind}))
    except UnknownKey:
        gone = next((row for row in await all_keys(db) if row.id == header.get("kid")), None)
        if gone is None or gone.gone_at is None:
            why = "no key of this server has that kid: it comes from another server or database"
        else:
            why = f"it was removed, {moment(gone.gone_at, now)}: whatever it signed has ended"
        return [Reason("unknown_key", f"signed with the key {header.get('kid')}; {why}")]
    except BadToken as error:
        return [Reason("bad_signature", str(error))]
    return []


def _times(claims: Claims, now: int) -> list[Reason]:
    exp, nbf = claims.get("exp"), claims.get("nbf", 0)
    if not is_time(exp) or not is_time(nbf) or exp is None:
        return [Reason("bad_times", "exp or nbf is not a time")]
    reasons = []
    if exp <= now:
        reasons.append(Reason("expired", f"it expired at {moment(exp, now)}: get a new one"))
    if nbf > now:
        ahead = span(nbf - now)
        reasons.append(
            Reason(
                "not_yet_valid",
                f"it is valid from {moment(nbf, now)}: this clock is {ahead} behind the issuer's, or more",
            )
        )
    return reasons


def _issuer(claims: Claims, base_url: str | None) -> list[Reason]:
    issuer = str(claims.get("iss"))
    if base_url is None or issuer == base_url or issuer.startswith(f"{base_url}/"):
        return []
    return [Reason("wrong_issuer", f"issued by {issuer}, and this server is {base_url}")]


async def _api(db: Database, claims: Claims, asked: Asked) -> list[Reason]:
    apis = await list_apis(db)
    api = next((row for row in apis if row.id == asked.api_id), None)
    if api is None:
        return [Reason("api_unknown", f"there is no API {asked.api_id}")]
    reasons = [Reason("api_disabled", f"the API {api.id} is disabled")] if api.disabled_at is not None else []
    meant = audiences_of(claims)
    if api.audience not in meant:
        reasons.append(Reason("wrong_audience", f"it is meant for {_named(apis, claims)}; this API is {api.audience}"))
    held = frozenset(str(claims.get("scope", "")).split())
    offered = {scope.name for scope in api.scopes}
    if asked.scope is not None and asked.scope not in held:
        reasons.append(Reason("missing_scope", f"it lacks the scope {asked.scope}; it has: {_list(held)}"))
    elif asked.scope is None and not held & offered:
        reasons.append(
            Reason("missing_scope", f"it has no scope of this API ({_list(offered)}); it has: {_list(held)}")
        )
    return reasons


def _named(apis: list[Api], claims: Claims) -> str:
    meant = audiences_of(claims)
    other = next((row for row in apis if row.audience in meant), None)
    if other is not None:
        return f"the API {other.id}"
    if claims.get("client_id") in meant:
        return "the application itself, for no scope of an API was asked for"
    return _list(meant)


def _list(words: frozenset[str] | set[str]) -> str:
    return ", ".join(sorted(words)) or "none"


async def _revoked(db: Database, claims: Claims, now: int) -> list[Reason]:
    revoked = Revoked()
    await revoked.load(db, now)
    reasons = []
    if claims.get("jti") in revoked:
        reasons.append(Reason("revoked", "this token was revoked"))
    if claims.get("grant_id") in revoked:
        reasons.append(Reason("revoked", "the sign-in or refresh token family that it came from was revoked"))
    return reasons


async def judge_application(db: Database, client_id: str, customer_id: str) -> list[Reason]:
    """`customer_id`: whom its token names."""
    client = await find_client(db, ClientId(client_id)) if client_id else None
    if client is None:
        return [Reason("application_unknown", f"there is no application {client_id or 'in it'}")]
    reasons = []
    if client.disabled_at is not None:
        reasons.append(Reason("application_disabled", f"the application {client.name} ({client.id}) is disabled"))
    if not may_name(client.environment, CustomerId(customer_id)):
        words = (
            f"{client.name} is a {client.environment} application: its tokens may not name {customer_id or 'nobody'}"
        )
        reasons.append(Reason("wrong_environment", words))
    return reasons


async def _account(db: Database, claims: Claims) -> list[Reason]:
    kind = "service_account" if claims.get("service_account") else "user"
    issued = claims.get("iat")
    by_password = kind == "user" or "grant_id" in claims
    since = issued if isinstance(issued, int) else 0
    return await judge_account(
        db, kind, str(claims.get("sub") or ""), str(claims.get("customer") or ""), since if by_password else None
    )


async def judge_account(
    db: Database, kind: str, account_id: str, customer_id: str, proven_at: int | None
) -> list[Reason]:
    """`proven_at`: when its password was proven, None where none was."""
    customer = await find_customer(db, CustomerId(customer_id))
    reasons = []
    if customer is None:
        reasons.append(Reason("customer_unknown", f"there is no customer {customer_id or 'in it'}"))
    elif customer.disabled_at is not None:
        reasons.append(Reason("customer_disabled", f"the customer {customer.name} ({customer.id}) is disabled"))
    account: User | ServiceAccount | None
    if kind == "service_account":
        account = await find_service_account(db, ServiceAccountId(account_id))
        at_home = account is not None and account.customer_id == customer_id
    else:
        account = await find_user(db, UserId(account_id))
        member = await find_membership(db, UserId(account_id), CustomerId(customer_id))
        at_home = account is not None and (member is not None or account.is_employee or customer_id == SANDBOX)
    if account is None:
        return [*reasons, Reason("account_unknown", f"there is no account {account_id or 'in it'}")]
    if account.disabled_at is not None:
        reasons.append(Reason("account_disabled", f"the account {account.username} ({account.id}) is disabled"))
    if not at_home:
        reasons.append(Reason("no_place", f"{account.username} has no place in the customer {customer_id}"))
    if proven_at is not None and account.password_changed_at > proven_at:
        reasons.append(Reason("password_changed", f"the password of {account.username} was changed since"))
    return reasons
