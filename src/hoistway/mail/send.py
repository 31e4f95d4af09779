"""Hands mail over to the mail server (https://www.rfc-editor.org/rfc/rfc5321). Failed attempts are repeated, at growing intervals."""

from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final
from urllib.parse import urlsplit

from aiosmtplib import SMTP, SMTPConnectError, SMTPException, SMTPRecipientsRefused, SMTPTimeoutError

from hoistway.authn.links import BadLink
from hoistway.engine import Engine
from hoistway.journal import LOG
from hoistway.mail.post import with_link
from hoistway.settings import MailServer
from hoistway.store.outbox import Mail, due_mails, put_mail_off, remove_mail, take_mail

TAKEN: Final = 300
GIVEN_UP: Final = 3 * 86_400
FIRST_PAUSE, LONGEST_PAUSE = 30, 6 * 3600
AT_ONCE: Final = 50
WAIT: Final = 20.0


class Refused(Exception):
    """The mail server will never accept this mail."""


class Away(Exception):
    """The mail server does not answer, or not as it should."""


def pause(attempts: int) -> int:
    """Seconds until the next attempt: 30 at first, then four times as long each time, six hours at the most."""
    return int(min(LONGEST_PAUSE, FIRST_PAUSE * 4 ** min(attempts, 10)))


def message_of(mail: Mail, sender: str, base_url: str) -> EmailMessage:
    """Raises Refused where the address can't be used in a header."""
    message = EmailMessage()
    message["From"] = sender
    try:
        message["To"] = Address(addr_spec=mail.recipient)
    except (ValueError, HeaderParseError) as error:
        raise Refused("the address is none") from error
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(mail.created_at, UTC))
    # The same at each attempt, so that a mail that was accepted twice is shown once.
    message["Message-ID"] = f"<{mail.id}@{urlsplit(base_url).hostname or 'localhost'}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.plain)
    message.add_alternative(mail.html, subtype="html")
    return message


async def hand_over(server: MailServer, message: EmailMessage) -> None:
    """Raises Refused, Away."""
    smtp = SMTP(
        hostname=server.host,
        port=server.port,
        username=server.username,
        password=server.password,
        use_tls=server.tls == "implicit",
        start_tls={"required": True, "offered": None}.get(server.tls, False),
        timeout=WAIT,
    )
    try:
        async with smtp:
            await smtp.send_message(message)
    except SMTPRecipientsRefused as error:
        if all(one.code >= 500 for one in error.recipients):
            raise Refused(f"the recipient was refused ({error.recipients[0].code})") from error
        raise Away("the recipient was refused for now") from error
    except (SMTPConnectError, SMTPTimeoutError, OSError) as error:
        raise Away("it does not answer") from error
    except (SMTPException, ValueError) as error:
        raise Away(f"{type(error).__name__} {getattr(error, 'code', '')}".strip()) from error


async def _deal_with(engine: Engine, server: MailServer, mail: Mail) -> bool:
    """Returns False where the server is away, so that the other mails need not be tried now."""
    now, failure, is_away = engine.now(), None, False
    try:
        await hand_over(server, message_of(with_link(engine.links, mail), server.sender, engine.settings.base_url))
    except (Refused, BadLink) as error:
        failure = str(error)
    except Away as error:
        is_away = True
        if now - mail.created_at < GIVEN_UP:
            engine.measures.mails.add("put_off")
            LOG.warning("mail postponed", mail=mail.id, attempts=mail.attempts + 1, because=str(error))
            async with engine.db.write() as tx:
                await put_mail_off(tx, mail.id, now + pause(mail.attempts))
            return False
        failure = str(error)
    if failure is None:
        engine.handed_over[mail.id] = now
    async with engine.db.write() as tx:
        await remove_mail(tx, mail.id)
        if failure is not None:
            await engine.record(tx, "mail.given_up", mail=mail.id, attempts=mail.attempts + 1, because=failure)
    engine.handed_over.pop(mail.id, None)
    engine.measures.mails.add("sent" if failure is None else "given_up")
    if failure is None:
        LOG.info("mail sent", mail=mail.id)
    else:
        LOG.error("mail given up", mail=mail.id, attempts=mail.attempts + 1, because=failure)
    return not is_away


async def _forget_handed_over(engine: Engine) -> None:
    """Removes mail that the mail server accepted, but whose removal from the outbox failed or is uncertain."""
    for mail_id in list(engine.handed_over):
        async with engine.db.write() as tx:
            await remove_mail(tx, mail_id)
        engine.handed_over.pop(mail_id, None)


async def send_due(engine: Engine) -> None:
    """Sends what is due until an attempt finds the server away. Raises DatabaseUnavailable."""
    server = engine.settings.mail
    if server is None:
        return
    await _forget_handed_over(engine)
    for mail_id in await due_mails(engine.db, engine.now(), AT_ONCE):
        now = engine.now()
        async with engine.db.write() as tx:
            mail = await take_mail(tx, mail_id, now, now + TAKEN)
        if mail is not None and not await _deal_with(engine, server, mail):
            return
