"""hoistway user invite."""

import pytest
from sqlalchemy import select

from hoistway.store.db import Database, Statement
from hoistway.store.outbox import OUTBOX, Mail
from tests.cli.conftest import Managed
from tests.cli.running import answer, run
from tests.store.test_schema import on

_ALL = Statement(lambda: select(OUTBOX), Mail)
INVITE = ("user", "invite", "guest@example.com", "--customer", "c-a")


@pytest.fixture
def mailing(managed: Managed, monkeypatch: pytest.MonkeyPatch) -> Managed:
    monkeypatch.setenv("HOISTWAY_SMTP_URL", "smtp://127.0.0.1:9")
    monkeypatch.setenv("HOISTWAY_MAIL_FROM", "lifts@id.example")
    return managed


def test_an_operator_invites_somebody(mailing: Managed) -> None:
    made = answer(*INVITE, "--role", "administrator", "--site", "c-a-s1", "--language", "de")
    assert (made["address"], made["customer_id"], made["role"]) == ("guest@example.com", "c-a", "administrator")

    async def read(db: Database) -> list[Mail]:
        return await db.all(_ALL, {})

    (letter,) = on(mailing.served.database, read)
    assert (letter.recipient, letter.subject) == ("guest@example.com", "Einladung zu Customer c-a")
    assert "/invitation?link=" in letter.plain


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("user", "invite", "nobody", "--customer", "c-a"), 2, "is no e-mail address"),
        ((*INVITE, "--role", "king"), 2, "--role must be"),
        ((*INVITE[:-1], "c-x"), 1, "there is no customer c-x"),
        ((*INVITE, "--site", "s-x"), 1, "there is no site s-x"),
    ],
)
def test_what_is_wrong_is_said(mailing: Managed, words: tuple[str, ...], code: int, said: str) -> None:
    assert said in run(*words, code=code).stderr


def test_without_a_mail_server_it_says_what_to_set(managed: Managed) -> None:
    assert "HOISTWAY_SMTP_URL" in run(*INVITE, code=1).stderr
