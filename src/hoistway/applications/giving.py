"""Gives an application to another owner: what was given to it under the old owner ends, and its account stays with that
owner (docs/adr/0008-applications.md).
"""

from msgspec.structs import replace

from hoistway.applications.granting import account_prefix, add_account, origins_of
from hoistway.protocol.ids import CustomerId, ServiceAccountId
from hoistway.protocol.manage_scopes import manages
from hoistway.store.account_lists import clients_using
from hoistway.store.client_secrets import remove_secret, secrets_of
from hoistway.store.clients import Client, put_client
from hoistway.store.consents import remove_consents_at
from hoistway.store.db import Writer
from hoistway.store.request_owners import give_requests, withdraw_requests
from hoistway.store.service_accounts import find_service_account, set_service_account_disabled


async def give_application(
    tx: Writer, client: Client, owner: CustomerId, password_digest: str, now: int, *, by_both: bool = False
) -> None:
    """`client` is the locked row. Whoever knows one of its secrets, holds a code or token of it, or consented to it,
    dealt with the old owner: all of that ends. A daemon in production sees its owner's units, so it gets an account of
    the new owner. Exceptions that operators gave the old owner (no consent, legacy flows) end, too. What was written in
    requests about it goes along where somebody gives it who administers both customers (`by_both`); between strangers it
    stays, and what is open is withdrawn."""
    account = client.service_account_id
    if account is not None and client.environment == "production":
        if await _is_its_own(tx, client, account, now):
            await set_service_account_disabled(tx, account, now)
        account = await add_account(tx, client.id, client.name, owner, password_digest, now)
    for secret in await secrets_of(tx, client.id):
        await remove_secret(tx, client.id, secret.id)
    await remove_consents_at(tx, client.id)
    # The management API is for the operator's own.
    scopes = tuple(scope for scope in client.scopes if not manages((scope,)))
    changed = replace(
        client,
        scopes=scopes,
        customer_id=owner,
        service_account_id=account,
        ended_at=now,
        consent="asked",
        exceptions=(),
    )
    await put_client(tx, changed, origins_of(changed))
    if by_both and client.customer_id is not None:
        await give_requests(tx, client.id, client.customer_id, owner, now)
    else:
        await withdraw_requests(tx, client.id, now)


def sides(former: CustomerId | None, owner: CustomerId) -> list[tuple[CustomerId, dict[str, CustomerId]]]:
    """Whose entry in the audit trail says what: neither is told who the other one is."""
    lost = [] if former is None else [(former, {"given_by": former})]
    return [*lost, (owner, {"given_to": owner})]


async def _is_its_own(tx: Writer, client: Client, account_id: ServiceAccountId, now: int) -> bool:
    """True where the account was made together with the application and no other application uses it: then it is of no
    use without it."""
    account = await find_service_account(tx, account_id)
    if account is None or not account.username.startswith(account_prefix(client.id)):
        return False
    return all(one.id == client.id for one in await clients_using(tx, account_id, now))
