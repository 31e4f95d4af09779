"""Tells people by mail of sign-ins in browsers where they never signed in before (docs/adr/0031-devices.md)."""

from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

from hoistway.accounts.letters import Words, letter_to
from hoistway.authn.rationing import Ration, is_left
from hoistway.engine import Engine
from hoistway.journal import LOG
from hoistway.mail.post import lang_of, post
from hoistway.store.db import Writer
from hoistway.store.users import User
from hoistway.web.device_words import browser_in_words
from hoistway.web.words import Lang

A_DAY: Final = 5
"""Notices to one person in a day. Whoever signs in more often has sent enough of them to be noticed."""
DAY: Final = 86_400


class SignIn(Struct, frozen=True):
    agent: str
    network: str
    at: int


def written_time(at: int, lang: Lang) -> str:
    """In UTC, because nobody knows the reader's zone."""
    return datetime.fromtimestamp(at, UTC).strftime("%d.%m.%Y, %H:%M UTC" if lang == "de" else "%Y-%m-%d, %H:%M UTC")


async def tell_new_browser(engine: Engine, tx: Writer, user: User, what: SignIn) -> None:
    """In the transaction that begins the session."""
    if not engine.settings.takes_mail or not user.emails:
        return
    if not await is_left(tx, [Ration(engine.links.about("sign-in notices", user.id), A_DAY, DAY)], engine.now()):
        LOG.info("mail not sent", kind="new sign-in", user=user.id, because="the person got several already")
        return
    lang = lang_of(user)
    named = {
        "username": user.username, "browser": browser_in_words(what.agent, lang), "network": what.network or "–",
        "time": written_time(what.at, lang),
    }  # fmt: skip
    await post(
        engine, tx, user, letter_to(engine, user, Words("new_sign_in", "/account/devices", named)), kind="new sign-in"
    )
