"""Reads answers: whole, or their status alone."""

import asyncio

import pytest

from hoistway.outbound.failed import Failed
from hoistway.outbound.reading import NO_BODY, Answer, read_answer

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\ncontent-encoding: gzip\r\n\r\n"


def read(sent: bytes, most: int) -> Answer:
    async def work() -> Answer:
        reader = asyncio.StreamReader()
        reader.feed_data(sent)
        reader.feed_eof()
        return await read_answer(reader, most)

    return asyncio.run(work())


@pytest.mark.parametrize("body", [b"", b"x" * 50, b"x" * 100_000])
def test_where_the_status_counts_the_body_is_not_read(body: bytes) -> None:
    """However long, compressed or cut off it is."""
    answer = read(HEAD + body, NO_BODY)
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize(
    ("sent", "reason"),
    [(b"HTTP/1.1 302 Found\r\n\r\n", "redirected"), (b"HTTP/1.1 200", "not_http"), (b"", "not_http")],
)
def test_what_is_no_answer_is_none_without_a_body_either(sent: bytes, reason: str) -> None:
    with pytest.raises(Failed) as failed:
        read(sent, NO_BODY)
    assert failed.value.reason == reason


def test_a_body_that_is_read_is_bounded() -> None:
    plain = HEAD.replace(b"content-encoding: gzip\r\n", b"")
    assert len(read(plain + b"x" * 100_000, 100_000).body) == 100_000
    with pytest.raises(Failed) as failed:
        read(plain + b"x" * 100_000, 99_999)
    assert failed.value.reason == "too_large"
