"""Change of a person's e-mail address: asked for, taken by a link, taken back (docs/adr/0031-devices.md).

Functions that take a transaction take the account as it is locked; their callers record them.
"""

from typing import Final

from hoistway.accounts.letters import Words, letter_to, write_letter
from hoistway.authn.links import Address, BadLink, WayBack, digest_of
from hoistway.authn.passwords import random_digest
from hoistway.authn.rationing import Ration, is_left, take
from hoistway.engine import Engine, time_ordered_id
from hoistway.grants.new_password import replace_password
from hoistway.journal import LOG
from hoistway.mail.post import lang_of, put_to_address
from hoistway.protocol.email_domain import domain_of, is_address
from hoistway.protocol.ids import UserId
from hoistway.protocol.text import username_key
from hoistway.store.db import Reader, Writer
from hoistway.store.factors import remove_factors_since
from hoistway.store.identities import remove_links_since
from hoistway.store.links import (
    Link,
    add_link,
    end_later_links,
    end_links_of,
    find_link,
    lock_link,
    newest_link,
    open_links_of,
    use_link,
)
from hoistway.store.memberships import memberships_of
from hoistway.store.owned import is_made_by_company
from hoistway.store.profiles import rename_user
from hoistway.store.provider_domains import proved_by
from hoistway.store.remembered_devices import remove_devices
from hoistway.store.users import User, find_user, find_user_by_name, lock_user
from hoistway.web.words import Lang

DAY: Final = 86_400
BY_PERSON, TO_ADDRESS, BY_CUSTOMER, BY_NETWORK, IN_ALL = 5, 5, 300, 300, 3000
"""Links to a new address in a day: asked for by one person, mailed to one address, asked for by the people of one customer, from one
network, and in all, which no customer reaches alone."""


async def is_owned(db: Reader, user: User, *addresses: str) -> bool:
    """True where a company decides about the person's addresses: its directory or provider made the account, or the domain of
    the present address, or of one of `addresses`, is one that a company has proved."""
    domains = {domain_of(address) for address in (*user.emails[:1], *addresses)} - {None}
    for domain in sorted(domain for domain in domains if domain is not None):
        if await proved_by(db, domain) is not None:
            return True
    return await is_made_by_company(db, user.id)


async def _rations(engine: Engine, tx: Writer, user: User, network: str) -> list[Ration]:
    about = engine.links.about
    customer = user.home_customer_id or min(
        (one.customer_id for one in await memberships_of(tx, user.id)), default=None
    )
    rations = [
        Ration(about("addresses"), IN_ALL, DAY, of_all=True),
        Ration(about("addresses of", user.id), BY_PERSON, DAY),
    ]
    if customer is not None:
        rations.append(Ration(about("addresses of customer", customer), BY_CUSTOMER, DAY))
    if network:
        rations.append(Ration(about("addresses from", network), BY_NETWORK, DAY))
    return rations


async def ask_address(engine: Engine, tx: Writer, user: User, address: str, lang: Lang, network: str) -> None:
    """Mails a link to the new address, whoever has it; an earlier one ends. Raises RationSpent, AllSpent."""
    now = engine.now()
    await take(tx, await _rations(engine, tx, user, network), now)
    await end_links_of(tx, user.id, "address", now)
    fresh, link_id = engine.links.fresh(), time_ordered_id()
    sealed = engine.links.seal(link_id, Address(address, user.emails[0] if user.emails else ""))
    await add_link(
        tx, Link(link_id, fresh.digest, "address", user.id, None, "", sealed, None, now, now + Address.lifetime)
    )
    # Held back without a word: otherwise somebody would learn what others ask for.
    if not await is_left(tx, [Ration(engine.links.about("address letters", address), TO_ADDRESS, DAY)], now):
        LOG.info("mail not sent", kind="new address", user=user.id, because="the address got several already")
        return
    letter = write_letter(engine, lang, Words("new_address", f"/account/email/confirm?link={fresh.secret}"), address)
    await put_to_address(engine.settings, tx, address, letter, now, engine.links)


async def pending_address(engine: Engine, db: Reader, user: User) -> str | None:
    """The new address whose link can still be used."""
    row = await newest_link(db, user.id, "address")
    return None if row is None or not row.is_open(engine.now()) else engine.links.open(row, Address).address


async def judge_address(engine: Engine, db: Reader, row: Link | None, user: User) -> Address:
    """By the locked rows, where something is written. Raises BadLink."""
    if row is None or row.kind != "address" or row.user_id != user.id or not row.is_open(engine.now()):
        raise BadLink("used, ended, too old, unknown or another person's")
    given = engine.links.open(row, Address)
    if (user.emails[0] if user.emails else "") != given.before or user.password_changed_at > row.created_at:
        raise BadLink("the account changed since")
    if not is_address(given.address) or await is_owned(db, user, given.address):
        raise BadLink("a company owns the address, or it is spelled as none is taken any more")
    other = await find_user_by_name(db, given.address)
    if other is not None and other.id != user.id:
        raise BadLink("another account has this user name")
    return given


