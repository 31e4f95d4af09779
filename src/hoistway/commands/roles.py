"""Roles of people, and the end of their accounts, at the command line, by the same rules as at the console.

Whoever holds the database acts alone: no second operator is asked (docs/adr/0012-two-approve.md).
"""

from typing import Annotated

import typer

from hoistway import clock
from hoistway.accounts.roles import LastOperator, OnlyAdministrator, SignsInElsewhere, change_flags, switch_person
from hoistway.commands.context import USAGE, AsJson, fail, in_transaction, note, show_one
from hoistway.commands.named import person_id
from hoistway.commands.nouns import Id, verb
from hoistway.protocol.ids import UserId
from hoistway.protocol.roles import ROLES, with_role
from hoistway.store.db import Writer
from hoistway.store.turns import take_turn
from hoistway.store.users import User, lock_user

LAST = "this is the only operator whose account works: give another person the role first (hoistway user role)"
ELSEWHERE = (
    "an address of the account is in a domain that leads to a customer's provider (hoistway provider list), so this person"
    " could not sign in here: give the account another address first"
)
NONE = "none"


def only_administrator(refusal: OnlyAdministrator) -> str:
    customer = refusal.customer_id
    return (
        f"this is the only administrator of {customer} whose account works: make another first "
        f"(hoistway user join ID --customer {customer} --role administrator)"
    )


async def lock_person(tx: Writer, user_id: str) -> User | None:
    """Takes turns with the operators at the console."""
    await take_turn(tx)
    return await lock_user(tx, UserId(await person_id(tx, user_id)))


async def switch_user(tx: Writer, user_id: str, at: int | None) -> bool:
    """Disables or enables; ends the command where no operator would be left."""
    person = await lock_person(tx, user_id)
    if person is None:
        return False
    try:
        await switch_person(tx, person, at, clock.now())
    except LastOperator:
        fail(LAST)
    return True


def add_role(app: typer.Typer) -> None:
    @verb(app, "role", "Choose what a person may do at the console.")
    def role(
        user_id: Id,
        role: Annotated[str, typer.Argument(metavar="ROLE", help=f"{', '.join(ROLES)} or {NONE}.")],
        employee: Annotated[
            bool | None, typer.Option(help="Works for you: may get tokens for every customer; as it is without it.")
        ] = None,
        as_json: AsJson = False,
    ) -> None:
        if role not in {*ROLES, NONE}:
            fail(f"the role must be one of {', '.join((*ROLES, NONE))}", USAGE)

        async def work(tx: Writer) -> tuple[str, ...]:
            person = await lock_person(tx, user_id)
            if person is None:
                fail(f"there is no user {user_id}")
            works_here = person.is_employee if employee is None else employee
            flags = with_role(person.flags, None if role == NONE else role, employee=works_here)
            try:
                await change_flags(tx, person, flags, clock.now())
            except LastOperator:
                fail(LAST)
            except SignsInElsewhere:
                fail(ELSEWHERE)
            before, after = {"flags": " ".join(person.flags)}, {"flags": " ".join(flags)}
            await note(tx, "user.role_changed", id=person.id, before=before, after=after)
            return flags

        show_one({"id": user_id, "flags": in_transaction(work)}, as_json)
