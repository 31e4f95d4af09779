"""Documents of other servers are asked for as seldom as can be, and never believed to be more than they are."""

import asyncio

import pytest

from hoistway.outbound.documents import AGAIN_AFTER, FAILED_FOR, Documents
from hoistway.outbound.failed import Failed
from hoistway.outbound.fetcher import BOUNDS, Fetcher
from tests.outbound.hostile import hostile, ok, saying

A, B = "c-a", "c-b"


def documents(most: int = 500) -> Documents[str]:
    return Documents(Fetcher(loopback=True), lambda found: str(found["name"]), 600, most)


async def test_one_exchange_serves_all_who_ask_and_who_come_later() -> None:
    kept = documents()
    async with hostile(ok(b'{"name": "one"}')) as server:
        assert set(await asyncio.gather(*(kept.get(server.url, 1000, A) for _ in range(50)))) == {"one"}
        assert await kept.get(server.url, 1599, A) == "one"
        assert len(server.asked) == 1
        server.say = saying(ok(b'{"name": "two"}'))
        assert await kept.get(server.url, 1600, A) == "two"


async def test_a_failure_is_remembered_for_a_moment() -> None:
    kept = documents()
    async with hostile(b"HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n") as server:
        for _ in range(20):
            with pytest.raises(Failed, match="it answers 500"):
                await kept.get(server.url, 1000, A)
        assert len(server.asked) == 1
        server.say = saying(ok(b'{"name": "one"}'))
        assert await kept.get(server.url, 1000 + FAILED_FOR, A) == "one"


async def test_what_is_there_serves_until_something_newer_was_read() -> None:
    kept = documents()
    async with hostile(ok(b'{"name": "one"}')) as server:
        assert await kept.get(server.url, 1000, A) == "one"
        server.say = saying(b"HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n")
        for now in (1100, 1100, 1100 + AGAIN_AFTER - 1):
            with pytest.raises(Failed, match="it answers 500"):
                await kept.again(server.url, now, A)
            assert await kept.get(server.url, now, A) == "one"
        assert len(server.asked) == 2
        # No longer than what was read lasts by itself.
        with pytest.raises(Failed, match="it answers 500"):
            await kept.get(server.url, 1600, A)
        server.say = saying(ok(b'{"name": "two"}'))
        assert await kept.get(server.url, 1600 + FAILED_FOR, A) == "two"


async def test_others_have_what_is_there_while_it_is_read_again() -> None:
    kept, go_on = documents(), asyncio.Event()

    async def wait(writer: asyncio.StreamWriter) -> None:
        await go_on.wait()
        writer.write(ok(b'{"name": "two"}'))

    async with hostile(ok(b'{"name": "one"}')) as server:
        assert await kept.get(server.url, 1000, A) == "one"
        server.say = wait
        reading = asyncio.ensure_future(kept.again(server.url, 1100, A))
        async with asyncio.timeout(10):
            while not server.here:
                await asyncio.sleep(0)
        assert await kept.get(server.url, 1100, A) == "one"
        go_on.set()
        assert await reading == "two"
        assert await kept.get(server.url, 1100, A) == "two"


async def test_asking_again_is_bounded() -> None:
    kept = documents()
    async with hostile(ok(b'{"name": "one"}')) as server:
        assert await kept.get(server.url, 1000, A) == "one"
        server.say = saying(ok(b'{"name": "two"}'))
        assert {await kept.again(server.url, 1000 + AGAIN_AFTER - 1, A) for _ in range(20)} == {"one"}
        assert {await kept.again(server.url, 1000 + AGAIN_AFTER, A) for _ in range(20)} == {"two"}
        assert len(server.asked) == 2


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"a"', b"{", b"[" * 100_000, b"\xff", b'{"a": 1e999999}\x00'])
async def test_what_is_no_object_is_no_document(body: bytes) -> None:
    async with hostile(ok(body)) as server:
        with pytest.raises(Failed) as failed:
            await documents().get(server.url, 1000, A)
        assert failed.value.reason == "not_json"


async def test_the_cache_is_bounded() -> None:
    kept = documents(most=3)
    async with hostile(ok(b'{"name": "one"}')) as server:
        for number in range(10):
            await kept.get(f"{server.url}{number}", 1000, A)
        await kept.get(f"{server.url}9", 1000, A)
        assert len(server.asked) == 10
        await kept.get(f"{server.url}0", 1000, A)
        assert len(server.asked) == 11


async def test_that_we_are_busy_is_not_remembered_nor_anothers_matter() -> None:
    go_on = asyncio.Event()

    async def wait(writer: asyncio.StreamWriter) -> None:
        await go_on.wait()
        writer.write(ok(b'{"name": "one"}'))

    fetcher = Fetcher(loopback=True, seconds=30)
    kept: Documents[str] = Documents(fetcher, lambda found: str(found["name"]), 600)
    room = BOUNDS.of_owner_at_host + BOUNDS.waiting_of_owner
    async with hostile(wait) as server:
        waiting = [asyncio.ensure_future(fetcher.fetch(server.url, whose=A)) for _ in range(room)]
        async with asyncio.timeout(10):
            while server.here < BOUNDS.of_owner_at_host:
                await asyncio.sleep(0)
        with pytest.raises(Failed) as failed:
            await kept.get(server.url, 1000, A)
        assert failed.value.reason == "busy"
        server.say = saying(ok(b'{"name": "two"}'))
        assert await kept.get(server.url, 1000, B) == "two"
        go_on.set()
        await asyncio.gather(*waiting)
        assert await kept.get(server.url, 1000, A) == "two"
