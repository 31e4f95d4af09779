"""Puts a letter into the outbox, in the transaction of what it reports. Without a mail server it is only mentioned in the log;
a demonstration keeps it for /dev/outbox."""

from msgspec.structs import replace

from hoistway.authn.links import Links
from hoistway.engine import Engine, time_ordered_id
from hoistway.journal import LOG
from hoistway.mail.letter import SECRET, Letter, html_text, plain_text, subject_line
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
    await put_letter(engine.settings, tx, user, letter, engine.now(), kind=kind, links=engine.links)


async def put_letter(
    settings: Settings, tx: Writer, user: User, letter: Letter, now: int, *, kind: str, links: Links | None = None
) -> None:
    """The same, for the command line, whose letters have no single-use links."""
    because = None
    if not settings.takes_mail:
        because = "no mail server is set (HOISTWAY_SMTP_URL)"
    elif not user.emails or user.disabled_at is not None:
        because = "the person has no address or is disabled"
    if because is not None:
        LOG.info("mail not sent", kind=kind, user=user.id, because=because)
        return
    await put_to_address(settings, tx, user.emails[0], letter, now, links)


async def put_to_address(
    settings: Settings, tx: Writer, address: str, letter: Letter, now: int, links: Links | None
) -> None:
    """To an address that may be nobody's yet; the caller knows that mail is taken. The secret of a single-use link is
    sealed, and the mail's id stands in its place: whoever reads the database, or a backup, must not find a link that works."""
    mail_id, sealed = time_ordered_id(), None
    page, mark, secret = letter.link.partition(SECRET)
    if mark:
        if links is None:
            raise ValueError("a letter with a single-use link needs what seals it")
        sealed, letter = links.seal_secret(mail_id, secret), replace(letter, link=f"{page}{SECRET}{mail_id}")
    mail = Mail(
        mail_id, address, subject_line(letter.subject), plain_text(letter), html_text(letter), now, now, 0, sealed
    )  # fmt: skip
    await add_mail(tx, mail)
    if settings.mail is None:
        await keep_newest(tx, KEPT)


def with_link(links: Links, mail: Mail) -> Mail:
    """As its reader gets it. Raises BadLink."""
    if mail.sealed is None:
        return mail
    hidden, secret = f"{SECRET}{mail.id}", f"{SECRET}{links.open_secret(mail.id, mail.sealed)}"
    return replace(mail, plain=mail.plain.replace(hidden, secret), html=mail.html.replace(hidden, secret), sealed=None)
