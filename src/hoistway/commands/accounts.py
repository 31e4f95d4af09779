"""hoistway user and hoistway service-account."""

import uuid
from typing import Annotated

import typer

from hoistway import clock
from hoistway.accounts.places import end_place, give_place
from hoistway.accounts.roles import OnlyAdministrator, SignsInElsewhere, check_signs_in_here
from hoistway.accounts.technical import OfApplication, add_named_account
from hoistway.authn.passwords import Passwords
from hoistway.commands.context import USAGE, AsJson, fail, in_transaction, note, show_one
from hoistway.commands.erasing import add_erasing
from hoistway.commands.factors import add_reset_factors
from hoistway.commands.inviting import add_inviting
from hoistway.commands.named import account_called, account_id, add_list, person_called, person_id
from hoistway.commands.nouns import Id, add_showing, add_switching, added, noun, verb, visible
from hoistway.commands.passwords import FromStdin, add_reset, choose_password
from hoistway.commands.people.importing import add_account_import, add_people_import
from hoistway.commands.roles import ELSEWHERE, add_role, only_administrator, switch_user
from hoistway.commands.technical import add_technical
from hoistway.commands.unlocking import add_unlocking
from hoistway.protocol.email_domain import own_addresses
from hoistway.protocol.ids import CustomerId, ServiceAccountId, SiteId, UserId
from hoistway.protocol.roles import FLAGS
from hoistway.protocol.text import username_key
from hoistway.store.customers import lock_customer
from hoistway.store.db import Writer
from hoistway.store.handed_over import put_handed_over
from hoistway.store.memberships import Membership, lock_membership
from hoistway.store.service_accounts import ServiceAccount, set_service_account_disabled
from hoistway.store.users import User, add_user

USER = noun("People who sign in.")
SERVICE_ACCOUNT = noun("Technical accounts of daemons.")
add_list(USER, "user", "users", ("id", "username", "name", "home_customer_id", "disabled_at"), person_called)
add_showing(USER, "user", person_called)
add_switching(USER, "user", switch_user, id_of=person_id)
add_role(USER)
add_unlocking(USER, "user", person_called)
add_reset(USER, "user", "user")
add_reset_factors(USER)
add_erasing(USER)
add_inviting(USER)
add_people_import(USER)
ACCOUNT_COLUMNS = ("id", "username", "customer_id", "disabled_at")
add_list(SERVICE_ACCOUNT, "service account", "accounts", ACCOUNT_COLUMNS, account_called)
add_showing(SERVICE_ACCOUNT, "service account", account_called)
add_switching(SERVICE_ACCOUNT, "service account", set_service_account_disabled, id_of=account_id)
add_reset(SERVICE_ACCOUNT, "service account", "service_account")
add_unlocking(SERVICE_ACCOUNT, "service account", account_called)
add_account_import(SERVICE_ACCOUNT)
add_technical(SERVICE_ACCOUNT)
ROLES = {"member", "administrator"}
Username = Annotated[str, typer.Argument(metavar="USERNAME", help="Unique; case does not count.")]


@verb(
    USER,
    "add",
    "Add a person; without --password-stdin a password is made and shown once, which the person replaces at the first sign-in.",
)
def add_person(
    username: Username,
    name: Annotated[str, typer.Option(help="As pages show it.")],
    customer: Annotated[str | None, typer.Option(help="Id of the home customer; the person joins it.")] = None,
    flag: Annotated[list[str] | None, typer.Option(help=f"{', '.join(FLAGS)}; may be given again.")] = None,
    password_stdin: FromStdin = False,
    as_json: AsJson = False,
) -> None:
    if not set(flag or ()) <= set(FLAGS):
        fail(f"--flag must be one of {', '.join(sorted(FLAGS))}", USAGE)
    password, shown_once = choose_password(password_stdin, (username, name))
    now, home = clock.now(), CustomerId(customer) if customer else None
    emails = own_addresses(username)
    digest = Passwords(1).hash_now(password)
    row = User(UserId(str(uuid.uuid4())), username, name, emails, tuple(flag or ()), None, digest, home, now, now)

    async def work(tx: Writer) -> None:
        if row.flags:
            try:
                await check_signs_in_here(tx, row)
            except SignsInElsewhere:
                fail(ELSEWHERE)
        await add_user(tx, row)
        if home is not None:
            await give_place(tx, Membership(row.id, home, "member", "all", now), now=now)
        if shown_once:
            await put_handed_over(tx, row.id, now)
        await note(tx, "user.added", id=row.id)

    in_transaction(work)
    show_one(visible(row) | shown_once, as_json)


@verb(USER, "join", "Give a person a place in a customer: all its units, or only those of --site.")
def join(
    user_id: Id,
    customer: Annotated[str, typer.Option(help="Id of the customer.")],
    role: Annotated[str, typer.Option(help="member or administrator.")] = "member",
    site: Annotated[list[str] | None, typer.Option(help="Only units of this site; may be given again.")] = None,
    as_json: AsJson = False,
) -> None:
    if role not in ROLES:
        fail(f"--role must be one of {', '.join(sorted(ROLES))}", USAGE)

    async def work(tx: Writer) -> Membership:
        person = await person_called(tx, user_id)
        if person is None:
            fail(f"there is no user {user_id}")
        row = Membership(person.id, CustomerId(customer), role, "some" if site else "all", clock.now())
        if await lock_customer(tx, row.customer_id) is None:
            fail(f"there is no customer {customer}")
        try:
            await give_place(tx, row, [SiteId(one) for one in site or ()], now=clock.now())
        except OnlyAdministrator as error:
            fail(only_administrator(error))
        await note(tx, "membership.changed", user=person.id, customer=customer)
        return row

    show_one(visible(in_transaction(work)), as_json)


@verb(
    USER,
    "leave",
    "End a person's place in a customer: its tokens are refused within 5 seconds; the account and its other customers stay.",
)
def leave(
    user_id: Id,
    customer: Annotated[str, typer.Option(help="Id of the customer.")],
    as_json: AsJson = False,
) -> None:
    async def work(tx: Writer) -> dict[str, object]:
        customer_id = CustomerId(customer)
        if await lock_customer(tx, customer_id) is None:
            fail(f"there is no customer {customer}")
        person = await person_called(tx, user_id)
        if person is None:
            fail(f"there is no user {user_id}")
        if await lock_membership(tx, person.id, customer_id) is None:
            fail(f"{person.username} has no place in {customer}")
        try:
            ended = await end_place(tx, person.id, customer_id, clock.now())
        except OnlyAdministrator as error:
            fail(only_administrator(error))
        await note(tx, "membership.removed", user=person.id, customer=customer, refresh_tokens=len(ended))
        return {"user_id": person.id, "customer_id": customer, "refresh_tokens": len(ended)}

    show_one(in_transaction(work), as_json)


@verb(SERVICE_ACCOUNT, "add", "Add a technical account; its password is shown once.")
def add_account(
    username: Username,
    customer: Annotated[str, typer.Option(help="Id of the customer that owns it.")],
    name: Annotated[str, typer.Option(help="What it is for; the user name without it.")] = "",
    as_json: AsJson = False,
) -> None:
    password, shown_once = choose_password(False, ())
    row = ServiceAccount(
        ServiceAccountId(str(uuid.uuid4())), username, username_key(username), name or username, CustomerId(customer),
        Passwords(1).hash_now(password), clock.now(), clock.now(),
    )  # fmt: skip

    async def work(tx: Writer) -> None:
        try:
            await add_named_account(tx, row)
        except OfApplication as error:
            fail(str(error))

    added(row, work, "service_account.added", as_json, **shown_once)
