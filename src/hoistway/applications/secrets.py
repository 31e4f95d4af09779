"""A further secret of an application: the same for its owner in the portal, for operators at the console and at the command line."""

from hoistway.authn.client_secret import MOST_SECRETS, living_secrets
from hoistway.store.client_secrets import ClientSecret, add_secret, secrets_of
from hoistway.store.clients import Client
from hoistway.store.db import Writer


class TwoSecrets(Exception):
    """Two work already: one must end before there is another. Nothing was written."""


async def add_further_secret(tx: Writer, client: Client, secret: ClientSecret, now: int) -> None:
    """`client` is the locked row. Raises TwoSecrets."""
    if len(living_secrets(await secrets_of(tx, client.id), now)) >= MOST_SECRETS:
        raise TwoSecrets
    await add_secret(tx, secret)
