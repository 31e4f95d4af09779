"""Mails an operator's decision about a subscription to whoever asked for it, or to administrators, in its transaction."""

from hoistway.engine import Engine
from hoistway.mail.deciding import readers_of
from hoistway.mail.letter import Letter
from hoistway.mail.post import lang_of, post
from hoistway.protocol.ids import UserId
from hoistway.store.db import Writer
from hoistway.store.subscriptions import Subscription
from hoistway.store.users import User


async def tell(engine: Engine, tx: Writer, row: Subscription, event: str) -> None:
    """`event` is approved, rejected, suspended, resumed or cancelled; the operator's message is included where there is
    one."""
    for reader, asked in await readers_of(tx, row.customer_id, UserId(row.asked_by)):
        await post(engine, tx, reader, _letter(engine, reader, row, event, asked=asked), kind=f"subscription {event}")


def _letter(engine: Engine, reader: User, row: Subscription, event: str, *, asked: bool) -> Letter:
    lang, brand = lang_of(reader), engine.pages.brand.name
    words = engine.letters[lang]
    return Letter(
        lang,
        words[f"mail_subscription_{event}_subject"].format(subscription=row.name),
        words["mail_hello"].format(name=reader.name),
        words[f"mail_subscription_{event}"].format(subscription=row.name, brand=brand),
        words["mail_message"],
        row.message,
        words["mail_open"],
        # The address is taken from the settings; a Host header must not decide it (RFC 9700 section 4.13).
        f"{engine.settings.base_url}/portal/subscriptions/{row.id}",
        words["mail_subscription_why" if asked else "mail_customer_why"].format(brand=brand),
    )
