"""Finds every reason why the API would refuse a token, including those of its account, application and customer.

The portal's inspector and `hoistway token inspect` use it; it must agree with api/guard
(https://www.rfc-editor.org/rfc/rfc9068#section-4).
"""

from collections.abc import Mapping
from typing import Any

from hoistway.authn.directory import last_given
from hoistway.protocol.claims import account_in
from hoistway.protocol.explain import Readable, Reason, moment
from hoistway.protocol.ids import ClientId, CustomerId, ServiceAccountId, UserId
from hoistway.protocol.sandbox import SANDBOX, may_name
from hoistway.protocol.two_passwords import which_began
from hoistway.settings import CACHE_SECONDS
from hoistway.store.clients import find_client
from hoistway.store.customers import find_customer
from hoistway.store.db import Reader
from hoistway.store.memberships import find_membership
from hoistway.store.service_accounts import ServiceAccount, find_service_account
from hoistway.store.users import User, find_user
from hoistway.tokens.revoked import Revoked


def _reason(code: str, **names: str) -> Reason:
    return Reason(code, names)


def _revoked(claims: Mapping[str, Any], revoked: Revoked) -> Reason | None:
    if claims.get("jti") in revoked:
        return _reason("revoked")
    return _reason("grant_revoked") if claims.get("grant_id") in revoked else None


async def reasons_of_application(db: Reader, client_id: str, customer_id: str) -> list[Reason]:
    """`customer_id` is the customer that the token names."""
    client = await find_client(db, ClientId(client_id))
    if client is None:
        return [_reason("application_unknown", id=client_id)]
    reasons = [] if client.disabled_at is None else [_reason("application_disabled", name=client.name)]
    if not may_name(client.environment, CustomerId(customer_id)):
        reasons.append(_reason("environment", name=client.name, environment=client.environment))
    return reasons


async def reasons_of_customer(db: Reader, customer_id: str) -> list[Reason]:
    customer = await find_customer(db, CustomerId(customer_id))
    if customer is None:
        return [_reason("customer_unknown", id=customer_id)]
    return [] if customer.disabled_at is None else [_reason("customer_disabled", name=customer.name)]


def _has_new_password(account: User | ServiceAccount, proven_at: int, grant_id: object, now: int) -> bool:
    if isinstance(account, User):
        return account.password_changed_at > proven_at
    secret = account.secret(which_began(grant_id))
    return secret.changed_at > proven_at or secret.is_over(now)


async def reasons_of_account(
    db: Reader, kind: str, account_id: str, customer_id: str, proven_at: int | None, *, acted: bool = True,
    grant_id: object = None, now: int,
) -> list[Reason]:  # fmt: skip
    """`proven_at` is when the account's password was proven, None where the application's own secret was. `acted` is
    True where an employee without a place in the customer may have the token, `grant_id` the family."""
    account: User | ServiceAccount | None
    if kind == "service_account":
        account = await find_service_account(db, ServiceAccountId(account_id))
        at_home = account is not None and account.customer_id == customer_id
    else:
        account = user = await find_user(db, UserId(account_id))
        at_home = user is not None and (
            (acted and user.is_employee)
            or customer_id == SANDBOX
            or await find_membership(db, user.id, CustomerId(customer_id)) is not None
        )
    if account is None:
        return [_reason("account_unknown", id=account_id)]
    found = {
        "account_disabled": account.disabled_at is not None,
        "no_place": not at_home,
        "password_changed": proven_at is not None and _has_new_password(account, proven_at, grant_id, now),
    }
    return [_reason(code, name=account.name, customer=customer_id) for code, holds in found.items() if holds]


async def reasons_of_end(
    db: Reader, kind: str, account_id: str, customer_id: str, client_id: str, given_at: int
) -> list[Reason]:
    """Reasons why a token ended although everything that it names is enabled: something was disabled in between, the
    application was given away, or the person joined the customer only after the token was issued."""
    find = find_service_account(db, ServiceAccountId(account_id)) if kind == "service_account" else None
    account = await find if find is not None else await find_user(db, UserId(account_id))
    rows = (account, await find_customer(db, CustomerId(customer_id)), await find_client(db, ClientId(client_id)))
    ends = [row.ended_at for row in rows if row is not None and row.disabled_at is None and row.ended_at is not None]
    ended_at = max(ends, default=-1)
    ended = bool(ends) and last_given(ended_at, CACHE_SECONDS) >= given_at
    reasons = [_reason("ended", at=moment(ended_at))] if ended else []
    joined = None if kind != "user" else await find_membership(db, UserId(account_id), CustomerId(customer_id))
    if joined is not None and joined.created_at > given_at and customer_id != SANDBOX:
        reasons.append(_reason("joined_since", at=moment(joined.created_at)))
    return reasons


async def reasons_of_life(db: Reader, revoked: Revoked, said: Readable, now: int) -> tuple[Reason, ...]:
    """Reasons that the token alone can't tell. Only for somebody who may hear about its customer, because each answer
    reveals whether something exists."""
    claims = said.claims
    client_id, customer_id, account = (
        *(str(claims.get(name)) for name in ("client_id", "customer")),
        str(account_in(claims)),
    )
    kind = "service_account" if claims.get("service_account") else "user"
    issued = claims.get("iat")
    # With client credentials no password of the account was proven.
    by_password = kind == "user" or "grant_id" in claims
    proven_at = (issued if isinstance(issued, int) else 0) if by_password else None
    ended = _revoked(claims, revoked)
    return (
        *([ended] if ended is not None else []),
        *await reasons_of_application(db, client_id, customer_id),
        *await reasons_of_customer(db, customer_id),
        *await reasons_of_account(
            db,
            kind,
            account,
            customer_id,
            proven_at,
            acted="acting_for" in claims,
            grant_id=claims.get("grant_id"),
            now=now,
        ),
        *await reasons_of_end(db, kind, account, customer_id, client_id, issued if isinstance(issued, int) else 0),
    )
