"""Mails an operator's decision about a subscription to the person who asked for it, in the transaction of the decision."""

from hoistway.engine import Engine
from hoistway.mail.letter import Letter
from hoistway.mail.post import lang_of, post
from hoistway.protocol.ids import UserId
from hoistway.store.db import Writer
from hoistway.store.subscriptions import Subscription
from hoistway.store.users import find_user


async def tell(engine: Engine, tx: Writer, row: Subscription, event: str) -> None:
    """`event` is approved, rejected, suspended, resumed or cancelled; the operator's message is included where there is
    one."""
    asked_by = await find_user(tx, UserId(row.asked_by))
    if asked_by is None:
        return
    lang, brand = lang_of(asked_by), engine.pages.brand.name
    words = engine.letters[lang]
    letter = Letter(
        lang,
        words[f"mail_subscription_{event}_subject"].format(subscription=row.name),
        words["mail_hello"].format(name=asked_by.name),
        words[f"mail_subscription_{event}"].format(subscription=row.name, brand=brand),
        words["mail_message"],
        row.message,
        words["mail_open"],
        # The address is taken from the settings; a Host header must not decide it (RFC 9700 section 4.13).
        f"{engine.settings.base_url}/portal/subscriptions/{row.id}",
        words["mail_subscription_why"].format(brand=brand),
    )
    await post(engine, tx, asked_by, letter, kind=f"subscription {event}")
