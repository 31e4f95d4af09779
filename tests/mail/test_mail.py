"""Letters reach the mail server once, wait where it is away, and are given up where they never will be taken."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from typing import Any

import pytest
from msgspec.structs import replace

from hoistway.engine import Engine
from hoistway.mail.letter import Letter, html_text, plain_text
from hoistway.mail.post import post
from hoistway.mail.send import GIVEN_UP, LONGEST_PAUSE, pause, send_due
from hoistway.server.opening import close_engine, open_engine
from hoistway.settings import MailServer, Settings, read_mail_server
from hoistway.store.audit_search import search_audit
from hoistway.store.outbox import count_mails
from hoistway.store.users import User
from tests.mail.server import Mailbox, free_port, mail_server
from tests.server import MASTER_KEY, Clock, prepare
from tests.world import user

HOSTILE = "<script>alert(1)</script>\r\nBcc: evil@evil.example"
LETTER = Letter(
    "en", "Question about Lift board", "Hello Ann,", "an operator has a question.", "The operator wrote:",
    "Who will use it?\nAnd when?", "Open in the portal", "https://id.example/portal/requests/r", "Because you asked.",
)  # fmt: skip
SENDER = "lifts@id.example"


@asynccontextmanager
async def engine_for(url: str, port: int | None, clock: Clock, **changes: Any) -> AsyncIterator[Engine]:
    """Without a port, mail is off."""
    server = None if port is None else MailServer("127.0.0.1", port, "offered", SENDER, **changes)
    engine = await open_engine(Settings("https://id.example", url, MASTER_KEY, mail=server), clock)
    try:
        yield engine
    finally:
        await close_engine(engine)


async def put(engine: Engine, letter: Letter = LETTER, to: User | None = None) -> None:
    async with engine.db.write() as tx:
        await post(engine, tx, to or user("ann", None), letter, kind="a test")


def bodies(mail: EmailMessage) -> tuple[str, str]:
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    return plain.get_content(), html.get_content()


async def given_up(engine: Engine) -> list[str]:
    rows = await search_audit(engine.db, {"event": ["mail.given_up"]}, since=None, until=None, before="", most=9)
    return [row.detail for row in rows]


@pytest.fixture
async def url(migrated_url: str) -> str:
    await prepare(migrated_url)
    return migrated_url


async def test_a_letter_arrives_as_text_and_as_html(url: str) -> None:
    with mail_server(Mailbox()) as box:
        async with engine_for(url, box.port, Clock()) as engine:
            await put(engine)
            await send_due(engine)
            await send_due(engine)
            assert await count_mails(engine.db) == 0
    assert len(box.mails) == 1
    mail = box.mails[0]
    assert (mail["from"], mail["to"], mail["subject"]) == (SENDER, "ann@example.com", LETTER.subject)
    assert mail["message-id"].endswith("@id.example>")
    assert mail["auto-submitted"] == "auto-generated"
    plain, html = bodies(mail)
    assert "> Who will use it?\n> And when?" in plain.replace("\r", "")
    assert LETTER.link in plain
    assert f'<a href="{LETTER.link}">' in html
    assert "<script" not in html


async def test_no_word_of_a_stranger_becomes_a_header_or_markup(url: str) -> None:
    letter = replace(LETTER, subject=f"Question about {HOSTILE}", quote=HOSTILE, text=HOSTILE, greeting=HOSTILE)
    with mail_server(Mailbox()) as box:
        async with engine_for(url, box.port, Clock()) as engine:
            await put(engine, letter)
            await send_due(engine)
    mail = box.mails[0]
    assert mail["bcc"] is None
    assert "evil@evil.example" in mail["subject"], "in the subject's own line"
    assert "<script>" not in bodies(mail)[1]
    assert "<script>" not in html_text(letter)
    assert HOSTILE.splitlines()[0] in plain_text(letter)


async def test_a_server_that_is_away_loses_nothing(url: str) -> None:
    """Tried again after 30 s and then after two minutes; another letter is not tried meanwhile."""
    box, clock = Mailbox(port=free_port()), Clock()
    async with engine_for(url, box.port, clock) as engine:
        await put(engine)
        await send_due(engine)
        clock.turn(29)
        with mail_server(box):
            await send_due(engine)
        assert box.mails == []
        clock.turn(1)
        await send_due(engine)
        clock.turn(119)
        with mail_server(box):
            await send_due(engine)
            assert box.mails == []
            clock.turn(1)
            await send_due(engine)
        assert len(box.mails) == 1
        assert await count_mails(engine.db) == 0


async def test_a_refusal_for_now_is_tried_again_and_given_up_after_three_days(url: str) -> None:
    clock = Clock()
    with mail_server(Mailbox(recipient="451 try later")) as box:
        async with engine_for(url, box.port, clock) as engine:
            await put(engine)
            begun = clock.at
            while clock.at < begun + GIVEN_UP:
                await send_due(engine)
                assert await count_mails(engine.db) == 1
                clock.turn(3600)
            await send_due(engine)
            clock.turn(LONGEST_PAUSE)
            await send_due(engine)
            assert await count_mails(engine.db) == 0
            details = await given_up(engine)
    assert len(details) == 1
    assert "for now" in details[0]
    assert "ann" not in details[0], "no address and no word of it"
    assert "Lift board" not in details[0]


async def test_a_recipient_refused_for_good_is_given_up_at_once_and_the_next_is_sent(url: str) -> None:
    with mail_server(Mailbox(recipient="550 no such person")) as box:
        async with engine_for(url, box.port, Clock()) as engine:
            await put(engine)
            await send_due(engine)
            box.recipient = None
            assert len(await given_up(engine)) == 1
            await put(engine)
            await send_due(engine)
            assert await count_mails(engine.db) == 0
    assert len(box.mails) == 1


async def test_a_server_that_breaks_off_is_tried_again(url: str) -> None:
    clock = Clock()
    with mail_server(Mailbox(data="554 not today")) as box:
        async with engine_for(url, box.port, clock) as engine:
            await put(engine)
            await send_due(engine)
            box.data = None
            clock.turn(30)
            await send_due(engine)
    assert len(box.mails) == 1


async def test_two_processes_send_a_letter_once(url: str) -> None:
    clock = Clock()
    with mail_server(Mailbox()) as box:
        async with engine_for(url, box.port, clock) as one, engine_for(url, box.port, clock) as other:
            for _ in range(5):
                await put(one)
            await asyncio.gather(*(send_due(engine) for engine in (one, other, one, other)))
            assert await count_mails(one.db) == 0
    assert len(box.mails) == 5


async def test_name_and_password_are_sent_to_a_server_that_wants_them(url: str) -> None:
    with mail_server(Mailbox()) as box:
        async with engine_for(url, box.port, Clock(), username="lifts", password="p@ss:word") as engine:
            await put(engine)
            await send_due(engine)
    assert box.logins == [("lifts", "p@ss:word")]
    assert len(box.mails) == 1


async def test_no_password_without_encryption_where_the_server_is_elsewhere(url: str) -> None:
    with mail_server(Mailbox()) as box:
        async with engine_for(url, box.port, Clock(), username="lifts", password="p@ss:word") as engine:
            assert engine.settings.mail is not None
            strict = replace(engine.settings, mail=replace(engine.settings.mail, tls="required"))
            await put(engine)
            await send_due(replace(engine, settings=strict))
            assert await count_mails(engine.db) == 1
    assert box.logins == []


async def test_without_a_mail_server_only_the_log_hears_of_it(url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    logging.getLogger("hoistway").propagate = True
    async with engine_for(url, None, Clock()) as engine:
        await put(engine)
        await send_due(engine)
        assert await count_mails(engine.db) == 0
    said = [record for record in caplog.records if record.getMessage() == "mail not sent"]
    assert len(said) == 1
    facts = getattr(said[0], "facts", {})
    assert facts["kind"] == "a test"
    assert not any("Lift board" in str(value) or "example.com" in str(value) for value in facts.values())


async def test_nobody_who_is_disabled_or_has_no_address_gets_mail(url: str) -> None:
    with mail_server(Mailbox()) as box:
        async with engine_for(url, box.port, Clock()) as engine:
            await put(engine, to=replace(user("ann", None), emails=()))
            await put(engine, to=replace(user("ann", None), disabled_at=1))
            await put(engine, to=replace(user("ann", None), emails=("not an address",)))
            await send_due(engine)
            assert await count_mails(engine.db) == 0
            assert len(await given_up(engine)) == 1
    assert box.mails == []


def test_pauses_grow_to_six_hours() -> None:
    assert [pause(attempts) for attempts in range(7)] == [30, 120, 480, 1920, 7680, 21_600, 21_600]
    assert pause(10**6) == LONGEST_PAUSE


@pytest.mark.parametrize(
    ("url", "host", "port", "tls"),
    [
        ("smtp://mail.example", "mail.example", 587, "offered"),
        ("smtp://u:p%40ss%3Aword@mail.example:2525", "mail.example", 2525, "required"),
        ("smtp://u:p@127.0.0.1:25", "127.0.0.1", 25, "offered"),
        ("smtps://u:p@mail.example", "mail.example", 465, "implicit"),
    ],
)
def test_what_the_url_of_the_mail_server_says(url: str, host: str, port: int, tls: str) -> None:
    server = read_mail_server(url, SENDER)
    assert server is not None
    assert (server.host, server.port, server.tls) == (host, port, tls)
    assert "p@ss" not in repr(server)
    if "%40" in url:
        assert (server.username, server.password) == ("u", "p@ss:word")


@pytest.mark.parametrize(
    ("url", "sender"),
    [
        ("mail.example", SENDER), ("http://mail.example", SENDER), ("smtp://", SENDER), ("smtp://u:s3cret@h:x", SENDER),
        ("smtp://h/path", SENDER), ("smtp://h", None), ("smtp://h", "nobody"), ("smtp://h", "a@b\nBcc: c@d"),
    ],
)  # fmt: skip
def test_a_wrong_url_or_sender_is_refused_without_its_password(url: str, sender: str | None) -> None:
    with pytest.raises(ValueError, match="HOISTWAY_") as caught:
        read_mail_server(url, sender)
    assert "s3cret" not in str(caught.value)
    assert read_mail_server(None, None) is None
