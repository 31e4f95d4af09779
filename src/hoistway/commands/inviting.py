"""hoistway user invite."""

import asyncio
from typing import Annotated, Any

import typer

from hoistway.accounts.inviting import CanNotInvite, Inviter, invite, read_address
from hoistway.authn.links import Invited
from hoistway.authn.rationing import RationSpent
from hoistway.commands.context import UNAVAILABLE, USAGE, AsJson, fail, note, read_settings, show_one
from hoistway.commands.nouns import verb
from hoistway.engine import Engine
from hoistway.portal.inviting import ROLES
from hoistway.protocol.ids import CustomerId, SiteId
from hoistway.server.opening import close_engine, open_engine
from hoistway.settings import Settings
from hoistway.store.causes import sentence_of
from hoistway.store.customers import lock_customer
from hoistway.store.db import DatabaseUnavailable
from hoistway.store.sites import find_site
from hoistway.store.turns import take_turn
from hoistway.tokens.vault import WrongMasterKey

REFUSED = {
    "invite_no_mail": "no mail server is set, so nobody can be invited: set HOISTWAY_SMTP_URL and HOISTWAY_MAIL_FROM",
    "invite_too_many": "500 invitations of this customer wait: withdraw some at /portal/people",
}
LANGUAGES = {"en", "de"}


def add_inviting(app: typer.Typer) -> None:
    verb(
        app, "invite",
        "Invite somebody to a customer by mail: who has no account makes one, who has one joins with it. The link is good for 7 days.",
    )(invite_person)  # fmt: skip


def invite_person(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The e-mail address; of a new account the user name.")],
    customer: Annotated[str, typer.Option(help="Id of the customer.")],
    role: Annotated[str, typer.Option(help="member or administrator.")] = "member",
    site: Annotated[list[str] | None, typer.Option(help="Only units of this site; may be given again.")] = None,
    language: Annotated[str, typer.Option(help="Of the letter: en or de.")] = "en",
    as_json: AsJson = False,
) -> None:  # fmt: skip
    read, good = read_address(address)
    if not good:
        fail(f"{address} is no e-mail address", USAGE)
    if role not in ROLES or language not in LANGUAGES:
        fail("--role must be member or administrator, --language en or de", USAGE)
    sites = tuple(SiteId(one) for one in site or ())
    given = Invited(read, role, "some" if sites else "all", sites, (), language)
    show_one(asyncio.run(_run(read_settings(), CustomerId(customer), given)), as_json)


async def _run(settings: Settings, customer_id: CustomerId, given: Invited) -> dict[str, Any]:
    try:
        engine = await open_engine(settings)
    except DatabaseUnavailable as error:
        fail(sentence_of(error, settings.database), UNAVAILABLE)
    except (WrongMasterKey, ValueError) as error:
        fail(str(error), USAGE)
    try:
        return await _invite(engine, customer_id, given)
    except CanNotInvite as refusal:
        fail(REFUSED[refusal.key])
    except RationSpent as spent:
        fail(f"too many invitations were sent today, in all or to {given.address}: try again in {spent.wait} s")
    except DatabaseUnavailable as error:
        fail(sentence_of(error, settings.database), UNAVAILABLE)
    finally:
        await close_engine(engine)


async def _invite(engine: Engine, customer_id: CustomerId, given: Invited) -> dict[str, Any]:
    async with engine.db.write() as tx:
        await take_turn(tx)
        row = await lock_customer(tx, customer_id)
        if row is None or row.disabled_at is not None:
            fail(f"there is no customer {customer_id}, or it is disabled")
        for site in given.sites:
            if await find_site(tx, site) is None:
                fail(f"there is no site {site}")
        link = await invite(engine, tx, Inviter(None, engine.pages.brand.name), row, given)
        await note(tx, "invitation.sent", invitation=link.id, customer=row.id, role=given.role, reach=given.reach)
    return {
        "id": link.id,
        "address": given.address,
        "customer_id": row.id,
        "role": given.role,
        "expires_at": link.expires_at,
    }
