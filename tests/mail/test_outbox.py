"""/dev/outbox: the mails of a demonstration without a mail server; nowhere else is there such a page."""

import asyncio
from collections.abc import Iterator

import httpx2
import pytest
from msgspec.structs import replace

from hoistway.mail.post import post
from hoistway.portal.outbox import with_links
from hoistway.server.opening import close_engine, open_engine
from hoistway.settings import Settings
from hoistway.store.outbox import KEPT, count_mails, newest_mails
from tests.engines import EngineName, drop_database, fresh_database
from tests.mail.test_mail import HOSTILE, LETTER
from tests.server import MASTER_KEY, populate, serving
from tests.world import user


@pytest.fixture
def database(engine_name: EngineName) -> Iterator[str]:
    url = fresh_database(engine_name, populate)
    yield url
    drop_database(url)


def write(database: str, *subjects: str, demonstration: bool = True) -> int:
    """How many mails there are then."""

    async def work() -> int:
        engine = await open_engine(
            Settings("https://id.example", database, MASTER_KEY, demonstration=demonstration), lambda: 1_800_000_000
        )
        try:
            for subject in subjects:
                async with engine.db.write() as tx:
                    letter = replace(LETTER, subject=subject, text=f"{HOSTILE} {subject}")
                    await post(engine, tx, user("ann", None), letter, kind="a test")
                # Ids are in the order of milliseconds.
                await asyncio.sleep(0.002)
            mails = await newest_mails(engine.db, 2 * KEPT)
            assert [mail.subject for mail in mails] == list(reversed(subjects))[: len(mails)]
            return await count_mails(engine.db)
        finally:
            await close_engine(engine)

    return asyncio.run(work())


def test_mails_are_shown_with_their_links(database: str) -> None:
    assert write(database, "First", "Second") == 2
    with serving(database, demonstration=True) as served, httpx2.Client(base_url=served.url) as http:
        page = http.get("/dev/outbox")
        assert page.status_code == 200
        assert page.text.index("Second") < page.text.index("First")
        assert 'href="https://id.example/portal/requests/r"' in page.text
        assert "<script>alert" not in page.text
        address = page.text.split('href="/dev/outbox/')[1].split('"')[0]
        mail = http.get(f"/dev/outbox/{address}")
        assert (mail.status_code, mail.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "sandbox" in mail.headers["content-security-policy"]
        assert "<script>alert" not in mail.text
        assert http.get("/dev/outbox/nothing").status_code == 404


def test_nowhere_else(database: str) -> None:
    """Not even for an address that the demonstration would have."""
    assert write(database, "Secret link", demonstration=False) == 0
    write(database, "Secret link")
    with serving(database) as served, httpx2.Client(base_url=served.url) as http:
        for path in ("/dev/outbox", "/dev/outbox/nothing"):
            reply = http.get(path)
            assert reply.status_code == 404
            assert "Secret link" not in reply.text


def test_the_newest_are_kept(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hoistway.mail.post.KEPT", 3)
    assert write(database, *(f"No. {number}" for number in range(5))) == 3


def test_only_addresses_become_links() -> None:
    assert (
        with_links('Open:\nhttps://id.example/reset?t=a&b="x"\njavascript:alert(1) <b>')
        == 'Open:\n<a href="https://id.example/reset?t=a&amp;b=" rel="noreferrer">https://id.example/reset?t=a&amp;b=</a>'
        "&#34;x&#34;\njavascript:alert(1) &lt;b&gt;"
    )
