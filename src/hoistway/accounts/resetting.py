"""Resetting a forgotten password: asked for by anybody, looked at behind the answer, done by a link in a mail
(docs/adr/0028-links.md)."""

from typing import Final

from hoistway.accounts.letters import Words, letter_to
from hoistway.authn.links import AskedReset, BadLink, First, Reset, digest_of
from hoistway.authn.rationing import Ration, is_left, take
from hoistway.engine import Engine, time_ordered_id
from hoistway.grants.new_password import Ended, replace_password
from hoistway.journal import LOG
from hoistway.mail.post import lang_of, post
from hoistway.protocol.addresses import network_of, wider_network_of
from hoistway.protocol.ids import UserId
from hoistway.store.db import Reader, Writer
from hoistway.store.known_browsers import known_since
from hoistway.store.links import (
    Link,
    add_link,
    end_links_of,
    find_link,
    lock_link,
    remove_link,
    use_link,
    waiting_resets,
)
from hoistway.store.users import User, find_user, find_user_by_name, lock_user
from hoistway.web.words import Lang

HOUR, DAY = 3600, 86_400
BY_NETWORK, BY_WIDER, BY_NAME, IN_ALL = 30, 120, 5, 20_000
"""Resets that may be asked for in an hour: from one network, from the wider one around it, for one name from one network, and in
all, which no subscriber reaches alone."""
MAILS_IN_HOUR, MAILS_IN_DAY = 3, 10
"""To one person, whoever asks. As many again for who asks in a browser in which the person signed in before: whatever others ask for
keeps no letter from its owner."""
BY_OPERATORS: Final = 5
"""Links that operators send to one person in an hour."""
AT_ONCE: Final = 50
CHOOSE: Final = frozenset({"reset", "first"})
"""Kinds of links that give a new password."""


async def ask_reset(engine: Engine, username: str, address: str, lang: Lang, browser: bytes | None = None) -> None:
    """Writes down that somebody asked; does the same whoever is named, and looks nobody up. `browser` is the digest under which the
    browser may be known. Raises RationSpent."""
    links, now, network = engine.links, engine.now(), network_of(address)
    rations = [
        Ration(links.about("reset asked", username, network), BY_NAME, HOUR),
        Ration(links.about("resets"), IN_ALL, HOUR),
    ]
    if network:
        rations.append(Ration(links.about("resets from", network), BY_NETWORK, HOUR))
        rations.append(Ration(links.about("resets around", wider_network_of(address)), BY_WIDER, HOUR))
    link_id = time_ordered_id()
    sealed = links.seal(link_id, AskedReset(username, lang, "" if browser is None else browser.hex()))
    fresh = links.fresh()
    row = Link(link_id, fresh.digest, "asked", None, None, "", sealed, None, now, now + AskedReset.lifetime)
    async with engine.db.write() as tx:
        await take(tx, rations, now)
        await add_link(tx, row)


async def send_asked(engine: Engine) -> None:
    """Called by the job that sends mail."""
    for link_id in await waiting_resets(engine.db, AT_ONCE):
        async with engine.db.write() as tx:
            # Another process may have dealt with it.
            row = await lock_link(tx, link_id)
            if row is not None:
                await remove_link(tx, row.id)
                await _deal_with(engine, tx, row)


async def _deal_with(engine: Engine, tx: Writer, row: Link) -> None:
    """Nobody is told why no mail is sent."""
    now = engine.now()
    try:
        asked = engine.links.open(row, AskedReset)
    except BadLink as error:
        LOG.warning("a reset can't be read", because=str(error))
        return
    user = await find_user_by_name(tx, asked.username) if row.is_open(now) else None
    user = None if user is None else await lock_user(tx, user.id)
    if user is None or user.disabled_at is not None or not user.emails or not engine.settings.takes_mail:
        return
    known = await known_since(tx, bytes.fromhex(asked.browser), user.id, user.password_changed_at) is not None
    if not await is_left(tx, _rations(engine, user, "known" if known else "anybody"), now):
        LOG.info("mail not sent", kind="reset", user=user.id, because="the person got several already")
        return
    await _mail_reset(engine, tx, user, "de" if user.locale is None and asked.lang == "de" else lang_of(user))


def _rations(engine: Engine, user: User, asks: str) -> tuple[Ration, Ration]:
    about = engine.links.about
    return (
        Ration(about("reset mails", asks, user.id), MAILS_IN_HOUR, HOUR),
        Ration(about("reset mails of a day", asks, user.id), MAILS_IN_DAY, DAY),
    )


