"""The simulated customer and applications of the sandbox, beside the world of tests/world."""

from hoistway.applications.simulated import keep_sandbox
from hoistway.authn.client import secret_digest
from hoistway.protocol.ids import ServiceAccountId
from hoistway.protocol.sandbox import SANDBOX
from hoistway.store.client_secrets import ClientSecret, add_secret
from hoistway.store.clients import add_client
from hoistway.store.db import Writer
from hoistway.store.service_accounts import ServiceAccount, add_service_account
from tests.world import ALL, DIGEST, NOW, SCOPES, SECRET, A, allowed, client

IN_SANDBOX: dict[str, object] = {"environment": "sandbox", "customer_id": A}


async def add_sandbox(tx: Writer) -> None:
    """`sand` and `sand-asks` are single-page, `sand-implicit` on the implicit flow, `sand-daemon` a daemon, `sand-thief` one
    that is bound to a real account, `real-thief` a production one bound to the simulated account."""
    await keep_sandbox(tx, NOW)
    account = ServiceAccount(ServiceAccountId("sa-sand"), "sand", "sand", "Simulated", SANDBOX, DIGEST, NOW, NOW)
    await add_service_account(tx, account)
    daemon: dict[str, object] = {"grants": ("client_credentials",), "scopes": SCOPES, "redirect_uris": ()}
    for row in (
        client("sand", "single-page", **IN_SANDBOX),
        client("sand-asks", "single-page", consent="asked", scopes=ALL, **IN_SANDBOX),
        client("sand-implicit", "single-page", response_types=("token",), exceptions=allowed("implicit"), **IN_SANDBOX),
        client("sand-daemon", "daemon", service_account_id=account.id, **daemon, **IN_SANDBOX),
        client("sand-thief", "daemon", service_account_id=ServiceAccountId("sa-a"), **daemon, **IN_SANDBOX),
        client("real-thief", "daemon", service_account_id=account.id, **daemon, customer_id=A),
        client(
            "sand-ropc", "desktop", grants=("password", "refresh_token"), exceptions=allowed("password"), **IN_SANDBOX
        ),
    ):
        await add_client(tx, row, frozenset())
        if row.is_confidential_type:
            await add_secret(tx, ClientSecret(f"s-{row.id}", row.id, secret_digest(SECRET), SECRET[:6], NOW))
