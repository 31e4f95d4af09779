"""hoistway scim token: the tokens with which customers' directories push people (docs/adr/0033-scim.md)."""

from typing import Annotated

import typer

from hoistway import clock
from hoistway.accounts.directory_tokens import TooManyTokens, add_token, end_token
from hoistway.authn.scim_token import new_token
from hoistway.commands.context import AsJson, fail, in_transaction, note, read_settings, show_one, with_database
from hoistway.commands.nouns import noun, verb, whole
from hoistway.commands.tables import show
from hoistway.protocol.ids import CustomerId
from hoistway.store.customers import find_customer, lock_customer
from hoistway.store.db import Database, Writer
from hoistway.store.scim_tokens import ListedToken, list_scim_tokens

SCIM = noun("Directories of customers (SCIM): Entra ID, Okta and others push people and take them away.")
TOKEN = noun("Tokens of a customer's directory: at most two live at once.")
SCIM.add_typer(TOKEN, name="token")
Customer = Annotated[str, typer.Argument(metavar="CUSTOMER_ID", help="The customer's id.")]
Days = Annotated[int, typer.Option(help="How many days it lives, 1 to 730.", metavar="NUMBER", parser=whole(1, 730))]


@verb(TOKEN, "add", "Make a token; it is shown once, with the address for the directory.")
def add(customer: Customer, days: Days = 365, as_json: AsJson = False) -> None:
    now = clock.now()
    row, value = new_token(CustomerId(customer), now, days)

    async def work(tx: Writer) -> None:
        if await lock_customer(tx, row.customer_id) is None:
            fail(f"there is no customer {customer}")
        try:
            await add_token(tx, row)
        except TooManyTokens:
            fail(f"the customer has {TooManyTokens.most} tokens: revoke one first")
        await note(tx, "scim.token_added", id=row.id, customer=customer)

    in_transaction(work)
    base_url = f"{read_settings().base_url}/scim/v2/{customer}"
    show_one({"id": row.id, "token": value, "base_url": base_url, "expires_at": row.expires_at}, as_json)


@verb(TOKEN, "list", "List the tokens by id and first characters.")
def list_all(customer: Customer, as_json: AsJson = False) -> None:
    async def work(db: Database) -> list[ListedToken]:
        if await find_customer(db, CustomerId(customer)) is None:
            fail(f"there is no customer {customer}")
        return await list_scim_tokens(db, CustomerId(customer))

    names = ("id", "prefix", "made_by", "created_at", "expires_at", "last_used_at")
    show([{name: getattr(row, name) for name in names} for row in with_database(work)], as_json, names)


@verb(TOKEN, "revoke", "Revoke a token: it is refused at once.")
def revoke(
    customer: Customer,
    token_id: Annotated[str, typer.Argument(metavar="TOKEN_ID", help="Its id, from `scim token list`.")],
    as_json: AsJson = False,
) -> None:
    async def work(tx: Writer) -> None:
        await lock_customer(tx, CustomerId(customer))
        if not await end_token(tx, CustomerId(customer), token_id):
            fail(f"the customer has no token {token_id}")
        await note(tx, "scim.token_revoked", id=token_id, customer=customer)

    in_transaction(work)
    show_one({"revoked": token_id}, as_json)