async def send_reset(engine: Engine, tx: Writer, user: User, lang: Lang, **asked_by: str) -> bool:
    """For an operator, whom strangers' requests do not stop. False, and nothing is sent, where operators sent several already."""
    ration = Ration(engine.links.about("reset mails by operators", user.id), BY_OPERATORS, HOUR)
    if not await is_left(tx, (ration,), engine.now()):
        return False
    await _mail_reset(engine, tx, user, lang, **asked_by)
    return True


async def send_role(engine: Engine, tx: Writer, user: User) -> None:
    """Tells whoever has their first role, with the link to choose the password that they need now. The account is locked."""
    if user.emails and engine.settings.takes_mail:
        await _mail_reset(engine, tx, user, lang_of(user), "role_given", by="operator")


async def _mail_reset(
    engine: Engine, tx: Writer, user: User, lang: Lang, letter: str = "reset", **asked_by: str
) -> None:
    """A link to choose a new password, to the person's first address; `asked_by` is for the trail. The account is locked
    and has an address."""
    now = engine.now()
    fresh, link_id = engine.links.fresh(), time_ordered_id()
    sealed = engine.links.seal(link_id, Reset(user.emails[0]))
    row = Link(link_id, fresh.digest, "reset", user.id, None, "", sealed, None, now, now + Reset.lifetime)
    await add_link(tx, row)
    await engine.record(tx, "user.reset_mailed", id=user.id, **asked_by)
    words = Words(letter, f"/reset/new?link={fresh.secret}", {"username": user.username})
    await post(engine, tx, user, letter_to(engine, user, words, lang), kind=letter.replace("_", " "))


async def begin_first(engine: Engine, tx: Writer, user: User, back: str) -> str:
    """The secret of a link by which the person replaces a password that was handed over. The account is locked."""
    now, fresh, link_id = engine.now(), engine.links.fresh(), time_ordered_id()
    await end_links_of(tx, user.id, "first", now)
    sealed = engine.links.seal(link_id, First(back))
    await add_link(tx, Link(link_id, fresh.digest, "first", user.id, None, "", sealed, None, now, now + First.lifetime))
    return fresh.secret


def judge_reset(engine: Engine, row: Link | None, user: User | None) -> User:
    """By the locked rows, where something is written. Raises BadLink."""
    if row is None or row.kind not in CHOOSE or not row.is_open(engine.now()):
        raise BadLink("used, ended, too old or unknown")
    if user is None or user.id != row.user_id or user.disabled_at is not None:
        raise BadLink("the person is disabled or gone")
    if user.password_changed_at > row.created_at:
        raise BadLink("the password was replaced")
    if row.kind == "reset" and engine.links.open(row, Reset).address not in user.emails:
        raise BadLink("the address is not the person's any more")
    return user


async def _person_of(db: Reader, row: Link | None) -> User | None:
    return None if row is None or row.user_id is None else await find_user(db, row.user_id)


async def look_at_reset(engine: Engine, secret: str) -> tuple[Link, User]:
    """For a page: nothing is written. Raises BadLink."""
    digest = digest_of(secret)
    row = await find_link(engine.db, "reset", digest) or await find_link(engine.db, "first", digest)
    user = judge_reset(engine, row, await _person_of(engine.db, row))
    if row is None:
        raise BadLink("unknown")
    return row, user


async def finish_reset(engine: Engine, row: Link, digest: str, correlation_id: str) -> None:
    """Replaces the password by the one of which this is the digest. Raises BadLink."""
    now = engine.now()
    async with engine.db.write() as tx:
        user = await lock_user(tx, UserId(row.user_id or ""))
        user = judge_reset(engine, await lock_link(tx, row.id), user)
        await use_link(tx, row.id, now)
        ended: Ended | None = await replace_password(tx, "user", user.id, digest, now)
        if ended is None:
            raise BadLink("the person is gone")
        await engine.record(
            tx, "user.password_reset", actor=user.id, correlation_id=correlation_id, id=user.id, by="link",
            refresh_tokens=ended.refresh_tokens, sessions=ended.sessions,
        )  # fmt: skip
        await tell_password_changed(engine, tx, user)


async def tell_password_changed(engine: Engine, tx: Writer, user: User) -> None:
    """In the transaction that changed it."""
    letter = letter_to(engine, user, Words("password_changed", "/reset", {"username": user.username}))
    await post(engine, tx, user, letter, kind="password changed")
