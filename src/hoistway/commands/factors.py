"""hoistway user reset-factors, hoistway customer second-factor, and hoistway api require."""

from typing import Annotated, Any

import typer

from hoistway import clock
from hoistway.accounts.factors import is_reason, letter_about, reset_factors
from hoistway.commands.context import USAGE, AsJson, fail, in_transaction, note, read_settings, show_one
from hoistway.commands.named import person_id
from hoistway.commands.nouns import Id, verb, whole
from hoistway.mail.post import put_letter
from hoistway.mail.texts import letter_words
from hoistway.protocol.authentication import ACR_VALUES
from hoistway.protocol.ids import ApiId, CustomerId, UserId
from hoistway.store.apis import find_api
from hoistway.store.branding import find_branding
from hoistway.store.change_row import change_row, lock_row
from hoistway.store.customers import lock_customer
from hoistway.store.db import Writer
from hoistway.store.users import lock_user

NOTHING = "none"
OF = {"all": "all", "administrators": "administrators", "nobody": None}


def add_reset_factors(app: typer.Typer) -> None:
    @verb(
        app, "reset-factors",
        "Remove all second factors and remembered devices of a person who lost them, and end their sign-ins; mail tells the person.",
    )  # fmt: skip
    def reset(
        account_id: Id,
        reason: Annotated[str, typer.Option(help="Why, in 10 to 500 characters; goes into the audit trail.")],
        as_json: AsJson = False,
    ) -> None:
        if not is_reason(reason.strip()):
            fail("--reason must have 10 to 500 characters: who asked, and how you made sure of that", USAGE)
        settings = read_settings()

        async def work(tx: Writer) -> dict[str, Any]:
            user = await lock_user(tx, UserId(await person_id(tx, account_id)))
            if user is None:
                fail(f"there is no user {account_id}")
            removed = await reset_factors(tx, user.id, clock.now())
            await note(tx, "factors.reset", id=user.id, reason=reason.strip(), **removed)
            row, words = await find_branding(tx), letter_words(settings.mail_texts, settings.base_url)
            letter = letter_about(user, "reset", settings.brand if row is None else row.name, settings.base_url, words)
            await put_letter(settings, tx, user, letter, clock.now(), kind="factor reset")
            return {"id": user.id, "removed": removed}

        show_one(in_transaction(work), as_json)


def add_second_factor(app: typer.Typer) -> None:
    @verb(app, "second-factor", "Say of whom a customer requires a second factor, from their next sign-in on.")
    def second_factor(
        customer_id: Id,
        of: Annotated[str, typer.Option("--of", help="all, administrators or nobody.")],
        as_json: AsJson = False,
    ) -> None:
        if of not in OF:
            fail("--of must be all, administrators or nobody", USAGE)

        async def work(tx: Writer) -> dict[str, Any]:
            row = await lock_customer(tx, CustomerId(customer_id))
            if row is None:
                fail(f"there is no customer {customer_id}")
            await change_row(tx, "customers", row.id, {"second_factor": OF[of]})
            before = row.second_factor or "nobody"
            await note(tx, "customer.changed", customer_id=row.id, id=row.id, second_factor=of, before=before)
            return {"id": row.id, "second_factor": of}

        show_one(in_transaction(work), as_json)


def add_requirement(app: typer.Typer) -> None:
    @verb(app, "require", "Say what sign-ins of people an API demands; it answers with RFC 9470's challenge otherwise.")
    def require(
        api_id: Id,
        acr: Annotated[str, typer.Option(help=f"{', '.join(ACR_VALUES)}, or {NOTHING}.")] = NOTHING,
        max_age: Annotated[
            int | None, typer.Option(help="Seconds since the sign-in.", metavar="NUMBER", parser=whole(1, 86_400 * 365))
        ] = None,
        as_json: AsJson = False,
    ) -> None:
        if acr not in {*ACR_VALUES, NOTHING}:
            fail(f"--acr must be one of {', '.join(ACR_VALUES)} or {NOTHING}", USAGE)
        values = {"acr": None if acr == NOTHING else acr, "max_age": max_age}

        async def work(tx: Writer) -> dict[str, Any]:
            await lock_row(tx, "apis", api_id)
            row = await find_api(tx, ApiId(api_id))
            if row is None:
                fail(f"there is no API {api_id}")
            await change_row(tx, "apis", row.id, values)
            await note(tx, "api.changed", id=row.id, **values)
            return {"id": row.id, **values}

        show_one(in_transaction(work), as_json)