async def look_at_address(engine: Engine, secret: str, user: User) -> tuple[Link, str]:
    """(the link, the new address), for a page. Raises BadLink."""
    row = await find_link(engine.db, "address", digest_of(secret))
    given = await judge_address(engine, engine.db, row, user)
    if row is None:
        raise BadLink("unknown")
    return row, given.address


async def take_address(engine: Engine, tx: Writer, user: User, link_id: str) -> str:
    """Returns the new address. Raises BadLink; Conflict where another account got this user name at this moment."""
    now, before = engine.now(), user.emails[0] if user.emails else ""
    given = await judge_address(engine, tx, await lock_link(tx, link_id), user)
    await use_link(tx, link_id, now)
    # What was mailed to the address before ends with it, but for the ways back.
    await end_links_of(tx, user.id, "reset", now)
    renamed = await _set_address(tx, user, given.address, before)
    if not before or username_key(before) == username_key(given.address):
        return given.address
    if await _is_back(engine, tx, user.id, given.address):
        await _tell_taken(engine, tx, user, before)
        return given.address
    fresh, back_id = engine.links.fresh(), time_ordered_id()
    sealed = engine.links.seal(back_id, WayBack(before, user.username))
    await add_link(
        tx, Link(back_id, fresh.digest, "way_back", user.id, None, "", sealed, None, now, now + WayBack.lifetime)
    )
    kind = "address_and_name_changed" if renamed else "address_changed"
    words = Words(kind, f"/address/back?link={fresh.secret}", {"username": user.username})
    await put_to_address(engine.settings, tx, before, letter_to(engine, user, words), now, engine.links)
    return given.address


async def _is_back(engine: Engine, tx: Writer, user_id: UserId, address: str) -> bool:
    """True where a way back leads to this address: it is used up, and later ones end, for they went to whoever took the account."""
    for row in await open_links_of(tx, user_id, "way_back", engine.now()):
        if username_key(engine.links.open(row, WayBack).address) == username_key(address):
            await use_link(tx, row.id, engine.now())
            await end_later_links(tx, user_id, "way_back", row.id, engine.now())
            return True
    return False


async def _tell_taken(engine: Engine, tx: Writer, user: User, taken: str) -> None:
    letter = write_letter(engine, lang_of(user), Words("address_back", "/sign-in"), user.name)
    await put_to_address(engine.settings, tx, taken, letter, engine.now(), engine.links)


async def _set_address(tx: Writer, user: User, address: str, before: str, username: str | None = None) -> bool:
    """In the place of the one before; a user name that was this address changes with it, unless it is given. True where
    the user name is another one now."""
    if username is None:
        follows = bool(before) and username_key(user.username) == username_key(before)
        username = address if follows else user.username
    others = [one for one in user.emails[1:] if username_key(one) != username_key(address)]
    await rename_user(tx, user.id, username, (address, *others))
    return username_key(username) != username_key(user.username)


def judge_way_back(engine: Engine, row: Link | None, user: User | None) -> WayBack:
    """By the locked rows, where something is written. Raises BadLink."""
    if row is None or row.kind != "way_back" or not row.is_open(engine.now()):
        raise BadLink("used, ended, too old or unknown")
    if user is None or user.id != row.user_id or user.disabled_at is not None:
        raise BadLink("the person is disabled or gone")
    return engine.links.open(row, WayBack)


async def look_at_way_back(engine: Engine, secret: str) -> tuple[Link, str]:
    """(the link, the address before), for a page. Raises BadLink."""
    row = await find_link(engine.db, "way_back", digest_of(secret))
    user = None if row is None or row.user_id is None else await find_user(engine.db, row.user_id)
    given = judge_way_back(engine, row, user)
    if row is None:
        raise BadLink("unknown")
    return row, given.address


async def go_back(engine: Engine, row: Link, correlation_id: str) -> None:
    """Gives the address before back, and takes the account from whoever is inside. Raises BadLink."""
    now = engine.now()
    async with engine.db.write() as tx:
        user = await lock_user(tx, UserId(row.user_id or ""))
        given = judge_way_back(engine, await lock_link(tx, row.id), user)
        if user is None:
            raise BadLink("the person is gone")
        if await is_owned(tx, user, given.address):
            raise BadLink("a company owns the address by now")
        await use_link(tx, row.id, now)
        await end_later_links(tx, user.id, "way_back", row.id, now)
        taken = user.emails[0] if user.emails else ""
        other = await find_user_by_name(tx, given.username)
        free = other is None or other.id == user.id
        await _set_address(tx, user, given.address, taken, given.username if free else user.username)
        # Nobody knows the new one: the owner resets it.
        ended = await replace_password(tx, "user", user.id, random_digest(), now)
        await remove_devices(tx, user.id)
        factors = await remove_factors_since(tx, user.id, row.created_at)
        links = await remove_links_since(tx, user.id, row.created_at)
        await engine.record(
            tx, "user.address_taken_back", actor=user.id, correlation_id=correlation_id, id=user.id,
            refresh_tokens=0 if ended is None else ended.refresh_tokens, sessions=0 if ended is None else ended.sessions,
            factors=factors, links=links, before={"emails": taken}, after={"emails": given.address},
        )  # fmt: skip
        if taken and username_key(taken) != username_key(given.address) and engine.settings.takes_mail:
            await _tell_taken(engine, tx, user, taken)
