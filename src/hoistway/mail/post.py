"""Puts a letter into the outbox, in the transaction of what it reports. Without a mail server it is only mentioned in the log;
a demonstration keeps it for /dev/outbox."""

from hoistway.engine import Engine, time_ordered_id
from hoistway.journal import LOG
from hoistway.mail.letter import Letter, html_text, plain_text, subject_line
from hoistway.settings import Settings
from hoistway.store.db import Writer
from hoistway.store.outbox import KEPT, Mail, add_mail, keep_newest
from hoistway.store.users import User
from hoistway.web.words import Lang


def lang_of(user: User) -> Lang:
    """The language in which a person gets mail."""
    return "de" if (user.locale or "").lower().startswith("de") else "en"


async def post(engine: Engine, tx: Writer, user: User, letter: Letter, *, kind: str) -> None:
    """Sends to the person's first address. The log tells to whom and what kind of letter, never its content."""
    await put_letter(engine.settings, tx, user, letter, engine.now(), kind=kind)


async def put_letter(settings: Settings, tx: Writer, user: User, letter: Letter, now: int, *, kind: str) -> None:
    """The same, for the command line."""
    because = None
    if not settings.takes_mail:
        because = "no mail server is set (HOISTWAY_SMTP_URL)"
    elif not user.emails or user.disabled_at is not None:
        because = "the person has no address or is disabled"
    if because is not None:
        LOG.info("mail not sent", kind=kind, user=user.id, because=because)
        return
    await put_to_address(settings, tx, user.emails[0], letter, now)


async def put_to_address(settings: Settings, tx: Writer, address: str, letter: Letter, now: int) -> None:
    """To an address that may be nobody's yet; the caller knows that mail is taken."""
    await add_mail(
        tx,
        Mail(
            time_ordered_id(), address, subject_line(letter.subject), plain_text(letter), html_text(letter), now, now
        ),
    )  # fmt: skip
    if settings.mail is None:
        await keep_newest(tx, KEPT)
