"""An application gets another owner: what it was given for the one before ends, and its account stays theirs
(docs/adr/0008-applications.md)."""

from dataclasses import replace

from hoistway.applications.granting import account_prefix, add_account, origins_of
from hoistway.protocol.ids import CustomerId, ServiceAccountId
from hoistway.store.account_lists import clients_using
from hoistway.store.client_secrets import remove_secret, secrets_of
from hoistway.store.clients import Client, put_client
from hoistway.store.consents import remove_consents_at
from hoistway.store.db import Writer
from hoistway.store.requests import give_requests
from hoistway.store.service_accounts import find_service_account, set_service_account_disabled


async def give_application(tx: Writer, client: Client, owner: CustomerId, password_digest: str, now: int) -> None:
    """`client` is the locked row. Whoever knows a secret of it, holds a code or a token of it or allowed it something dealt with
    the owner before: all of that ends. A daemon in production sees its owner's units, so it gets an account of the new owner. What operators
    allowed the owner before, to ask nobody and to use old flows, they did not allow this one."""
    account = client.service_account_id
    if account is not None and client.environment == "production":
        if await _is_its_own(tx, client, account, now):
            await set_service_account_disabled(tx, account, now)
        account = await add_account(tx, client.id, client.name, owner, password_digest, now)
    for secret in await secrets_of(tx, client.id):
        await remove_secret(tx, client.id, secret.id)
    await remove_consents_at(tx, client.id)
    changed = replace(
        client, customer_id=owner, service_account_id=account, ended_at=now, consent="asked", exceptions=()
    )
    await put_client(tx, changed, origins_of(changed))
    await give_requests(tx, client.id, owner)


async def _is_its_own(tx: Writer, client: Client, account_id: ServiceAccountId, now: int) -> bool:
    """Made with the application, and no other one uses it: such an account is of no use without it."""
    account = await find_service_account(tx, account_id)
    if account is None or not account.username.startswith(account_prefix(client.id)):
        return False
    return all(one.id == client.id for one in await clients_using(tx, account_id, now))
