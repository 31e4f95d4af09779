"""hoistway consent."""

from typing import Annotated

import typer

from hoistway import clock
from hoistway.applications.access import Access, access_of
from hoistway.commands.context import AsJson, fail, in_transaction, note, show_one, with_database
from hoistway.commands.named import person_called, person_id
from hoistway.commands.nouns import noun, verb
from hoistway.commands.tables import show
from hoistway.grants.consent import TakenBack, take_back
from hoistway.protocol.ids import ClientId, CustomerId, UserId
from hoistway.store.db import Database, Writer
from hoistway.store.users import lock_user

CONSENT = noun("What people allowed applications, and where their sign-ins last.")
COLUMNS = ("application", "customer", "scopes", "refresh_tokens", "since", "used_at")
Person = Annotated[str, typer.Argument(metavar="USER", help="Id or user name of the person.")]


def _row(access: Access) -> dict[str, object]:
    return {
        "application": access.client_id,
        "application_name": access.client_name,
        "customer": access.customer_id,
        "customer_name": access.customer_name,
        "scopes": [f"{api_id} {name}".strip() for api_id, name in sorted(access.scopes)],
        "consented_at": access.consented_at,
        "refresh_tokens": access.families,
        "since": access.since,
        "used_at": access.used_at,
    }


@verb(CONSENT, "list", "List which applications have access in a person's name, for which customer and to what.")
def list_consents(user: Person, as_json: AsJson = False) -> None:
    async def work(db: Database) -> list[Access] | None:
        found = await person_called(db, user)
        return None if found is None else await access_of(db, found.id, clock.now())

    rows = with_database(work)
    if rows is None:
        fail(f"there is no user {user}")
    show([_row(access) for access in rows], as_json, COLUMNS)


@verb(CONSENT, "revoke", "Take access back: consents, codes and refresh tokens end, access tokens within 5 seconds.")
def revoke(
    user: Person,
    application: Annotated[str | None, typer.Option(help="Id of the application; all of them without it.")] = None,
    customer: Annotated[str | None, typer.Option(help="Id of the customer; all of them without it.")] = None,
    as_json: AsJson = False,
) -> None:
    async def work(tx: Writer) -> list[tuple[ClientId, CustomerId, TakenBack]]:
        now, person = clock.now(), await lock_user(tx, UserId(await person_id(tx, user)))
        if person is None:
            fail(f"there is no user {user}")
        named = {(one.client_id, one.customer_id) for one in await access_of(tx, person.id, now)}
        if application is not None and customer is not None:
            # A code that is not redeemed yet is in no list.
            named = {(ClientId(application), CustomerId(customer))}
        ended = []
        for client_id, customer_id in sorted(named):
            if application in {None, client_id} and customer in {None, customer_id}:
                ended.append((client_id, customer_id, await take_back(tx, person.id, client_id, customer_id, now)))
                await note(tx, "consent.taken_back", user=person.id, application=client_id, customer=customer_id)
        return ended

    ended = in_transaction(work)
    show_one(
        {
            "user": user,
            "applications": sorted({client_id for client_id, _customer, one in ended if one.scopes or one.families}),
            "scopes": sum(one.scopes for _client, _customer, one in ended),
            "refresh_tokens": sum(one.refresh_tokens for _client, _customer, one in ended),
        },
        as_json,
    )
