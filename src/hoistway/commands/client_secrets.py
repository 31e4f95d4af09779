"""hoistway app secret."""

from typing import Annotated

import typer

from hoistway import clock
from hoistway.applications.secrets import TwoSecrets, add_further_secret
from hoistway.authn.client_secret import new_secret
from hoistway.commands.context import AsJson, fail, in_transaction, note, show_one, with_database
from hoistway.commands.nouns import noun, verb
from hoistway.commands.tables import show
from hoistway.protocol.ids import ClientId
from hoistway.store.client_secrets import ClientSecret, remove_secret, secrets_of
from hoistway.store.clients import find_client, lock_client
from hoistway.store.db import Database, Writer

SECRET = noun("Secrets of applications: at most two live at once.")
Application = Annotated[str, typer.Argument(metavar="APP_ID", help="The application's id.")]


@verb(SECRET, "add", "Add a second secret beside the first; it is shown once.")
def add(client_id: Application, as_json: AsJson = False) -> None:
    secret, value = new_secret(ClientId(client_id), clock.now())

    async def work(tx: Writer) -> None:
        client = await lock_client(tx, secret.client_id)
        if client is None or not client.is_confidential_type:
            fail(f"there is no application {client_id} that may have a secret")
        try:
            await add_further_secret(tx, client, secret, clock.now())
        except TwoSecrets:
            fail("the application has two secrets: remove one first")
        await note(tx, "secret.added", client=client_id, secret=secret.id)

    in_transaction(work)
    show_one({"id": secret.id, "client_secret": value}, as_json)


@verb(SECRET, "list", "List the secrets by id and first characters.")
def list_all(client_id: Application, as_json: AsJson = False) -> None:
    async def work(db: Database) -> list[ClientSecret]:
        if await find_client(db, ClientId(client_id)) is None:
            fail(f"there is no application {client_id}")
        return await secrets_of(db, ClientId(client_id))

    rows = with_database(work)
    names = ("id", "prefix", "created_at", "expires_at", "last_used_at")
    show([{name: getattr(row, name) for name in names} for row in rows], as_json, names)


@verb(SECRET, "remove", "Remove a secret: it is refused within 5 seconds.")
def remove(
    client_id: Application,
    secret_id: Annotated[str, typer.Argument(metavar="SECRET_ID", help="Its id, from `app secret list`.")],
    as_json: AsJson = False,
) -> None:
    async def work(tx: Writer) -> None:
        if not await remove_secret(tx, ClientId(client_id), secret_id):
            fail(f"the application has no secret {secret_id}")
        await note(tx, "secret.revoked", client=client_id, secret=secret_id)

    in_transaction(work)
    show_one({"removed": secret_id}, as_json)
