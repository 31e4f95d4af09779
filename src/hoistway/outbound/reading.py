"""Reads one HTTP answer within bounds, by the same parser that reads requests (https://www.rfc-editor.org/rfc/rfc9112)."""

from asyncio import StreamReader
from collections.abc import Mapping

import httptools
from msgspec import Struct

from hoistway.outbound.failed import Failed

HEAD_MOST = 32 * 1024
NO_BODY = 0
_PIECE = 16 * 1024


class Answer(Struct, frozen=True):
    """Names of headers are in lower case; of a header that came twice the first counts."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Reading:
    """Callbacks of httptools; an exception in one of them would lose its kind, so they only take notes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._began = self.done = self._large = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._began:
            self._headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))

    def on_headers_complete(self) -> None:
        # 1xx answers come before the one that counts (RFC 9110 section 15.2).
        if self._parser.get_status_code() >= 200:
            self._began = True
        else:
            self._headers.clear()

    def on_body(self, body: bytes) -> None:
        if self._most == NO_BODY:
            return
        if len(self._body) + len(body) > self._most:
            self._large = True
        else:
            self._body += body

    def on_message_complete(self) -> None:
        self.done = self._began

    def feed(self, piece: bytes) -> None:
        """Raises Failed."""
        try:
            self._parser.feed_data(piece)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            raise Failed("not_http", "the answer is no HTTP/1.1") from None
        if self._large:
            raise Failed("too_large", f"the answer is longer than {self._most} bytes", most=self._most)
        if self._began:
            self._check_head()

    def _check_head(self) -> None:
        status = self._parser.get_status_code()
        if 300 <= status < 400:
            raise Failed(
                "redirected", f"the answer is {status} and leads elsewhere: name the address itself", status=status
            )
        if self._most != NO_BODY and self._headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise Failed("encoded", "the answer is compressed, though only plain ones were asked for")

    @property
    def began(self) -> bool:
        return self._began

    def end(self) -> Answer:
        """The connection was closed, or the answer is whole. Raises Failed for an answer that was cut off."""
        if self._began and self._most == NO_BODY:
            return Answer(self._parser.get_status_code(), self._headers, b"")
        ends_itself = "content-length" in self._headers or "transfer-encoding" in self._headers
        if not self._began or (ends_itself and not self.done):
            raise Failed("not_http", "the connection was closed before the answer was whole", "cut_off")
        return Answer(self._parser.get_status_code(), self._headers, bytes(self._body))


async def read_answer(reader: StreamReader, most: int) -> Answer:
    """`most` bounds the body; with NO_BODY the answer ends with its headers. What is read in all is bounded too, so that tiny
    chunks and endless headers end. Raises Failed, OSError."""
    reading, total = Reading(most), 0
    while not (reading.done or (most == NO_BODY and reading.began)):
        piece = await reader.read(_PIECE)
        if not piece:
            break
        total += len(piece)
        if total > HEAD_MOST + (2 * most if reading.began else 0):
            raise Failed("too_large", "the answer's headers or chunks are too many", "too_many")
        reading.feed(piece)
    return reading.end()
